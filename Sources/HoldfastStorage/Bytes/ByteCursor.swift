public import HoldfastTensor

/// Reads little-endian values one after another and never beyond the end; every error names the file and the byte.
///
/// The cursor borrows the bytes: whoever makes it keeps them alive.
public struct ByteCursor {
  /// The bytes that are read.
  public let bytes: UnsafeRawBufferPointer
  /// What the bytes are, for messages: usually the path of a file.
  public let name: String
  /// The offset of the next byte to be read, at most `bytes.count`.
  public private(set) var offset: Int

  /// Makes a cursor at the start of `bytes`, called `name` in messages.
  public init(_ bytes: UnsafeRawBufferPointer, name: String) {
    self.bytes = bytes
    self.name = name
    offset = 0
  }

  /// The number of bytes that are left.
  public var remaining: Int { bytes.count - offset }

  /// Reads an integer of the given width.
  public mutating func read<T: FixedWidthInteger & BitwiseCopyable>(
    _ type: T.Type = T.self, _ what: String
  ) throws(HoldfastError) -> T {
    let start = try take(MemoryLayout<T>.size, what)
    return T(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: T.self))
  }

  /// Reads an unsigned 64-bit count that must fit an `Int`.
  public mutating func readCount(_ what: String) throws(HoldfastError) -> Int {
    let start = offset
    let value = try read(UInt64.self, what)
    guard let count = Int(exactly: value) else {
      throw corrupt("\(what) is \(value), which is absurd", at: start)
    }
    return count
  }

  /// Reads the number of items to come, each of which takes at least `minimumSize` bytes of what is left.
  public mutating func readCount(_ what: String, minimumSize: Int) throws(HoldfastError) -> Int {
    let start = offset
    let count = try readCount(what)
    let (size, overflow) = count.multipliedReportingOverflow(by: minimumSize)
    guard !overflow, size <= remaining else {
      throw corrupt("\(what) is \(count), but only \(remaining) bytes are left", at: start)
    }
    return count
  }

  /// Reads `count` bytes.
  public mutating func readBytes(_ count: Int, _ what: String) throws(HoldfastError) -> UnsafeRawBufferPointer
  {
    let start = try take(count, what)
    return UnsafeRawBufferPointer(rebasing: bytes[start..<(start + count)])
  }

  /// Passes over `count` bytes and returns the offset of the first one.
  @discardableResult
  public mutating func take(_ count: Int, _ what: String) throws(HoldfastError) -> Int {
    guard count >= 0, count <= remaining else {
      throw corrupt("the file ends inside \(what) (\(count) bytes wanted, \(remaining) left)", at: offset)
    }
    defer { offset += count }
    return offset
  }

  /// Goes to an absolute offset.
  public mutating func seek(to target: Int, _ what: String) throws(HoldfastError) {
    guard target >= 0, target <= bytes.count else {
      throw corrupt("\(what) lies at byte \(target), beyond the end (\(bytes.count) bytes)", at: offset)
    }
    offset = target
  }

  /// The error for content that is wrong at a byte (by default, at the next one).
  public func corrupt(_ message: String, at byte: Int? = nil) -> HoldfastError {
    HoldfastError(.corruptData, "\(name), byte \(byte ?? offset): \(message)")
  }
}
