import Testing

@testable import HoldfastTensor

@Suite struct LinearTests {
  @Test func linearIsAChainOfFusedMultiplyAdds() throws {
    var random = RandomSource(seed: 1)
    let (m, n, k) = (5, 37, 19)
    let x = try Tensor((0..<m * k).map { _ in Float(random.normal()) }, shape: [m, k])
    let w = try Tensor((0..<n * k).map { _ in Float(random.normal()) }, shape: [n, k])
    let y = try Tensor(zeros: [m, n])
    Runtime.shared.linear(x, w, into: y)
    for i in 0..<m {
      for j in 0..<n {
        var sum: Float = 0
        for l in 0..<k { sum.addProduct(x[i * k + l], w[j * k + l]) }
        #expect(y[i * n + j] == sum)
      }
    }
    let packed = try Tensor(zeros: [m, n])
    Runtime.shared.linear(x, try PackedMatrix(w), into: packed)
    #expect(packed.array == y.array)
  }
}
