import HoldfastTensor

/// Comma-separated values as RFC 4180 has them: fields in double quotes may hold commas, line ends and doubled quotes.
enum CSV {
  /// The records of a text with the line each begins in, from 1; blank lines are passed over.
  ///
  /// Throws `corruptData` that names document and line for a quote that is not closed or has text behind it.
  static func records(_ bytes: UnsafeRawBufferPointer, name: String) throws(HoldfastError) -> [(
    line: Int, fields: [[UInt8]]
  )] {
    var reader = Reader(bytes: bytes, name: name)
    var records: [(line: Int, fields: [[UInt8]])] = []
    while reader.place < bytes.count {
      let line = reader.line
      let fields = try reader.record()
      if fields.count > 1 || !fields[0].isEmpty { records.append((line, fields)) }
    }
    return records
  }

  private struct Reader {
    let bytes: UnsafeRawBufferPointer
    let name: String
    var place: Int
    var line = 1

    init(bytes: UnsafeRawBufferPointer, name: String) {
      self.bytes = bytes
      self.name = name
      place = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// The fields up to the end of the record, which is passed over.
    mutating func record() throws(HoldfastError) -> [[UInt8]] {
      var fields: [[UInt8]] = []
      while true {
        fields.append(place < bytes.count && bytes[place] == UInt8(ascii: "\"") ? try quoted() : plain())
        guard place < bytes.count else { return fields }
        let mark = bytes[place]
        place += 1
        if mark == UInt8(ascii: ",") { continue }
        if mark == UInt8(ascii: "\r"), place < bytes.count, bytes[place] == UInt8(ascii: "\n") { place += 1 }
        line += 1
        return fields
      }
    }

    private mutating func plain() -> [UInt8] {
      let start = place
      while place < bytes.count, !isMark(bytes[place]) { place += 1 }
      return Array(bytes[start..<place])
    }

    private mutating func quoted() throws(HoldfastError) -> [UInt8] {
      let begun = line
      var field: [UInt8] = []
      var isClosed = false
      place += 1
      while place < bytes.count {
        let byte = bytes[place]
        place += 1
        if byte == UInt8(ascii: "\"") {
          guard place < bytes.count, bytes[place] == byte else {
            isClosed = true
            break
          }
          place += 1
        } else if byte == UInt8(ascii: "\n") {
          line += 1
        }
        field.append(byte)
      }
      guard isClosed else { throw wrong(begun, "a quote is opened and not closed") }
      guard place == bytes.count || isMark(bytes[place]) else {
        throw wrong(line, "there is text behind a closing quote")
      }
      return field
    }

    private func isMark(_ byte: UInt8) -> Bool {
      byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    }

    private func wrong(_ line: Int, _ message: String) -> HoldfastError {
      HoldfastError(.corruptData, "\(name):\(line): \(message)")
    }
  }
}
