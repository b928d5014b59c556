import CHoldfastKernels
import Testing

@testable import HoldfastTensor

/// Random numbers added to tensors.
@Suite struct NoiseTests {
  private func draw(_ threads: Int, count: Int, seed: UInt64 = 5) throws -> [UInt32] {
    let x = try Tensor(zeros: [count])
    Runtime(kernels: holdfast_kernels_best(nil), threadCount: threads)
      .addNormal(x, scale: 2, random: RandomSource(seed: seed))
    return (0..<count).map { x[$0].bitPattern }
  }

  @Test func bitsDependOnSeedAndPlaceAlone() throws {
    let whole = try draw(1, count: 200_001)
    #expect(try draw(3, count: 200_001) == whole)
    #expect(try draw(2, count: 70_000) == Array(whole.prefix(70_000)))
    #expect(try draw(1, count: 200_001, seed: 6) != whole)
    #expect(Set(whole).count > 190_000, "blocks must not repeat one another")
  }

  @Test func scaleIsTheStandardDeviation() throws {
    let values = try draw(2, count: 100_000).map { Double(Float(bitPattern: $0)) }
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    #expect(abs(mean) < 0.03 && abs(variance.squareRoot() - 2) < 0.02)
  }
}
