internal import CHoldfastKernels
import Glibc

/// A CBLAS library opened at run time, or the reason why there is none.
///
/// OpenBLAS chooses its kernels when it is loaded, and a release older than the processor may take it for one of 2004
/// (Prescott). So the core type is set in the environment just before the library is opened, and restored after; the name
/// the library then gives is checked. A library that the host has loaded before is used as it is or not at all.
final class BLAS: Sendable {
  /// `cblas_sgemm` with 32-bit integers.
  typealias Product =
    @convention(c) (
      Int32, Int32, Int32, Int32, Int32, Int32, Float, UnsafePointer<Float>?, Int32, UnsafePointer<Float>?,
      Int32, Float,
      UnsafeMutablePointer<Float>?, Int32
    ) -> Void

  /// Rows of every call: shorter blocks are padded, because libraries choose other kernels for few rows.
  static let tileRows = 192

  /// What the library is.
  let info: SystemInfo.BLAS
  /// The product, when a row's bits were found to depend on the row, the weights and K alone.
  let product: Product?

  /// The process's library, opened on first use.
  static let shared = BLAS()

  private init() {
    var info = SystemInfo.BLAS(path: nil, version: nil, core: nil, admitted: false, reason: "")
    var product: Product?
    do throws(Refusal) {
      product = try BLAS.open(&info)
      info.admitted = true
      info.reason = "a row's result does not depend on the rows around it (self-test passed)"
    } catch {
      info.reason = error.reason
    }
    self.info = info
    self.product = product
    let name = info.path.map { " " + $0 } ?? ""
    Runtime.notices.add(
      .info, "the CBLAS library\(name) is \(info.admitted ? "fit for use" : "not used"): \(info.reason)")
  }

  /// Why a library is not used.
  private struct Refusal: Error {
    let reason: String
  }

  private static func open(_ info: inout SystemInfo.BLAS) throws(Refusal) -> Product {
    let name = setting("HOLDFAST_BLAS") ?? "libopenblas.so.0"
    if name == "none" { throw Refusal(reason: "HOLDFAST_BLAS=none") }
    let cores = wantedCores()
    guard let core = cores.first else {
      throw Refusal(
        reason: "no core type of OpenBLAS fits (HOLDFAST_CPU=\(setting("HOLDFAST_CPU") ?? "unset"))")
    }
    let loadedByHost = dlopen(name, RTLD_NOW | RTLD_NOLOAD)
    guard let handle = loadedByHost ?? load(name, core: core) else {
      throw Refusal(
        reason: "\(name) could not be opened: \(dlerror().map { String(cString: $0) } ?? "no reason given")")
    }
    guard let symbol = dlsym(handle, "cblas_sgemm") else {
      throw Refusal(reason: "\(name) has no cblas_sgemm")
    }
    info.path = holdfast_library_path(symbol).map { String(cString: $0) } ?? name
    info.version = text(handle, "openblas_get_config")
    info.core = text(handle, "openblas_get_corename")
    if let found = info.core, !cores.contains(where: { $0.lowercased() == found.lowercased() }) {
      throw Refusal(
        reason: loadedByHost != nil
          ? "the host program loaded it before with the core \(found), which does not fit this processor"
          : "it chose the core \(found) although \(core) was asked for")
    }
    if let symbol = dlsym(handle, "openblas_get_num_threads") {
      let threads = unsafeBitCast(symbol, to: (@convention(c) () -> Int32).self)()
      if threads != 1 { throw Refusal(reason: "the host program loaded it before with \(threads) threads") }
    }
    let product = unsafeBitCast(symbol, to: Product.self)
    guard rowsStandAlone(product) else {
      throw Refusal(reason: "a row's bits change with its position among others (self-test)")
    }
    return product
  }

  /// Opens a library with the core type and one thread set in the environment, which is restored after.
  private static func load(_ name: String, core: String) -> UnsafeMutableRawPointer? {
    let formerCore = setting("OPENBLAS_CORETYPE")
    let formerThreads = setting("OPENBLAS_NUM_THREADS")
    setenv("OPENBLAS_CORETYPE", core, 1)
    setenv("OPENBLAS_NUM_THREADS", "1", 1)
    defer {
      restore("OPENBLAS_CORETYPE", formerCore)
      restore("OPENBLAS_NUM_THREADS", formerThreads)
    }
    return dlopen(name, RTLD_NOW | RTLD_LOCAL)
  }

  private static func restore(_ name: String, _ former: String?) {
    if let former { setenv(name, former, 1) } else { unsetenv(name) }
  }

  private static func text(_ handle: UnsafeMutableRawPointer, _ function: String) -> String? {
    guard let symbol = dlsym(handle, function) else { return nil }
    return unsafeBitCast(symbol, to: (@convention(c) () -> UnsafePointer<CChar>?).self)().map {
      String(cString: $0)
    }
  }

  /// OpenBLAS's names of cores that fit this processor, best first; none when `HOLDFAST_CPU` allows no vectors.
  private static func wantedCores() -> [String] {
    let cpu = holdfast_cpu_describe()
    let cap = setting("HOLDFAST_CPU")
    if cap == "scalar" { return [] }
    if cpu.avx512, cap != "avx2" { return ["SkylakeX", "Cooperlake", "SapphireRapids"] }
    if cpu.avx2 { return ["Haswell", "Zen"] }
    if cpu.neon {
      return ["ARMV8", "NeoverseN1", "NeoverseV1", "NeoverseN2", "CortexA57", "CortexA72", "CortexA76"]
    }
    return ["Sandybridge", "Nehalem", "Core2", "Prescott"]
  }

  /// Whether a row's bits are the same wherever it stands in a tile and whatever the others are.
  private static func rowsStandAlone(_ product: Product) -> Bool {
    var random = RandomSource(seed: 2402_18243)
    for (n, k) in [(64, 64), (192, 576), (50, 1536), (7, 33)] {
      let x = (0..<tileRows * k).map { _ in Float(random.normal()) }
      let w = (0..<n * k).map { _ in Float(random.normal()) }
      let whole = multiply(product, x, w, n: n, k: k)
      for shift in [1, 5, 16, 100] {
        let moved = multiply(product, Array(x[(shift * k)...] + x[..<(shift * k)]), w, n: n, k: k)
        if Array(whole[(shift * n)...] + whole[..<(shift * n)]) != moved { return false }
      }
      let alone = multiply(
        product, Array(x[..<k]) + [Float](repeating: 0, count: (tileRows - 1) * k), w, n: n, k: k)
      if alone[..<n] != whole[..<n] { return false }
    }
    return true
  }

  private static func multiply(_ product: Product, _ x: [Float], _ w: [Float], n: Int, k: Int) -> [Float] {
    var y = [Float](repeating: 0, count: tileRows * n)
    call(product, x, w, &y, n: Int32(n), k: Int32(k), accumulate: false)
    return y
  }

  /// y [192, N] = or += x [192, K] wᵀ, row-major.
  static func call(
    _ product: Product, _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>,
    _ y: UnsafeMutablePointer<Float>,
    n: Int32, k: Int32, accumulate: Bool
  ) {
    let (rowMajor, plain, transposed) = (Int32(101), Int32(111), Int32(112))
    product(rowMajor, plain, transposed, Int32(tileRows), n, k, 1, x, k, w, k, accumulate ? 1 : 0, y, n)
  }
}

/// The value of an environment variable, or nil when it is unset or empty.
func setting(_ name: String) -> String? {
  guard let value = getenv(name), value[0] != 0 else { return nil }
  return String(cString: value)
}
