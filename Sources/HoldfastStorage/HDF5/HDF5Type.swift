import CHDF5

/// The element types that Holdfast writes to HDF5 and reads back.
public enum HDF5Type: String, Sendable, CustomStringConvertible {
  /// IEEE 754 binary16.
  case float16
  /// The upper half of a binary32, as an HDF5 user-defined float of 1, 8 and 7 bits.
  case bfloat16
  /// IEEE 754 binary32.
  case float32
  /// IEEE 754 binary64.
  case float64
  /// Signed 8-bit integers.
  case int8
  /// Unsigned 8-bit integers.
  case uint8
  /// Signed 16-bit integers.
  case int16
  /// Unsigned 16-bit integers.
  case uint16
  /// Signed 32-bit integers.
  case int32
  /// Unsigned 32-bit integers.
  case uint32
  /// Signed 64-bit integers.
  case int64
  /// Unsigned 64-bit integers.
  case uint64
  /// UTF-8 strings of any length.
  case string

  /// The name.
  public var description: String { rawValue }

  /// The bytes an element takes in an array.
  public var size: Int {
    switch self {
    case .int8, .uint8: 1
    case .float16, .bfloat16, .int16, .uint16: 2
    case .float32, .int32, .uint32: 4
    case .float64, .int64, .uint64: 8
    case .string: 16
    }
  }

  var isFloat: Bool { self == .float16 || self == .bfloat16 || self == .float32 || self == .float64 }
  var isHalf: Bool { self == .float16 || self == .bfloat16 }
  var isUnsigned: Bool { self == .uint8 || self == .uint16 || self == .uint32 || self == .uint64 }

  /// Whether every value of this type is one of `other`, so that reading as `other` loses nothing.
  func fits(_ other: HDF5Type) -> Bool {
    if self == other { return true }
    if self == .string || other == .string || isFloat != other.isFloat { return false }
    if isFloat { return size < other.size }
    if isUnsigned == other.isUnsigned { return size <= other.size }
    return isUnsigned && size < other.size
  }

  /// The type in a file, little-endian; to be asked under the lock.
  func makeFileType() -> HDF5Handle {
    switch self {
    case .float16: Self.makeHalf(exponent: 5, fraction: 10, bias: 15)
    case .bfloat16: Self.makeHalf(exponent: 8, fraction: 7, bias: 127)
    case .float32: HDF5Handle(holdfast_h5_ieee_f32le(), close: nil)
    case .float64: HDF5Handle(holdfast_h5_ieee_f64le(), close: nil)
    case .int8: HDF5Handle(holdfast_h5_std_i8le(), close: nil)
    case .uint8: HDF5Handle(holdfast_h5_std_u8le(), close: nil)
    case .int16: HDF5Handle(holdfast_h5_std_i16le(), close: nil)
    case .uint16: HDF5Handle(holdfast_h5_std_u16le(), close: nil)
    case .int32: HDF5Handle(holdfast_h5_std_i32le(), close: nil)
    case .uint32: HDF5Handle(holdfast_h5_std_u32le(), close: nil)
    case .int64: HDF5Handle(holdfast_h5_std_i64le(), close: nil)
    case .uint64: HDF5Handle(holdfast_h5_std_u64le(), close: nil)
    case .string: Self.makeString()
    }
  }

  /// Calls `body` with the type in a file; to be called under the lock.
  func withFileType<Result>(_ body: (hid_t) -> Result) -> Result {
    let type = makeFileType()
    return withExtendedLifetime(type) { body(type.id) }
  }

  /// The type in memory of the numbers that Swift has; to be asked under the lock.
  var memoryType: hid_t {
    switch self {
    case .float64: holdfast_h5_native_double()
    case .int8: holdfast_h5_native_int8()
    case .uint8: holdfast_h5_native_uint8()
    case .int16: holdfast_h5_native_int16()
    case .uint16: holdfast_h5_native_uint16()
    case .int32: holdfast_h5_native_int32()
    case .uint32: holdfast_h5_native_uint32()
    case .int64: holdfast_h5_native_int64()
    case .uint64: holdfast_h5_native_uint64()
    case .float32, .float16, .bfloat16, .string: holdfast_h5_native_float()
    }
  }

  private static func makeHalf(exponent: Int, fraction: Int, bias: Int) -> HDF5Handle {
    let id = H5Tcopy(holdfast_h5_ieee_f32le())
    H5Tset_fields(id, 15, fraction, exponent, 0, fraction)
    H5Tset_ebias(id, bias)
    H5Tset_precision(id, 16)
    H5Tset_size(id, 2)
    return HDF5Handle(id, close: H5Tclose)
  }

  private static func makeString() -> HDF5Handle {
    let id = H5Tcopy(holdfast_h5_c_string())
    H5Tset_size(id, holdfast_h5_variable_length())
    H5Tset_cset(id, H5T_CSET_UTF8)
    return HDF5Handle(id, close: H5Tclose)
  }

  /// The bytes of a string of a fixed length, or `nil` when the type is another; to be asked under the lock.
  static func fixedLength(of id: hid_t) -> Int? {
    guard H5Tget_class(id) == H5T_STRING, H5Tis_variable_str(id) == 0, case let size = H5Tget_size(id),
      size > 0
    else { return nil }
    return size
  }

  /// The type of a dataset or attribute, or `nil` when it is none of these; to be asked under the lock.
  init?(identifying id: hid_t) {
    let size = H5Tget_size(id)
    switch H5Tget_class(id) {
    case H5T_STRING:
      guard H5Tis_variable_str(id) > 0 else { return nil }
      self = .string
    case H5T_INTEGER:
      guard H5Tget_order(id) == H5T_ORDER_LE || size == 1, H5Tget_precision(id) == size * 8 else {
        return nil
      }
      switch (size, H5Tget_sign(id) == H5T_SGN_NONE) {
      case (1, false): self = .int8
      case (1, true): self = .uint8
      case (2, false): self = .int16
      case (2, true): self = .uint16
      case (4, false): self = .int32
      case (4, true): self = .uint32
      case (8, false): self = .int64
      case (8, true): self = .uint64
      default: return nil
      }
    case H5T_FLOAT:
      let known: [HDF5Type] = [.float32, .float64, .float16, .bfloat16]
      guard let match = known.first(where: { $0.withFileType { H5Tequal(id, $0) } > 0 }) else { return nil }
      self = match
    default: return nil
    }
  }
}
