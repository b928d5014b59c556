internal import CHoldfastKernels

/// What the engine found on this machine and chose to work with.
public struct SystemInfo: Sendable, Equatable {
  /// A CBLAS library.
  public struct BLAS: Sendable, Equatable {
    /// The file it was opened from, or nil when none was.
    public var path: String?
    /// What it says of its version and build.
    public var version: String?
    /// The processor core whose kernels it chose.
    public var core: String?
    /// Whether it keeps the engine's contract: a row's bits depend on that row, the weights and K alone.
    public var admitted: Bool
    /// Why it was or was not admitted.
    public var reason: String
  }

  /// The processor's name as it gives it.
  public var processor: String
  /// The instruction sets that kernels exist for, and that the operating system lets the process use.
  public var features: [String]
  /// The kernels in use: `avx512`, `avx2`, `neon` or `scalar`.
  public var kernel: String
  /// What computes matrix products of weights: `builtin` or `openblas`.
  public var products: String
  /// Why that was chosen.
  public var productsReason: String
  /// The number of threads.
  public var threads: Int
  /// The CBLAS library, whether used or not.
  public var blas: BLAS
}

extension Runtime {
  /// Describes the machine and what was chosen; opens the CBLAS library, if there is one, to describe it too.
  public func systemInfo() -> SystemInfo {
    let cpu = holdfast_cpu_describe()
    var features: [String] = []
    if cpu.avx2 { features += ["avx2", "fma"] }
    if cpu.avx512 { features += ["avx512f", "avx512bw", "avx512dq", "avx512vl"] }
    if cpu.avx512_bf16 { features.append("avx512_bf16") }
    if cpu.sha { features.append("sha") }
    if cpu.neon { features.append("neon") }
    let brand = withUnsafeBytes(of: cpu.brand) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    let vendor = withUnsafeBytes(of: cpu.vendor) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    let words = brand.split(separator: " ").joined(separator: " ")
    return SystemInfo(
      processor: words.isEmpty ? vendor : words, features: features, kernel: kernelName,
      products: blas == nil ? "builtin" : "openblas", productsReason: productsReason, threads: threadCount,
      blas: BLAS.shared.info)
  }
}
