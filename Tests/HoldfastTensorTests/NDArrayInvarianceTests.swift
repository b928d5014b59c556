import Testing

@testable import HoldfastTensor

/// Operations on arrays give the same bits on every kernel, with any number of threads and in every layout.
@Suite struct NDArrayInvarianceTests {
  /// The same numbers in another layout: axes reversed in memory, and every second one of a wider array.
  private func scattered(_ array: NDArray, _ runtime: Runtime) throws -> NDArray {
    let wide = try NDArray(zeros: array.shape.reversed().map { 2 * $0 }, type: array.type)
    var view = try wide.transposed()
    for axis in array.shape.indices { view = try view.slice(axis: axis, start: 1, step: 2) }
    try view.assign(array, on: runtime)
    return view
  }

  private func everything(_ runtime: Runtime, isScattered: Bool) throws -> [[Float]] {
    var random = RandomSource(seed: 3)
    func draw(_ shape: [Int]) throws -> NDArray {
      let array = try NDArray(normal: shape, from: &random)
      return isScattered ? try scattered(array, runtime) : array
    }
    let (a, b) = (try draw([3, 37, 129]), try draw([129, 70]))
    let (q, k, v) = (try draw([2, 19, 4, 8]), try draw([2, 19, 2, 8]), try draw([2, 19, 2, 8]))
    let (w, d) = (try draw([129]), try draw([3, 37, 70]))
    let product = NDArray.matmulBackward
    let gradients = try product(d, a, b, false, false, runtime)
    let rule = AttentionRule(window: 7, softcap: 3)
    let (output, lse) = try NDArray.attention(q, k, v, rule: rule, on: runtime)
    let (dq, dk, dv) = try NDArray.attentionBackward(q, q, k, v, rule: rule, on: runtime)
    let open = try NDArray.attentionBackward(q, q, k, v, rule: AttentionRule(isCausal: false), on: runtime)
    let rms = try NDArray.rmsNormBackward(a, x: a, weight: w, epsilon: 1e-5, on: runtime)
    let layer = try NDArray.layerNormBackward(a, x: a, weight: w, epsilon: 1e-5, on: runtime)
    let results = [
      try a.matmul(b, on: runtime), gradients.a, gradients.b, output, lse, dq, dk, dv, open.queries,
      open.keys, open.values,
      rms.x, rms.weight, layer.x, layer.weight, layer.bias,
      try a.reduced(.sum, on: runtime), try a.reduced(.mean, axes: [1], on: runtime),
      try a.reduced(.logSumExp, axes: [0, 2], on: runtime), try a.softmax(axis: 1, on: runtime),
      try a.softmax(logarithm: true, on: runtime), try a.combined(.divide, w, on: runtime),
      try a.mapped(.gelu, on: runtime), try a.mapped(.tanh, on: runtime), try a.mapped(.sigmoid, on: runtime),
      try q.rotated(interleaved: true, on: runtime), try a.topK(5, axis: 1, on: runtime).values,
    ]
    return try results.map { try $0.tensor(on: runtime).array }
  }

  @Test func bitsDependOnNumbersAlone() throws {
    let wanted = try everything(Candidate.reference.runtime, isScattered: false)
    for candidate in Candidate.others {
      for isScattered in [false, true] {
        let got = try everything(candidate.runtime, isScattered: isScattered)
        for (index, (x, y)) in zip(wanted, got).enumerated() {
          expectSameBits(y, x, "result \(index) on \(candidate.testDescription), scattered: \(isScattered)")
        }
      }
    }
  }

  @Test func longSumsAreCloseToExact() throws {
    var random = RandomSource(seed: 4)
    let x = try random.tensor([300_007])
    let exact = x.array.reduce(0.0) { $0 + Double($1) }
    for candidate in Candidate.others {
      let sum = try NDArray(x).reduced(.sum, on: candidate.runtime).tensor()[0]
      #expect(abs(Double(sum) - exact) <= abs(exact) * 0x1p-23)
    }
  }
}
