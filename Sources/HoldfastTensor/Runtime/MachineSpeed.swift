internal import CHoldfastKernels
import Glibc

/// What this machine can do, measured now: the yardsticks that work is compared with.
public enum MachineSpeed {
  /// Multiplications and additions a second of y [M, N] = x [M, K] wᵀ on the runtime's threads, w packed before.
  public struct Product: Sendable {
    /// By the built-in kernels.
    public var builtin: Double
    /// By the CBLAS library on tiles of fixed height; `nil` when none was admitted.
    public var openblas: Double?
    /// The faster of the two.
    public var best: Double { max(builtin, openblas ?? 0) }
  }

  /// Measures products of one shape; the median of some runs counts.
  ///
  /// - Throws: `invalidArgument` unless every size is positive, `outOfMemory`.
  public static func product(
    m: Int, n: Int, k: Int, runtime: Runtime = .shared
  ) throws(HoldfastError) -> Product {
    guard m > 0, n > 0, k > 0 else {
      throw HoldfastError(.invalidArgument, "a product of \(m) × \(n) × \(k) has nothing to measure")
    }
    let x = try Tensor(uninitialized: [m, k])
    let w = try Tensor(uninitialized: [n, k])
    let y = try Tensor(uninitialized: [m, n])
    x.fill(0.5)
    w.fill(0.25)
    let operations = 2.0 * Double(m) * Double(n) * Double(k)
    let own = Runtime(kernels: runtime.kernels, threadCount: runtime.threadCount)
    let packed = try PackedMatrix(w, runtime: own)
    var speed = Product(builtin: operations / median { own.linear(x, packed, into: y) }, openblas: nil)
    if let library = BLAS.shared.product {
      speed.openblas =
        operations
        / median {
          runtime.blasLinear(library, x, w, into: y, accumulate: false)
        }
    }
    return speed
  }

  /// Bytes a second that the runtime's threads read of `count` bytes, over and over; the median of some runs counts.
  ///
  /// What fits into a cache is read from there. `memchr` of the system's library does the reading.
  public static func reading(_ count: Int, runtime: Runtime = .shared) throws(HoldfastError) -> Double {
    let memory = try Tensor(zeros: [max(count, 1 << 16) / 4])
    let bytes = SharedMemory(pointer: memory.pointer)
    let piece = 1 << 16
    let pieces = memory.count * 4 / piece
    let seconds = median {
      runtime.parallel(pieces, grain: max(1, pieces / (8 * runtime.threadCount))) { range in
        for index in range {
          let start = UnsafeRawPointer(bytes.pointer) + index * piece
          if memchr(start, 1, piece) != nil { bytes.pointer[0] = 0 }
        }
      }
    }
    return Double(pieces * piece) / seconds
  }

  /// The median time of a call, of at least five calls and a tenth of a second.
  ///
  /// The median, because the fastest moment of a machine shared with others is no measure of the minute around it.
  private static func median(_ work: () -> Void) -> Double {
    let clock = ContinuousClock()
    work()
    var times: [Double] = []
    let began = clock.now
    while times.count < 5 || clock.now - began < .milliseconds(100) {
      let start = clock.now
      work()
      times.append((clock.now - start) / .seconds(1))
    }
    return max(times.sorted()[times.count / 2], 1e-9)
  }
}
