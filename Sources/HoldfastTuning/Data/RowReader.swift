import HoldfastStorage
import HoldfastTensor

/// Finds the rows of JSON Lines or of a JSON array, and the line on which each begins.
struct RowReader {
  private let bytes: UnsafeRawBufferPointer
  private let name: String
  private var start: Int

  init(_ bytes: UnsafeRawBufferPointer, name: String) {
    self.bytes = bytes
    self.name = name
    start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  /// The rows; each is called `name:line` in messages.
  func rows() throws(HoldfastError) -> [JSONNode] {
    let first = bytes[start...].first { !Self.isSpace($0) }
    return first == UInt8(ascii: "[") ? try elements() : try lines()
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }

  private func lines() throws(HoldfastError) -> [JSONNode] {
    var nodes: [JSONNode] = []
    var line = 0
    var place = start
    while place < bytes.count {
      let end = bytes[place...].firstIndex(of: 0x0A) ?? bytes.count
      let content = UnsafeRawBufferPointer(rebasing: bytes[place..<end])
      place = end + 1
      line += 1
      if content.allSatisfy(Self.isSpace) { continue }
      let document = "\(name):\(line)"
      nodes.append(JSONNode(try JSON.parse(content, name: document), document: document))
    }
    return nodes
  }

  private func elements() throws(HoldfastError) -> [JSONNode] {
    let array = try JSONNode(try JSON.parse(bytes, name: name), document: name).elements()
    let lines = elementLines()
    return array.enumerated().map { place, node in
      JSONNode(node.json, document: place < lines.count ? "\(name):\(lines[place])" : name)
    }
  }

  /// The line of each element of an array that is known to be JSON.
  private func elementLines() -> [Int] {
    var lines: [Int] = []
    var line = 1
    var depth = 0
    var inString = false
    var awaitsElement = false
    var i = start
    while i < bytes.count {
      let byte = bytes[i]
      i += 1
      if byte == 0x0A { line += 1 }
      if inString {
        if byte == UInt8(ascii: "\\") { i += 1 }
        if byte == UInt8(ascii: "\"") { inString = false }
        continue
      }
      if awaitsElement, !Self.isSpace(byte), byte != UInt8(ascii: "]") {
        lines.append(line)
        awaitsElement = false
      }
      switch byte {
      case UInt8(ascii: "\""): inString = true
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        depth += 1
        if depth == 1 { awaitsElement = true }
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      case UInt8(ascii: ","): if depth == 1 { awaitsElement = true }
      default: break
      }
    }
    return lines
  }
}
