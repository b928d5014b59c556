import HoldfastStorage

/// Where a text of SentencePiece may be cut without changing its tokens: before a `▁` behind a character that no token
/// has before a `▁`, since nothing can merge across. Words then are short, and met again.
struct Seams: Sendable {
  /// The scalars that a token has before a `▁`.
  private let joined: ScalarBitmap

  /// Finds the seams of a vocabulary; `nil` when `▁` itself is no token, so that unknown characters may run on over it.
  init?(_ entries: [(token: ByteString, id: Int32)], _ pieces: ByteTable) {
    guard pieces.id(of: "▁") != nil else { return nil }
    var scalars: [ClosedRange<UInt32>] = []
    for (token, _) in entries where token.count > 3 {
      var last: UInt32?
      for scalar in String(decoding: token.bytes, as: UTF8.self).unicodeScalars {
        if scalar == "▁", let last { scalars.append(last...last) }
        last = scalar.value
      }
    }
    joined = ScalarBitmap(ScalarSet(scalars))
  }

  /// The first seam behind `start`, or `end`.
  @inline(__always)
  func next(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
    var i = start + UTF8Text.length(text[start])
    var last = start
    while i < end {
      if text[i] == 0xE2, i + 2 < end, text[i + 1] == 0x96, text[i + 2] == 0x81,
        !joined.match(last, in: text).found
      {
        return i
      }
      last = i
      i += UTF8Text.length(text[i])
    }
    return end
  }
}
