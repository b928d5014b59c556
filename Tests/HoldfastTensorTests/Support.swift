import CHoldfastKernels
import Testing

@testable import HoldfastTensor

/// A runtime on some kernels, named for test output.
struct Candidate: Sendable, CustomTestStringConvertible {
  let runtime: Runtime
  let testDescription: String

  init(_ kernels: UnsafePointer<holdfast_kernels>, threads: Int) {
    runtime = Runtime(kernels: kernels, threadCount: threads)
    testDescription = "\(runtime.kernelName), \(threads) threads"
  }

  /// The scalar reference on one thread.
  static let reference = Candidate(holdfast_kernels_reference(), threads: 1)

  /// Everything else this machine runs.
  static let others: [Candidate] = {
    var found = [Candidate(holdfast_kernels_reference(), threads: 3)]
    for cap in ["avx512", "avx2", "neon"] {
      let kernels = holdfast_kernels_best(cap)!
      guard String(cString: kernels.pointee.name) == cap else { continue }
      for threads in 1...3 { found.append(Candidate(kernels, threads: threads)) }
    }
    return found
  }()
}

extension RandomSource {
  /// A tensor of normal numbers.
  mutating func tensor(_ shape: [Int], scale: Double = 1) throws -> Tensor {
    let count = shape.reduce(1, *)
    return try Tensor((0..<count).map { _ in Float(scale * normal()) }, shape: shape)
  }
}

extension Tensor {
  /// A tensor of its own with the same elements.
  func copy() throws -> Tensor { try Tensor(array, shape: shape) }
}

/// Checks that two tensors have the same bits (any NaN equals any NaN).
func expectSameBits(
  _ a: [Float], _ b: [Float], _ what: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(a.count == b.count, "\(what)", sourceLocation: sourceLocation)
  let different = zip(a, b).enumerated().first { _, pair in
    pair.0.bitPattern != pair.1.bitPattern && !(pair.0.isNaN && pair.1.isNaN)
  }
  if let (index, pair) = different {
    Issue.record("\(what): element \(index) is \(pair.0), not \(pair.1)", sourceLocation: sourceLocation)
  }
}

/// Checks that numbers are within a bound of a double-precision reference, relative to the largest magnitude there.
func expectClose(
  _ a: [Float], _ reference: [Double], within bound: Double, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(a.count == reference.count, "\(what)", sourceLocation: sourceLocation)
  let scale = reference.reduce(1e-30) { max($0, abs($1)) }
  let error = zip(a, reference).reduce(0.0) { worst, pair in
    let difference = abs(Double(pair.0) - pair.1)
    return difference.isNaN ? .infinity : max(worst, difference)
  }
  #expect(
    error <= bound * scale, "\(what): error \(error / scale) of the range", sourceLocation: sourceLocation)
}
