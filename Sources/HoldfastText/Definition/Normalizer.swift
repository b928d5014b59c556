@_spi(_Unicode) import Swift
import HoldfastStorage

/// A change made to the text between added tokens before it is cut.
enum NormalizationStep: Sendable, Hashable {
  /// Puts a text before a text that is not empty.
  case prepend(ByteString)
  /// Replaces every occurrence of the first text with the second.
  case replace(ByteString, ByteString)
  /// Unicode canonical composition.
  case nfc

  /// The text after this step.
  func apply(_ text: [UInt8]) -> [UInt8] {
    switch self {
    case .prepend(let prefix): text.isEmpty ? text : prefix.bytes + text
    case .replace(let old, let new): Self.replace(old.bytes, new.bytes, in: text)
    case .nfc: Self.compose(text)
    }
  }

  private static func replace(_ old: [UInt8], _ new: [UInt8], in text: [UInt8]) -> [UInt8] {
    guard let first = old.first else { return text }
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var i = 0
    while i < text.count {
      if text[i] == first, text[i...].starts(with: old) {
        result.append(contentsOf: new)
        i += old.count
      } else {
        result.append(text[i])
        i += 1
      }
    }
    return result
  }

  private static func compose(_ text: [UInt8]) -> [UInt8] {
    if text.allSatisfy({ $0 < 0x80 }) { return text }
    var composed = String.UnicodeScalarView()
    composed.append(contentsOf: String(decoding: text, as: UTF8.self)._nfc)
    return Array(String(composed).utf8)
  }
}
