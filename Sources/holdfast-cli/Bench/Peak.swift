import Glibc
import Holdfast

/// What the machine reached at a yardstick, in this run.
struct Peak {
  /// What was measured.
  let what: String
  /// Operations or bytes a second.
  let value: Double
  /// What each way of multiplying reached, where it was products.
  let parts: [(name: String, value: Double)]

  /// Measures the yardstick of a workload; `nil` when it has none.
  static func measure(_ yardstick: Workload.Yardstick, _ subject: BenchSubject) throws(HoldfastError) -> Peak?
  {
    switch yardstick {
    case .products(let rows): try products(rows: rows, subject.model.configuration)
    case .weights:
      Peak(
        what: "reading the weights' bytes",
        value: try MachineSpeed.reading(subject.model.weights.bytesPerToken), parts: [])
    case .disk: Peak(what: "writing 512 MiB and syncing", value: try disk(subject.folder), parts: [])
    case .none: nil
    }
  }

  /// The projections of the model on so many rows: each shape by whoever is fastest at it.
  private static func products(rows: Int, _ configuration: ModelConfiguration) throws(HoldfastError) -> Peak {
    var operations = 0.0
    var (best, builtin, openblas) = (0.0, 0.0, 0.0)
    for shape in configuration.projectionShapes {
      let speed = try MachineSpeed.product(m: rows, n: shape.outputs, k: shape.inputs)
      let own = 2.0 * Double(rows) * Double(shape.outputs) * Double(shape.inputs) * Double(shape.count)
      operations += own
      best += own / speed.best
      builtin += own / speed.builtin
      openblas += own / (speed.openblas ?? .nan)
    }
    var parts = [(name: "builtin", value: operations / builtin)]
    if openblas.isFinite { parts.append((name: "openblas", value: operations / openblas)) }
    return Peak(what: "products of \(rows) rows", value: operations / best, parts: parts)
  }

  /// Bytes a second of one large write and its sync.
  private static func disk(_ folder: String) throws(HoldfastError) -> Double {
    let path = folder + "/disk"
    let count = 8 << 20
    var random = RandomSource(seed: 1)
    let block = (0..<count / 8).map { _ in random.next() }
    let clock = ContinuousClock()
    let start = clock.now
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard descriptor >= 0 else { throw failure(path) }
    defer {
      close(descriptor)
      unlink(path)
    }
    for _ in 0..<64 {
      var offset = 0
      while offset < count {
        let written = block.withUnsafeBytes { write(descriptor, $0.baseAddress! + offset, count - offset) }
        guard written > 0 else { throw failure(path) }
        offset += written
      }
    }
    guard fsync(descriptor) == 0 else { throw failure(path) }
    return 64 * Double(count) / ((clock.now - start) / .seconds(1))
  }

  private static func failure(_ path: String) -> HoldfastError {
    HoldfastError(.io, "\(path): \(String(cString: strerror(errno)))")
  }
}
