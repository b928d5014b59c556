import Glibc
public import HoldfastTensor

/// A file with one JSON document a line (JSON Lines); blank lines are passed over.
public struct JSONLines: Sendable {
  /// The file.
  public let file: MappedFile
  /// What each line may be at most.
  public let limits: JSON.Limits

  /// Opens the file at `path`.
  public init(path: String, limits: JSON.Limits = JSON.Limits()) throws(HoldfastError) {
    file = try MappedFile(path: path)
    self.limits = limits
  }

  /// Calls `body` with every document and the number of its line, counted from 1.
  ///
  /// A line ends with a line feed, or a carriage return and a line feed. Throws `corruptData` that names file and
  /// line, or what `body` throws.
  public func forEach(_ body: (JSONNode, Int) throws(HoldfastError) -> Void) throws(HoldfastError) {
    defer { withExtendedLifetime(file) {} }
    let bytes = file.bytes
    var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var line = 0
    while start < bytes.count {
      let end = lineEnd(after: start)
      let content = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
      start = end + 1
      line += 1
      if content.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
      let place = "\(file.path):\(line)"
      let json = try JSON.parse(content, name: place, limits: limits)
      try body(JSONNode(json, document: place), line)
    }
  }

  /// All documents, in order.
  public func documents() throws(HoldfastError) -> [JSONNode] {
    var nodes: [JSONNode] = []
    try forEach { node, _ throws(HoldfastError) in nodes.append(node) }
    return nodes
  }

  private func lineEnd(after start: Int) -> Int {
    guard let base = file.bytes.baseAddress, let end = memchr(base + start, 0x0A, file.count - start) else {
      return file.count
    }
    return UnsafeRawPointer(end) - base
  }
}
