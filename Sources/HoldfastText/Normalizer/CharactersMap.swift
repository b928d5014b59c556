import HoldfastStorage
import HoldfastTensor

/// The compiled map of SentencePiece (`precompiled_charsmap`): texts and what becomes of them, as a double array (Darts).
struct CharactersMap: Sendable, Hashable {
  /// The map as it is stored.
  let bytes: [UInt8]
  private let units: [UInt32]
  /// The results, each ended by a zero byte.
  private let results: [UInt8]
  /// How many times as long the map can make a text.
  let growth: Int

  /// Reads a stored map; `name` is for messages. Throws `corruptData` when it contradicts itself.
  init(_ bytes: [UInt8], name: String) throws(HoldfastError) {
    func wrong(_ message: String) -> HoldfastError { HoldfastError(.corruptData, "\(name): \(message)") }
    func word(_ place: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << UInt32(8 * $1) }
    }
    guard bytes.count >= 4 else { throw wrong("the characters map has \(bytes.count) bytes and needs 4") }
    let size = Int(word(0))
    guard size % 4 == 0, size >= 4, size <= bytes.count - 4 else {
      throw wrong("the characters map says its trie has \(size) bytes, and \(bytes.count - 4) are there")
    }
    self.bytes = bytes
    units = stride(from: 4, to: 4 + size, by: 4).map(word)
    results = Array(bytes[(4 + size)...])
    guard results.isEmpty || results.last == 0,
      results.withUnsafeBytes({ UTF8Check.firstInvalidByte(in: $0) }) == nil
    else { throw wrong("the results of the characters map are not UTF-8 texts ended by zero bytes") }
    growth = results.split(separator: 0).map(\.count).max() ?? 1
  }

  /// What the beginning of `text[range]` becomes, and how much of it: the longest or the shortest entry that fits.
  func result(_ text: Span<UInt8>, _ range: Range<Int>, longest: Bool) -> (
    text: ArraySlice<UInt8>, length: Int
  )? {
    var node = Self.offset(units[0])
    var found: (ArraySlice<UInt8>, Int)?
    for i in range {
      let byte = UInt32(text[i])
      node ^= byte
      guard byte != 0, Int(node) < units.count, units[Int(node)] & 0x8000_00FF == byte else { break }
      let unit = units[Int(node)]
      node ^= Self.offset(unit)
      guard Int(node) < units.count else { break }
      if unit >> 8 & 1 == 1 {
        let start = Int(units[Int(node)] & 0x7FFF_FFFF)
        guard start < results.count else { break }
        let rest = results[start...]
        found = (rest.prefix { $0 != 0 }, i + 1 - range.lowerBound)
        if !longest { break }
      }
    }
    return found
  }

  private static func offset(_ unit: UInt32) -> UInt32 { (unit >> 10) << ((unit & 1 << 9) >> 6) }

  /// The text after the map as Hugging Face `tokenizers` applies it: the shortest entry that begins a short grapheme
  /// stands for the whole of it, otherwise scalar by scalar.
  func applyByGrapheme(_ text: [UInt8]) -> [UInt8] {
    let source = text.span
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var i = 0
    for character in String(decoding: text, as: UTF8.self) {
      let end = i + character.utf8.count
      if end - i < 6, let (mapped, _) = self.result(source, i..<end, longest: false) {
        result += mapped
        i = end
      }
      while i < end {
        let next = i + UTF8Text.length(source[i])
        result += self.result(source, i..<next, longest: false)?.text ?? text[i..<next]
        i = next
      }
    }
    return result
  }
}
