import HoldfastTensor

/// A structure of the C interface that starts with its own size and to which fields are only ever appended.
protocol Options {
  /// The C type, such as `holdfast_probe_options`.
  static var type: String { get }
  /// The sizes the structure had in the versions released so far, the present one last.
  static var sizes: [Int] { get }
  /// Every field's default, and the present size.
  static var defaults: Self { get }
}

/// More than any structure will ever have; a larger size is a mistake, not a newer header.
private let largestSize = 4096

/// The size a caller's structure says it has: one of this, an older or a newer version.
func checkedSize<O: Options>(_ pointer: UnsafePointer<O>) throws(HoldfastError) -> Int {
  guard UInt(bitPattern: pointer) % UInt(MemoryLayout<O>.alignment) == 0 else {
    throw HoldfastError(.invalidArgument, "\(O.type) is not aligned to \(MemoryLayout<O>.alignment) bytes")
  }
  let size = Int(UnsafeRawPointer(pointer).load(as: UInt32.self))
  guard O.sizes.contains(size) || (size > MemoryLayout<O>.size && size <= largestSize) else {
    throw HoldfastError(
      .invalidArgument,
      "\(O.type).struct_size is \(size), which no version had; set it to sizeof(\(O.type)), this library's is "
        + "\(MemoryLayout<O>.size)")
  }
  return size
}

/// Reads options of this, an older or a newer version; NULL means all defaults.
func readOptions<O: Options>(_ pointer: UnsafePointer<O>?) throws(HoldfastError) -> O {
  var options = O.defaults
  guard let pointer else { return options }
  let size = try checkedSize(pointer)
  let bytes = UnsafeRawBufferPointer(start: pointer, count: size)
  let present = MemoryLayout<O>.size
  if size > present, let byte = bytes[present...].firstIndex(where: { $0 != 0 }) {
    throw HoldfastError(
      .invalidArgument,
      "\(O.type) sets an option at byte \(byte) that this version does not know; update the library or leave it zero"
    )
  }
  withUnsafeMutableBytes(of: &options) { $0.copyBytes(from: bytes.prefix(min(size, present))) }
  return options
}

/// Fills a caller's options with the defaults; a size no structure can have leaves them alone.
func initialize<O: Options>(_ pointer: UnsafeMutablePointer<O>?, _ size: UInt32) {
  guard let pointer, size >= 4, size <= largestSize else { return }
  fill(pointer, with: O.defaults, size: Int(size))
}

/// Writes as much of a structure as the caller's has room for, zeros behind it, and the caller's size in front.
func fill<O: Options>(_ pointer: UnsafeMutablePointer<O>, with value: O, size: Int) {
  let target = UnsafeMutableRawBufferPointer(start: pointer, count: size)
  withUnsafeBytes(of: value) { target.copyBytes(from: $0.prefix(size)) }
  for index in target.indices.dropFirst(MemoryLayout<O>.size) { target[index] = 0 }
  target.storeBytes(of: UInt32(truncatingIfNeeded: size), as: UInt32.self)
}
