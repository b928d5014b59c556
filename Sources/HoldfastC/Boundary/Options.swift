import HoldfastTensor

/// A structure of options of the C interface: a size first, and fields that are only ever appended.
protocol Options: BitwiseCopyable {
  /// The C type, such as `holdfast_probe_options`.
  static var type: String { get }
  /// The sizes the structure had in the versions released so far, the present one last.
  static var sizes: [Int] { get }
  /// Every field's default, and the present size.
  static var defaults: Self { get }
}

/// More than any structure of options will ever have; a larger size is a mistake, not a newer header.
private let largestSize = 4096

/// Reads options of this, an older or a newer version; NULL means all defaults.
func options<O: Options>(_ pointer: UnsafePointer<O>?, as kind: O.Type = O.self) throws(HoldfastError) -> O {
  var options = O.defaults
  guard let pointer else { return options }
  guard UInt(bitPattern: pointer) % UInt(MemoryLayout<O>.alignment) == 0 else {
    throw HoldfastError(.invalidArgument, "\(O.type) is not aligned to \(MemoryLayout<O>.alignment) bytes")
  }
  let present = MemoryLayout<O>.size
  let size = Int(UnsafeRawPointer(pointer).load(as: UInt32.self))
  guard O.sizes.contains(size) || (size > present && size <= largestSize) else {
    throw HoldfastError(
      .invalidArgument,
      "\(O.type).struct_size is \(size), which no version had; fill the structure with \(O.type)_init")
  }
  let bytes = UnsafeRawBufferPointer(start: pointer, count: size)
  if size > present, let byte = bytes[present...].firstIndex(where: { $0 != 0 }) {
    throw HoldfastError(
      .invalidArgument,
      "\(O.type) sets an option at byte \(byte) that this version does not know; update the library or leave it zero")
  }
  withUnsafeMutableBytes(of: &options) { $0.copyBytes(from: bytes.prefix(min(size, present))) }
  return options
}

/// Fills `size` bytes of a caller's options with the defaults, and zeros behind those this version knows.
func initialize<O: Options>(_ pointer: UnsafeMutablePointer<O>?, _ size: UInt32) {
  guard let pointer, size >= 4, size <= largestSize else { return }
  let target = UnsafeMutableRawBufferPointer(start: pointer, count: Int(size))
  withUnsafeBytes(of: O.defaults) { target.copyBytes(from: $0.prefix(target.count)) }
  for index in target.indices.dropFirst(MemoryLayout<O>.size) { target[index] = 0 }
  target.storeBytes(of: size, as: UInt32.self)
}
