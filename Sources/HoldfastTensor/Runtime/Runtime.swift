internal import CHoldfastKernels
import Glibc
import Synchronization

/// What the engine found on this machine, and the threads it works with: the only global state.
///
/// `HOLDFAST_NUM_THREADS` sets the number of threads (default: the processors this process may use), `HOLDFAST_CPU`
/// caps the instruction set (`avx512`, `avx2`, `scalar`). Neither changes a single bit of any result.
/// `HOLDFAST_GEMM` chooses who multiplies by packed weights: `builtin`, `openblas` (an admitted library, see
/// ``SystemInfo``; its bits are its own), or `auto`, which is the built-in kernels wherever they have vectors.
/// `HOLDFAST_BLAS` names another CBLAS library, or `none`.
public final class Runtime: @unchecked Sendable {
  /// The one runtime of the process.
  public static let shared: Runtime = {
    let kernels = holdfast_kernels_best(setting("HOLDFAST_CPU"))!
    let (product, reason) = chooseProducts()
    let runtime = Runtime(
      kernels: kernels, threadCount: defaultThreadCount(), blas: product, productsReason: reason)
    announce(runtime)
    return runtime
  }()

  /// The kernels in use.
  let kernels: UnsafePointer<holdfast_kernels>
  /// The library's product, when it multiplies by weights instead of the built-in kernels.
  let blas: BLAS.Product?
  /// Why the one or the other.
  let productsReason: String
  private let threads: Mutex<Threads>
  private let pool = Atomic<UnsafeRawPointer?>(nil)  // the last of threads.pools, or nil

  private struct Threads {
    var count: Int
    var pools: [ThreadPool] = []  // retired ones too: a racing caller may still look at one
  }

  init(
    kernels: UnsafePointer<holdfast_kernels>, threadCount: Int, blas: BLAS.Product? = nil,
    productsReason: String = "the default"
  ) {
    self.kernels = kernels
    self.blas = blas
    self.productsReason = productsReason
    threads = Mutex(Threads(count: threadCount))
  }

  deinit { retirePool() }

  /// What computes, to be stored with every result: `avx512`, `avx2`, `neon` or `scalar` (which all agree to the bit),
  /// followed by ` + openblas` and its core when a library multiplies by weights.
  public var kernelName: String {
    let name = String(cString: kernels.pointee.name)
    guard blas != nil else { return name }
    return name + " + openblas " + (BLAS.shared.info.core ?? "of unknown core")
  }

  /// The number of threads that share the work.
  public var threadCount: Int { threads.withLock { $0.count } }

  /// Sets the number of threads, 1 to 1024; running work is finished first.
  public func setThreadCount(_ count: Int) throws(HoldfastError) {
    guard (1...1024).contains(count) else {
      throw HoldfastError(
        .invalidArgument, "\(count) threads asked for; the number must be between 1 and 1024")
    }
    threads.withLock { $0.count = count }
    retirePool()
  }

  /// Calls `body` on disjoint ranges that cover `0 ..< count`, each of at most `grain` indices, on all threads.
  ///
  /// May be called from any thread, also from within `body`; a call that finds the pool busy does its work alone.
  public func parallel(_ count: Int, grain: Int = 1, _ body: @Sendable (Range<Int>) -> Void) {
    guard count > 0 else { return }
    let environment = holdfast_float_enter()
    defer { holdfast_float_leave(environment) }
    let grain = max(grain, 1)
    if count > grain, let pool = currentPool(), pool.run(count, grain: grain, body) { return }
    for start in stride(from: 0, to: count, by: grain) { body(start..<min(start + grain, count)) }
  }

  /// The pool, started on first use and again in a forked child; nil with one thread.
  private func currentPool() -> ThreadPool? {
    if let raw = pool.load(ordering: .acquiring) {
      let pool = Unmanaged<ThreadPool>.fromOpaque(raw).takeUnretainedValue()
      if pool.process == getpid() { return pool.threadCount > 1 ? pool : nil }
    }
    return startPool()
  }

  private func startPool() -> ThreadPool? {
    threads.withLock { threads in
      let old = pool.load(ordering: .acquiring)
      if let old {
        let running = Unmanaged<ThreadPool>.fromOpaque(old).takeUnretainedValue()
        // A forked child abandons the parent's pool, whose threads and locks are not its own.
        if running.process == getpid() { return running.threadCount > 1 ? running : nil }
      }
      let fresh = ThreadPool(threadCount: threads.count)
      threads.pools.append(fresh)
      pool.store(UnsafeRawPointer(Unmanaged.passUnretained(fresh).toOpaque()), ordering: .releasing)
      return fresh.threadCount > 1 ? fresh : nil
    }
  }

  private func retirePool() {
    guard let raw = pool.exchange(nil, ordering: .acquiringAndReleasing) else { return }
    let old = Unmanaged<ThreadPool>.fromOpaque(raw)
    if old.takeUnretainedValue().process == getpid() { old.takeUnretainedValue().stop() }
  }
}

/// Who multiplies by weights, by `HOLDFAST_GEMM` and what the machine offers, and why.
private func chooseProducts() -> (BLAS.Product?, String) {
  let wish = setting("HOLDFAST_GEMM") ?? "auto"
  let cpu = holdfast_cpu_describe()
  switch wish {
  case "builtin": return (nil, "HOLDFAST_GEMM=builtin")
  case "openblas":
    let blas = BLAS.shared
    return (blas.product, "HOLDFAST_GEMM=openblas" + (blas.product == nil ? ", but \(blas.info.reason)" : ""))
  default:
    let ignored = wish == "auto" ? "" : "HOLDFAST_GEMM=\(wish) is none of auto, builtin, openblas; "
    if cpu.avx2 || cpu.neon { return (nil, ignored + "the built-in kernels suit this processor") }
    let blas = BLAS.shared
    return (blas.product, ignored + "no built-in vectors for this processor; " + blas.info.reason)
  }
}

/// `HOLDFAST_NUM_THREADS`, or the number of processors this process may run on.
private func defaultThreadCount() -> Int {
  if let text = setting("HOLDFAST_NUM_THREADS"), let count = Int(text),
    (1...1024).contains(count)
  {
    return count
  }
  return min(max(Int(holdfast_processors()), 1), 1024)
}
