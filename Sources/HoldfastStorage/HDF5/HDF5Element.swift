/// A Swift number that HDF5 can read and write.
public protocol HDF5Element: BitwiseCopyable, Sendable {
  /// The type it has in a file.
  static var hdf5Type: HDF5Type { get }
}

extension Float: HDF5Element {
  /// Stored as `float32`.
  public static var hdf5Type: HDF5Type { .float32 }
}

extension Double: HDF5Element {
  /// Stored as `float64`.
  public static var hdf5Type: HDF5Type { .float64 }
}

extension Int8: HDF5Element {
  /// Stored as `int8`.
  public static var hdf5Type: HDF5Type { .int8 }
}

extension UInt8: HDF5Element {
  /// Stored as `uint8`.
  public static var hdf5Type: HDF5Type { .uint8 }
}

extension Int32: HDF5Element {
  /// Stored as `int32`.
  public static var hdf5Type: HDF5Type { .int32 }
}

extension Int64: HDF5Element {
  /// Stored as `int64`.
  public static var hdf5Type: HDF5Type { .int64 }
}

extension UInt64: HDF5Element {
  /// Stored as `uint64`.
  public static var hdf5Type: HDF5Type { .uint64 }
}
