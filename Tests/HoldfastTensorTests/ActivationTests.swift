import CHoldfastKernels
import Glibc
import Testing

@testable import HoldfastTensor

/// The elementary functions behind activations and softcaps, against the C library in double precision.
@Suite struct ActivationTests {
  /// Numbers of every size within ±14, and around 0.
  private static let points =
    stride(from: Float(-14), to: 14, by: 0.0007).map { $0 }
    + stride(from: Float(-30), to: 2, by: 0.01).flatMap { [exp2f($0), -exp2f($0)] }

  /// The greatest error in units in the last place of the exact results.
  private func worst(_ y: [Float], _ x: [Float], where chosen: (Float) -> Bool, exact: (Double) -> Double)
    -> Double
  {
    zip(x, y).reduce(0) { worst, pair in
      guard chosen(pair.0) else { return worst }
      let exact = exact(Double(pair.0))
      return max(worst, abs(Double(pair.1) - exact) / Double(Float(exact).ulp))
    }
  }

  private func activated(_ a: Activation, _ x: [Float]) throws -> [Float] {
    let y = try Tensor(x, shape: [x.count])
    Runtime.shared.activate(a, y, into: y)
    return y.array
  }

  @Test func hyperbolicTangentIsWithinItsBound() throws {
    let x = Self.points
    let y = try Tensor(x, shape: [x.count])
    Runtime.shared.softcap(y, cap: 1)
    #expect(worst(y.array, x, where: { _ in true }, exact: { tanh($0) }) < 1.4)
  }

  @Test func gaussianErrorUnitIsWithinItsBounds() throws {
    let x = Self.points
    let y = try activated(.gelu, x)
    func exact(_ x: Double) -> Double { x * erfc(-x / 2.0.squareRoot()) / 2 }
    #expect(worst(y, x, where: { $0 > 0 }, exact: exact) < 2)
    #expect(worst(y, x, where: { $0 <= 0 && $0 > -1 }, exact: exact) < 3.5)
    #expect(worst(y, x, where: { $0 <= -1 && $0 > -13 }, exact: exact) < 6.5)
  }

  @Test func theOtherActivationsAreWithinTheirs() throws {
    let x = Self.points
    func sigmoid(_ z: Double) -> Double { 1 / (1 + exp(-z)) }
    func tangentForm(_ x: Double) -> Double {
      x * sigmoid(2 * (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x))
    }
    // Below -1 the argument of exp, and so its rounding, grows with x.
    let tangent = try activated(.geluTanh, x)
    #expect(worst(tangent, x, where: { $0 > -1 }, exact: tangentForm) < 3.5)
    for (y, x) in zip(tangent, x) where x <= -1 {
      #expect(abs(Double(y) - tangentForm(Double(x))) < 1e-7, "at \(x)")
    }
    #expect(worst(try activated(.silu, x), x, where: { $0 > -1 }, exact: { $0 * sigmoid($0) }) < 3)
  }

  @Test(arguments: Activation.allCases)
  func slopesAreThoseOfTheFunctions(_ a: Activation) throws {
    let x = stride(from: Float(-16), to: 16, by: 0.0113).map { $0 }
    let slopes = try Tensor([Float](repeating: 1, count: x.count), shape: [x.count])
    Runtime.shared.activateBackward(slopes, a, try Tensor(x, shape: [x.count]), into: slopes)
    func value(_ x: Double) -> Double {
      switch a {
      case .silu: x / (1 + exp(-x))
      case .gelu: x * erfc(-x / 2.0.squareRoot()) / 2
      case .geluTanh: x / (1 + exp(-2 * (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
      }
    }
    for (x, slope) in zip(x, slopes.array) {
      let step = 1e-5
      let exact = (value(Double(x) + step) - value(Double(x) - step)) / (2 * step)
      // SiLU's slope takes 1 - sigmoid(x), rounded, times x.
      #expect(abs(Double(slope) - exact) < (a == .silu ? 1.5e-6 : 4e-7), "\(a) at \(x)")
    }
  }

  @Test(arguments: Activation.allCases)
  func extremesAreWhatTheyShouldBe(_ a: Activation) throws {
    let x: [Float] = [.infinity, 3e38, 1e20, 200, 0, -0.0, -200, -1e20, -3e38]
    let y = try activated(a, x)
    #expect(y.prefix(4).elementsEqual(x.prefix(4)))
    #expect(y.dropFirst(4).allSatisfy { $0 == 0 })
    #expect(try activated(a, [.nan])[0].isNaN)
    let slopes = try Tensor([Float](repeating: 1, count: x.count), shape: [x.count])
    Runtime.shared.activateBackward(slopes, a, try Tensor(x, shape: [x.count]), into: slopes)
    if a != .silu { #expect(slopes.array == [1, 1, 1, 1, 0.5, 0.5, 0, 0, 0]) }
  }

  @Test(arguments: Candidate.others)
  func everyBitPatternGivesTheSameBits(_ candidate: Candidate) throws {
    let bits = stride(from: UInt64(0), to: 1 << 32, by: 6_151).map { Float(bitPattern: UInt32($0)) }
    let x = bits + [.infinity, -.infinity, .nan, 0, -0.0, 14, -14, 1, -1, 0.625, -0.625, 13.9999]
    let ones = try Tensor([Float](repeating: 1, count: x.count), shape: [x.count])
    func run(_ runtime: Runtime) throws -> [[Float]] {
      let input = try Tensor(x, shape: [x.count])
      var results: [[Float]] = []
      for a in Activation.allCases {
        let (y, slope) = (try ones.copy(), try ones.copy())
        runtime.activate(a, input, into: y)
        runtime.activateBackward(ones, a, input, into: slope)
        results += [y.array, slope.array]
      }
      runtime.softcap(input, cap: 1)
      return results + [input.array]
    }
    for (a, b) in zip(try run(candidate.runtime), try run(Candidate.reference.runtime)) {
      expectSameBits(a, b, "activations")
    }
  }
}
