import Testing

@testable import HoldfastTensor

/// Moments of two bytes, rounded at random in proportion.
@Suite struct BFloat16MomentsTests {
  /// Moments after some steps with gradients that repeat, from 0.
  private func moments(_ gradient: Float, steps: Int, count: Int) throws -> (first: [Float], second: [Float])
  {
    let g = try Tensor([Float](repeating: gradient, count: count), shape: [count])
    let parameter = try Tensor(zeros: [count])
    let (first, second) = (try BFloat16Tensor(zeros: [count]), try BFloat16Tensor(zeros: [count]))
    for step in 1...steps {
      Runtime.shared.adamW(
        Runtime.AdamWStep(number: step, learningRate: 1e-3), parameter: parameter, gradient: g,
        firstMoment: first,
        secondMoment: second, key: UInt64(step) &* 0x9e37_79b9_7f4a_7c15)
    }
    return (first.array, second.array)
  }

  /// A second moment near its end grows by less than half a bfloat16 step, which rounding to the nearest would lose.
  @Test func theMeanIsKept() throws {
    let (count, steps) = (20_000, 1500)
    let (first, second) = try moments(0.37, steps: steps, count: count)
    var (m, v) = (0.0, 0.0)
    for _ in 0..<steps {
      m += 0.1 * (0.37 - m)
      v = 0.999 * v + 0.001 * 0.37 * 0.37
    }
    let mean = { (values: [Float]) in values.reduce(0) { $0 + Double($1) } / Double(count) }
    // The spread of one element is some steps of 2^-8; of the mean of 20,000 of them a hundredth of that.
    #expect(abs(mean(first) / m - 1) < 2e-4)
    #expect(abs(mean(second) / v - 1) < 2e-3)
    #expect(Set(second).count > 1)
  }

  @Test func zeroStaysZero() throws {
    let (first, second) = try moments(0, steps: 5, count: 33)
    #expect(first.allSatisfy { $0 == 0 } && second.allSatisfy { $0 == 0 })
  }

  @Test func numbersGoThroughFloat32Unchanged() throws {
    let values: [Float] = [0, -1.5, 3.140625, -0x1p-126, 0x1.fep127, 1]
    let tensor = try BFloat16Tensor(zeros: [2, 3])
    values.withUnsafeBufferPointer { tensor.write(0..<6, from: $0) }
    #expect(tensor.array == values && tensor.count == 6)
    var part = [Float](repeating: .nan, count: 2)
    part.withUnsafeMutableBufferPointer { tensor.read(1..<3, into: $0) }
    #expect(part == [-1.5, 3.140625])
  }
}

extension BFloat16Tensor {
  /// All elements as float32.
  var array: [Float] {
    [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      read(0..<count, into: buffer)
      initialized = count
    }
  }
}
