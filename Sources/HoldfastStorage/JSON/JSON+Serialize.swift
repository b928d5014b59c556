extension JSON {
  /// How a value is written.
  public struct Format: Sendable {
    /// One member or element a line, indented by two spaces.
    public var pretty: Bool
    /// Members ordered by the bytes of their keys.
    public var sortedKeys: Bool
    /// Makes a format; both off gives the shortest text.
    public init(pretty: Bool = false, sortedKeys: Bool = false) {
      self.pretty = pretty
      self.sortedKeys = sortedKeys
    }
  }

  /// The value as UTF-8; reading it gives the same value.
  ///
  /// Doubles are written with the fewest digits that identify them. JSON has no NaN and no infinity: they become
  /// `null`. Bytes of a string that are not UTF-8 become U+FFFD.
  public func serialized(pretty: Bool = false, sortedKeys: Bool = false) -> [UInt8] {
    var writer = Writer(format: Format(pretty: pretty, sortedKeys: sortedKeys))
    writer.write(self, level: 0)
    return writer.output
  }

  /// The value as text; see `serialized`.
  public func text(pretty: Bool = false, sortedKeys: Bool = false) -> String {
    String(decoding: serialized(pretty: pretty, sortedKeys: sortedKeys), as: UTF8.self)
  }

  private struct Writer {
    let format: Format
    var output: [UInt8] = []

    mutating func write(_ json: JSON, level: Int) {
      switch json {
      case .null: put("null")
      case .bool(let value): put(value ? "true" : "false")
      case .integer(let value): put(String(value))
      case .number(let value): put(value.isFinite ? value.description : "null")
      case .string(let value): write(value)
      case .array(let elements):
        list("[", "]", elements, level) { $0.write($1, level: level + 1) }
      case .object(let members):
        let ordered = format.sortedKeys ? members.sorted { $0.key < $1.key } : members
        list("{", "}", ordered, level) {
          $0.write($1.key)
          $0.put($0.format.pretty ? ": " : ":")
          $0.write($1.value, level: level + 1)
        }
      }
    }

    mutating func list<Item>(
      _ open: String, _ close: String, _ items: [Item], _ level: Int, _ each: (inout Writer, Item) -> Void
    ) {
      put(open)
      for (i, item) in items.enumerated() {
        if i > 0 { put(",") }
        newLine(level + 1)
        each(&self, item)
      }
      if !items.isEmpty { newLine(level) }
      put(close)
    }

    mutating func newLine(_ level: Int) {
      guard format.pretty else { return }
      output.append(0x0A)
      output.append(contentsOf: repeatElement(0x20, count: 2 * level))
    }

    mutating func put(_ text: String) { output.append(contentsOf: text.utf8) }

    mutating func write(_ string: ByteString) {
      let valid = string.validText == nil ? Array(string.text.utf8) : string.bytes
      output.append(UInt8(ascii: "\""))
      for byte in valid {
        switch byte {
        case UInt8(ascii: "\""): put("\\\"")
        case UInt8(ascii: "\\"): put("\\\\")
        case 0x0A: put("\\n")
        case 0x0D: put("\\r")
        case 0x09: put("\\t")
        case 0..<0x20, 0x7F:
          let hex = String(byte, radix: 16)
          put("\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex)
        default: output.append(byte)
        }
      }
      output.append(UInt8(ascii: "\""))
    }
  }
}
