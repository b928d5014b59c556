import CHoldfastKernels
import Glibc
import Testing

@testable import HoldfastTensor

@Suite struct TensorTests {
  @Test func viewsShareMemory() throws {
    let t = try Tensor((0..<24).map(Float.init), shape: [2, 3, 4])
    #expect(t.row(1).shape == [3, 4])
    #expect(t.row(1).row(2).array == [20, 21, 22, 23])
    let view = t.reshaped([6, 4]).rows(2..<4)
    view.fill(7)
    #expect(t[8] == 7 && t[15] == 7 && t[7] == 7 && t[16] == 16)
    view.copy(from: try Tensor([Float](repeating: 1, count: 8), shape: [8]))
    #expect(t.withSpan { $0[9] } == 1)
    t.withMutableSpan { $0[9] = 3 }
    #expect(t[9] == 3)
    #expect(UInt(bitPattern: t.pointer) % 64 == 0)
  }

  @Test func impossibleShapesAreRefused() throws {
    #expect(throws: HoldfastError.self) { try Tensor(zeros: [-1]) }
    #expect(throws: HoldfastError.self) { try Tensor(zeros: [.max, 2]) }
    #expect(throws: HoldfastError.self) { try Tensor([1, 2, 3], shape: [2]) }
    let tooLarge = #expect(throws: HoldfastError.self) { try Tensor(uninitialized: [1 << 46]) }
    #expect(tooLarge?.code == .outOfMemory)
    #expect(try Tensor(zeros: [0, 5]).count == 0)
    #expect(try Tensor([4], shape: []).count == 1)
  }

  @Test func memoryLivesAsLongAsItsViews() throws {
    final class Owner {
      let pointer = UnsafeMutablePointer<Float>.allocate(capacity: 4)
      let freed: () -> Void
      init(_ freed: @escaping () -> Void) { self.freed = freed }
      deinit {
        pointer.deallocate()
        freed()
      }
    }
    var freed = false
    do {
      var view: Tensor?
      do {
        let owner = Owner { freed = true }
        view = Tensor(wrapping: owner.pointer, shape: [4], owner: owner).rows(1..<3)
      }
      #expect(!freed)
      #expect(view?.count == 2)
      view = nil
    }
    #expect(freed)
  }
}

@Suite struct FunctionTests {
  @Test func exponentialIsWithinOneUnitInTheLastPlace() {
    let x = stride(from: Float(-87.3), to: 88.7, by: 0.00137).map { $0 }
    var y = [Float](repeating: 0, count: x.count)
    Runtime.shared.kernels.pointee.exp(x, x.count, &y)
    let worst = zip(x, y).reduce(0.0) { worst, pair in
      let exact = exp(Double(pair.0))
      return max(worst, abs(Double(pair.1) - exact) / Double(Float(exact).ulp))
    }
    #expect(worst < 0.9)
  }

  @Test func logarithmIsCorrectlyRoundedNearlyAlways() {
    var wrong = 0
    var count = 0
    for bits in stride(from: UInt32(1), to: Float.infinity.bitPattern, by: 99_991) {
      let x = Float(bitPattern: bits)
      count += 1
      let (ours, exact) = (holdfast_log(x), log(Double(x)))
      if ours != Float(exact) { wrong += 1 }
      #expect(abs(Double(ours) - exact) <= 0.51 * Double(Float(exact).ulp), "log \(x)")
    }
    #expect(count > 20_000 && wrong <= 1)
    #expect(holdfast_log(0) == -.infinity && holdfast_log(.infinity) == .infinity)
    #expect(holdfast_log(-1).isNaN && holdfast_log(.nan).isNaN)
    #expect(abs(holdfast_log_double(.leastNonzeroMagnitude) - log(Double.leastNonzeroMagnitude)) < 1e-12)
  }

  @Test func argmaxTakesTheFirstOfEqualsAndNeverNaN() throws {
    let t = try Tensor([1, 3, 3, .nan, .nan, -1, -.infinity, -2, .nan, .nan, .nan, .nan], shape: [3, 4])
    #expect(Runtime.shared.argmax(t) == [1, 1, 0])
  }
}

@Suite struct RandomSourceTests {
  @Test func streamsAreThePublishedOnes() throws {
    // The generators' reference outputs: SplitMix64 of 1234567, and xoshiro256** from the state 1, 2, 3, 4.
    #expect(
      RandomSource(seed: 1_234_567).state == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        4_593_380_528_125_082_431,
      ])
    var source = try RandomSource(state: [1, 2, 3, 4])
    let words = (0..<6).map { _ in source.next() }
    #expect(
      words == [
        11520, 0, 1_509_978_240, 1_215_971_899_390_074_240, 1_216_172_134_540_287_360,
        607_988_272_756_665_600,
      ])
    #expect(throws: HoldfastError.self) { try RandomSource(state: [0, 0, 0, 0]) }
    #expect(throws: HoldfastError.self) { try RandomSource(state: [1]) }
  }

  @Test func numbersAreWellDistributed() {
    var source = RandomSource(seed: 3)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[source.below(7)] += 1 }
    #expect(counts.allSatisfy { abs($0 - 10_000) < 500 })
    let normals = (0..<100_000).map { _ in source.normal() }
    let mean = normals.reduce(0, +) / 1e5
    let variance = normals.reduce(0) { $0 + $1 * $1 } / 1e5
    #expect(abs(mean) < 0.015 && abs(variance - 1) < 0.03)
    var deck = Array(0..<52)
    source.shuffle(&deck)
    #expect(deck != Array(0..<52) && deck.sorted() == Array(0..<52))
  }

  @Test func aStateResumesItsStreamAndForksDiffer() throws {
    var source = RandomSource(seed: 4)
    _ = source.next()
    var resumed = try RandomSource(state: source.state)
    #expect((0..<9).map { _ in source.next() } == (0..<9).map { _ in resumed.next() })
    var (a, b) = (source.fork(stream: 0), source.fork(stream: 1))
    #expect(a == source.fork(stream: 0))
    #expect(a.next() != b.next())
  }
}
