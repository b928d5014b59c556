import HoldfastStorage
public import HoldfastTensor

/// Decodes ids one after the other, never cutting a character: what it gives, joined, is what `decode` gives at once.
public struct StreamingDecoder: Sendable {
  private let tokenizer: Tokenizer
  private let skipSpecial: Bool
  /// The beginning of a character whose end has not come yet.
  private var pending: [UInt8] = []
  /// Bytes of characters without a token, held until the run of them ends: if it is not UTF-8, each becomes U+FFFD.
  private var fallback: [UInt8] = []
  /// Spaces still to be taken away at the beginning.
  private var strippedSpaces: Int
  private var isFirst = true

  /// Makes a decoder at the beginning of a text; with `skipSpecial`, special tokens give no text.
  public init(_ tokenizer: Tokenizer, skipSpecial: Bool = false) {
    self.tokenizer = tokenizer
    self.skipSpecial = skipSpecial
    strippedSpaces = tokenizer.definition.decoding.strippedSpaces
  }

  /// The text that has become certain with this id; often empty, never a part of a character.
  ///
  /// Throws `invalidArgument` when the id is not in the vocabulary.
  public mutating func append(_ id: Int32) throws(HoldfastError) -> String {
    var bytes = try tokenizer.bytes(of: id).bytes
    if skipSpecial, tokenizer.isSpecial(id) { return "" }
    if isFirst, let mark = tokenizer.definition.decoding.droppedFromFirst {
      bytes = NormalizationStep.replace(mark.bytes, [], in: tokenizer.definition.tokens[Int(id)].bytes)
    }
    isFirst = false
    if tokenizer.fallbackBytes.contains(id) {
      fallback += bytes
      return ""
    }
    flushFallback()
    pending += bytes
    return take(Self.certainLength(of: pending))
  }

  /// The rest of the text, with U+FFFD for a character that was not completed.
  public mutating func finish() -> String {
    flushFallback()
    return take(pending.count)
  }

  private mutating func flushFallback() {
    guard !fallback.isEmpty else { return }
    let isText = fallback.withUnsafeBytes { UTF8Check.firstInvalidByte(in: $0) } == nil
    pending += isText ? fallback : Array(repeatElement("\u{FFFD}".utf8, count: fallback.count).joined())
    fallback = []
  }

  private mutating func take(_ count: Int) -> String {
    var start = 0
    while strippedSpaces > 0, start < count {
      if pending[start] == UInt8(ascii: " ") {
        start += 1
        strippedSpaces -= 1
      } else {
        strippedSpaces = 0
      }
    }
    let text = String(decoding: pending[start..<count], as: UTF8.self)
    pending.removeFirst(count)
    return text
  }

  /// How many bytes at the beginning decode to the same whatever follows: all but an unfinished character at the end.
  private static func certainLength(of bytes: [UInt8]) -> Int {
    var start = bytes.count - 1
    while start >= max(0, bytes.count - 3) {
      let byte = bytes[start]
      if byte & 0xC0 != 0x80 {
        let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
        return bytes.count - start < length ? start : bytes.count
      }
      start -= 1
    }
    return bytes.count
  }
}
