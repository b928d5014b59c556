import Testing

@testable import HoldfastTensor

@Suite struct DropoutTests {
  private func dropped(
    _ x: Tensor, _ probability: Float, seed: UInt64 = 1, stream: UInt64 = 2, firstRow: Int = 0,
    on runtime: Runtime = .shared
  ) throws -> Tensor {
    let y = try Tensor(zeros: x.shape)
    runtime.dropout(x, probability: probability, seed: seed, stream: stream, firstRow: firstRow, into: y)
    return y
  }

  private func ones(_ shape: [Int]) throws -> Tensor {
    let x = try Tensor(zeros: shape)
    x.fill(1)
    return x
  }

  @Test(arguments: FixtureTests.candidates)
  func masksDependOnTheElementAlone(_ candidate: Candidate) throws {
    var random = RandomSource(seed: 41)
    let x = try random.tensor([90, 70])
    let whole = try dropped(x, 0.25, on: candidate.runtime)
    for rows in [0..<1, 5..<40, 40..<90] {
      let part = try dropped(x.rows(rows), 0.25, firstRow: rows.lowerBound, on: candidate.runtime)
      expectSameBits(part.array, whole.rows(rows).array, "rows \(rows)")
    }
    expectSameBits(whole.array, try dropped(x, 0.25, on: Candidate.reference.runtime).array, "reference")
    for (y, x) in zip(whole.array, x.array) { #expect(y == 0 || y == x * Float(1 / 0.75)) }
    // In place, and not a number where it is dropped.
    let wild = try Tensor(zip(whole.array, x.array).map { $0 == 0 ? .nan : $1 }, shape: x.shape)
    candidate.runtime.dropout(wild, probability: 0.25, seed: 1, stream: 2, firstRow: 0, into: wild)
    expectSameBits(wild.array, whole.array, "in place")
  }

  @Test func sharesAreThoseAskedFor() throws {
    let x = try ones([1000, 500])
    for probability: Float in [0.01, 0.1, 0.5, 0.9] {
      let kept = try dropped(x, probability)
      // Five standard deviations of the count over all, of the counts of rows and of columns.
      func expectShare(_ zeros: Int, of count: Int, _ what: String) {
        let p = Double(probability)
        let deviation = (Double(count) * p * (1 - p)).squareRoot()
        #expect(abs(Double(zeros) - Double(count) * p) < 5 * deviation, "\(what), \(probability)")
      }
      expectShare(kept.array.count { $0 == 0 }, of: kept.count, "all")
      for row in stride(from: 0, to: 1000, by: 50) {
        expectShare(kept.row(row).array.count { $0 == 0 }, of: 500, "row \(row)")
      }
      for column in stride(from: 0, to: 500, by: 25) {
        expectShare((0..<1000).count { kept[$0 * 500 + column] == 0 }, of: 1000, "column \(column)")
      }
    }
  }

  @Test func masksOfOtherSeedsStreamsRowsAndColumnsAreUnrelated() throws {
    let x = try ones([200, 300])
    func mask(_ y: Tensor) -> [Bool] { y.array.map { $0 != 0 } }
    let base = mask(try dropped(x, 0.5))
    let others = [
      mask(try dropped(x, 0.5, seed: 2)), mask(try dropped(x, 0.5, stream: 3)),
      mask(try dropped(x, 0.5, seed: 2, stream: 1)), mask(try dropped(x, 0.5, firstRow: 1)),
      Array(base[1...] + base[..<1]),
    ]
    for (index, other) in others.enumerated() {
      let agreeing = zip(base, other).count { $0 == $1 }
      #expect(abs(agreeing - 30_000) < 650, "mask \(index)")  // five standard deviations
    }
  }

  @Test func nothingOrEverythingCanBeDropped() throws {
    var random = RandomSource(seed: 43)
    let x = try random.tensor([7, 33])
    expectSameBits(try dropped(x, 0).array, x.array, "nothing")
    expectSameBits(try dropped(x, 1).array, [Float](repeating: 0, count: x.count), "everything")
  }
}
