import HoldfastStorage
import HoldfastTensor
import HoldfastText

/// The sealed segments of a capture under way, `OUT.segments`, and the file they become.
struct CaptureStore {
  private let plan: CapturePlan
  private let identity: CaptureIdentity
  private let tokenizer: Tokenizer
  private let path: String
  private let segments: SegmentStore
  /// The most bytes held at once while segments are joined.
  private static let pieceBytes = 8 << 20

  init(
    _ plan: CapturePlan, identity: CaptureIdentity, tokenizer: Tokenizer, path: String
  ) throws(HoldfastError) {
    (self.plan, self.identity, self.tokenizer, self.path) = (plan, identity, tokenizer, path)
    guard !FileSystem.exists(path) || Self.isCapture(path) else {
      throw HoldfastError(
        .invalidArgument,
        "\(path): it is there and holds no activations, so it is not replaced; name another file")
    }
    segments = try SegmentStore(writing: path + ".segments", format: CaptureFile.format)
  }

  /// Whether the finished file is there already.
  static func isFinished(_ path: String, _ identity: CaptureIdentity) -> Bool {
    guard FileSystem.exists(path) else { return false }
    do throws(HoldfastError) {
      let root = try HDF5File(path: path, format: CaptureFile.format).root
      return try identity.difference(to: root, isSegment: false) == nil
    } catch {
      return false
    }
  }

  private static func isCapture(_ path: String) -> Bool {
    (try? HDF5File(path: path, format: CaptureFile.format)) != nil
  }

  /// How many items the sealed segments hold.
  ///
  /// - Throws: `invalidArgument` when they belong to another capture.
  func resume() throws(HoldfastError) -> Int {
    var done = 0
    for number in try segments.numbers() {
      let root = try segments.open(number).root
      if let difference = try identity.difference(to: root, isSegment: true) {
        throw HoldfastError(
          .invalidArgument,
          "\(segments.directory): it holds activations \(difference); remove it, or write to another file")
      }
      guard try root.int("first_item") == done else { throw damaged(number) }
      done += try root.dataset("length").count
    }
    guard done <= plan.items.count else {
      throw HoldfastError(.corruptData, "\(segments.directory): it holds more items than there are")
    }
    return done
  }

  /// Removes the directory of segments when there is none.
  func removeIfEmpty() { try? segments.removeDirectory() }

  private func damaged(_ number: Int) -> HoldfastError {
    HoldfastError(
      .corruptData, "\(segments.path(number)): the segment does not go on where the one before it ends")
  }

  /// Writes the next segment; what `body` throws leaves none.
  func seal(from first: Int, _ body: (inout CaptureFile) throws(HoldfastError) -> Void) throws(HoldfastError)
  {
    try segments.append { root throws(HoldfastError) in
      var file = try makeFile(root, first: first, compressed: false)
      try body(&file)
    }
  }

  private func makeFile(_ root: HDF5Group, first: Int, compressed: Bool) throws(HoldfastError) -> CaptureFile
  {
    try CaptureFile(
      root, plan, identity: identity, tokenizer: tokenizer, first: first, compressed: compressed)
  }

  /// Makes the file of all segments, and removes them; returns how many numbers were too large for its type.
  func finish(_ progress: ProgressHandler?) throws(HoldfastError) -> Int {
    let numbers = try segments.numbers()
    var overflows = 0
    for number in numbers { overflows += try segments.open(number).root.int("overflows") }
    if numbers.count == 1, !plan.options.compression {
      // One segment of everything is the file.
      try AtomicFile.move(segments.path(numbers[0]), to: path)
    } else {
      // What will be compressed is not known to need the room.
      if !plan.options.compression { try plan.checkSpace(for: 0..<plan.items.count, path) }
      try join(numbers, overflows: overflows, progress)
    }
    try segments.removeAll()
    try segments.removeDirectory()
    return overflows
  }

  private func join(_ numbers: [Int], overflows: Int, _ progress: ProgressHandler?) throws(HoldfastError) {
    try HDF5File.write(to: path, format: CaptureFile.format) { root throws(HoldfastError) in
      var file = try makeFile(root, first: 0, compressed: plan.options.compression)
      var buffer: [UInt8] = []
      for number in numbers {
        let segment = try segments.open(number).root
        let items = file.count..<(file.count + (try segment.dataset("length").count))
        guard items.upperBound <= plan.items.count, try segment.int("first_item") == items.lowerBound else {
          throw damaged(number)
        }
        try Progress(stage: "join", done: items.lowerBound, total: plan.items.count, unit: "items")
          .report(to: progress)
        try file.append(items)
        for (index, column) in plan.columns.enumerated() {
          let source = try segment.dataset(column.name)
          for piece in pieces(items, column) {
            let local =
              (piece.items.lowerBound - items.lowerBound)..<(piece.items.upperBound - items.lowerBound)
            let count = piece.items.count * piece.length * column.tokenBytes
            if buffer.count < count { buffer = [UInt8](repeating: 0, count: count) }
            try buffer.withUnsafeMutableBufferPointer { bytes throws(HoldfastError) in
              let part = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: bytes[..<count]))
              try source.read(column.block(local, length: piece.length), into: part)
              try file.write(column: index, piece.items, length: piece.length, UnsafeRawBufferPointer(part))
            }
          }
        }
      }
      try file.note(overflows: overflows)
      try Progress(stage: "join", done: plan.items.count, total: plan.items.count, unit: "items")
        .report(to: progress)
    }
  }

  /// Items of equal length that fit the memory of joining; one item at least.
  private func pieces(_ items: Range<Int>, _ column: CaptureColumn) -> [(items: Range<Int>, length: Int)] {
    plan.runs(items).flatMap { run in
      let step = max(1, Self.pieceBytes / max(1, run.length * column.tokenBytes))
      return stride(from: run.items.lowerBound, to: run.items.upperBound, by: step).map {
        ($0..<min($0 + step, run.items.upperBound), run.length)
      }
    }
  }
}
