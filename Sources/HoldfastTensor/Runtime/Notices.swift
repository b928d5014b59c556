import Synchronization

/// How much a notice matters.
public enum NoticeLevel: Int32, Sendable {
  /// What was chosen and found.
  case info = 0
  /// A setting that could not be followed.
  case warning = 1
}

/// Something the engine found or chose that a host may want in its log.
public struct Notice: Sendable, Equatable {
  /// How much it matters.
  public var level: NoticeLevel
  /// One sentence.
  public var text: String
}

/// Notices that wait for somebody to read them.
///
/// They arise deep inside, where nobody's code may be called; the C face hands them over at the end of a call.
public final class Notices: Sendable {
  /// How many wait at most; later ones are dropped, as the first say most.
  static let limit = 64
  private let waiting = Mutex<[Notice]>([])
  private let hasSome = Atomic<Bool>(false)

  /// Adds one.
  func add(_ level: NoticeLevel, _ text: String) {
    waiting.withLock { notices in
      if notices.count < Notices.limit { notices.append(Notice(level: level, text: text)) }
      hasSome.store(true, ordering: .releasing)
    }
  }

  /// Whether any wait; costs next to nothing.
  public var isEmpty: Bool { !hasSome.load(ordering: .acquiring) }

  /// Takes those that wait, oldest first.
  public func take() -> [Notice] {
    waiting.withLock { notices in
      defer { notices = [] }
      hasSome.store(false, ordering: .releasing)
      return notices
    }
  }
}

extension Runtime {
  /// The process's notices.
  public static let notices = Notices()

  /// Notes what was chosen, and which settings of the environment could not be followed.
  static func announce(_ runtime: Runtime) {
    let products = runtime.blas == nil ? "the built-in kernels" : "a CBLAS library"
    notices.add(
      .info,
      "computing with \(runtime.kernelName) on \(runtime.threadCount) threads; products of weights by \(products): "
        + runtime.productsReason)
    if let text = setting("HOLDFAST_NUM_THREADS"), Int(text).map({ (1...1024).contains($0) }) != true {
      notices.add(.warning, "HOLDFAST_NUM_THREADS=\(text) is no number from 1 to 1024 and was ignored")
    }
    if let text = setting("HOLDFAST_CPU"), !["avx512", "avx2", "neon", "scalar"].contains(text) {
      notices.add(.warning, "HOLDFAST_CPU=\(text) is none of avx512, avx2, neon, scalar and was ignored")
    }
    if setting("HOLDFAST_GEMM") == "openblas", runtime.blas == nil {
      notices.add(.warning, "HOLDFAST_GEMM=openblas could not be followed: \(BLAS.shared.info.reason)")
    }
  }
}
