public import HoldfastTensor

/// A tensor where it lies in a mapped file; nothing is read until rows are asked for.
public struct StoredTensor: Sendable {
  /// The name in the file.
  public let name: ByteString
  /// The lengths of the axes, row-major: the last axis is contiguous (GGUF's dimensions reversed).
  public let shape: [Int]
  /// How the elements are stored.
  public let type: StorageType
  /// The file that holds the elements.
  public let file: MappedFile
  /// The offset of the first element in the file.
  public let offset: Int
  /// The number of bytes the elements take.
  public let byteCount: Int

  /// Describes a tensor in a file.
  ///
  /// Throws `corruptData` when an axis is negative, the size overflows, a row is not a whole number of blocks, or
  /// the elements do not lie within the file.
  public init(
    name: ByteString, shape: [Int], type: StorageType, file: MappedFile, offset: Int
  ) throws(HoldfastError) {
    func corrupt(_ message: String) -> HoldfastError {
      HoldfastError(
        .corruptData, "\(file.path): tensor '\(name)' of type \(type) and shape \(shape) \(message)")
    }
    // Axes of length 0 do not hide absurd ones: a row's size must be computable in any case.
    var limit = 1
    for axis in shape {
      let (product, overflow) = limit.multipliedReportingOverflow(by: max(axis, 1))
      guard axis >= 0, !overflow, product <= Int.max / 16 else { throw corrupt("has an absurd size") }
      limit = product
    }
    let elements = shape.contains(0) ? 0 : limit
    let width = shape.last ?? 1
    guard width % type.blockElements == 0 else {
      throw corrupt(
        "has rows of \(width) elements, which is no whole number of \(type) blocks of \(type.blockElements)")
    }
    let (size, overflow) = (elements / type.blockElements).multipliedReportingOverflow(by: type.blockBytes)
    let (end, beyond) = offset.addingReportingOverflow(size)
    guard !overflow, !beyond, offset >= 0, end <= file.count else {
      throw corrupt(
        "lies beyond the end of the file (\(file.count) bytes, from byte \(offset)); it is truncated")
    }
    self.name = name
    self.shape = shape
    self.type = type
    self.file = file
    self.offset = offset
    byteCount = size
  }

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// The length of a row, the last axis; 1 for a scalar.
  public var width: Int { shape.last ?? 1 }

  /// The number of rows: the product of all axes but the last.
  public var rowCount: Int { shape.dropLast().reduce(1, *) }

  /// The stored bytes; valid as long as `file` is.
  public var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: file.bytes[offset..<(offset + byteCount)])
  }

  /// Throws `unsupported`, naming the types that can be read, when `dequantize` cannot read this one.
  public func checkReadable() throws(HoldfastError) {
    guard !type.isReadable else { return }
    throw HoldfastError(
      .unsupported,
      "\(file.path): tensor '\(name)' is stored as \(type), which cannot be read yet; "
        + "convert the file to one of \(StorageType.readableNames)")
  }
}
