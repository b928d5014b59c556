import HoldfastTensor

extension ByteString {
  /// Strings of a fixed length, one after another: each ends with its first zero byte or with the length.
  ///
  /// - Parameter isPadded: whether they are filled up with spaces, as Fortran does, which then do not count.
  static func fixed(_ bytes: UnsafeRawBufferPointer, length: Int, isPadded: Bool) -> [ByteString] {
    guard length > 0 else { return [] }
    return stride(from: 0, to: bytes.count - length + 1, by: length).map { start in
      var text = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + length)]).prefix { $0 != 0 }
      while isPadded, text.last == UInt8(ascii: " ") { text = text.dropLast() }
      return ByteString(UnsafeRawBufferPointer(rebasing: text))
    }
  }
}
