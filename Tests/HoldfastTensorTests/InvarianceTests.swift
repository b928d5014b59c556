import Testing

@testable import HoldfastTensor

/// A row's attention does not depend on how keys and values are stored, nor on what else is in the batch.
@Suite struct InvarianceTests {
  private let heads = 6
  private let kvHeads = 2
  private let width = 16

  @Test(arguments: FixtureTests.candidates)
  func prefixesParentsAndOnePassAgree(_ candidate: Candidate) throws {
    let runtime = candidate.runtime
    var random = RandomSource(seed: 21)
    let tokens = 90
    let q = try random.tensor([tokens, heads * width])
    let k = try random.tensor([tokens, kvHeads * width])
    let v = try random.tensor([tokens, kvHeads * width])
    func attend(_ rows: Range<Int>, _ segments: [AttentionSegment]) throws -> [Float] {
      let (o, lse) = (
        try Tensor(zeros: [rows.count, heads * width]), try Tensor(zeros: [rows.count, heads])
      )
      runtime.attention(
        queries: q.rows(rows), keys: k.rows(rows), values: v.rows(rows), heads: heads, kvHeads: kvHeads,
        segments: segments, scale: 0.25, into: o, logSumExp: lse)
      return o.array + lse.array
    }
    func cache(_ rows: Range<Int>) -> KeyValueRange { KeyValueRange(keys: k, values: v, rows: rows) }
    func part(_ all: [Float], of count: Int, rows: Range<Int>) -> [Float] {
      let split = count * heads * width
      return Array(
        all[rows.lowerBound * heads * width..<rows.upperBound * heads * width]
          + all[split + rows.lowerBound * heads..<split + rows.upperBound * heads])
    }
    let whole = try attend(0..<tokens, [AttentionSegment(rows: 0..<tokens)])
    // Behind a cached prefix of any length, also one cut into pieces.
    for cut in [1, 15, 16, 17, 33, 64, 89] {
      let rest = cut..<tokens
      let expected = part(whole, of: tokens, rows: rest)
      let cached = try attend(rest, [AttentionSegment(rows: 0..<rest.count, context: [cache(0..<cut)])])
      expectSameBits(cached, expected, "prefix of \(cut)")
      let pieces = [cache(0..<cut / 2), cache(cut / 2..<cut / 2), cache(cut / 2..<cut)]
      let pieced = try attend(rest, [AttentionSegment(rows: 0..<rest.count, context: pieces)])
      expectSameBits(pieced, expected, "prefix of \(cut) in pieces")
      // As a branch of a parent segment of the same batch.
      let branched = try attend(
        0..<tokens,
        [AttentionSegment(rows: 0..<cut), AttentionSegment(rows: rest, context: [cache(0..<cut)])])
      expectSameBits(branched, whole, "parent of \(cut)")
    }
    // Token by token, as in decoding.
    for position in [1, 31, 32, 89] {
      let one = try attend(
        position..<position + 1, [AttentionSegment(rows: 0..<1, context: [cache(0..<position)])])
      expectSameBits(one, part(whole, of: tokens, rows: position..<position + 1), "token \(position)")
    }
  }

  @Test(arguments: FixtureTests.candidates)
  func gradientsOverSequencesEqualTheWholeBatch(_ candidate: Candidate) throws {
    let runtime = candidate.runtime
    var random = RandomSource(seed: 22)
    let (m, n, k) = (70, 45, 50)
    let (x, dy) = (try random.tensor([m, k]), try random.tensor([m, n]))
    let norm = try random.tensor([n])
    let inverse = try random.tensor([m])
    let tokens = (0..<m).map { Int32($0 * 7 % 20) }
    func accumulate(_ pieces: [Range<Int>]) throws -> [Float] {
      let (dw, dnorm) = (try Tensor(zeros: [n, k]), try Tensor(zeros: [n]))
      let (dx, dtable) = (try Tensor(zeros: [m, n]), try Tensor(zeros: [20, n]))
      for rows in pieces {
        runtime.linearBackwardWeight(dy.rows(rows), x.rows(rows), into: dw)
        runtime.rmsNormBackward(
          dy.rows(rows), x: dy.rows(rows), weight: norm, inverseRMS: inverse.rows(rows), into: dx.rows(rows),
          accumulate: false, weightGradient: dnorm)
        runtime.embedBackward(dy.rows(rows), tokens: Array(tokens[rows]), into: dtable)
      }
      return dw.array + dnorm.array + dx.array + dtable.array
    }
    let whole = try accumulate([0..<m])
    expectSameBits(try accumulate([0..<1, 1..<30, 30..<70]), whole, "three pieces")
    expectSameBits(try accumulate((0..<m).map { $0..<$0 + 1 }), whole, "row by row")
  }

  @Test func nonFiniteKeysBeyondARowDoNotReachIt() throws {
    for candidate in FixtureTests.candidates {
      var random = RandomSource(seed: 23)
      let q = try random.tensor([40, heads * width])
      let (k, v) = (try random.tensor([40, kvHeads * width]), try random.tensor([40, kvHeads * width]))
      func attend() throws -> Tensor {
        let o = try Tensor(zeros: [40, heads * width])
        candidate.runtime.attention(
          queries: q, keys: k, values: v, heads: heads, kvHeads: kvHeads,
          segments: [AttentionSegment(rows: 0..<40)], scale: 0.25, into: o)
        return o
      }
      let before = try attend()
      k.rows(20..<40).fill(.nan)
      v.rows(20..<40).fill(.infinity)
      let after = try attend()
      expectSameBits(after.rows(0..<20).array, before.rows(0..<20).array, "rows before the damage")
      #expect(after.rows(20..<40).array.allSatisfy { !$0.isFinite })
    }
  }
}
