import HoldfastTensor

/// How float32 values are written to a file: as they are, or rounded to 16 bits.
public enum FloatPrecision: String, Sendable, CaseIterable {
  /// IEEE 754 binary32: nothing is lost.
  case float32
  /// IEEE 754 binary16: 11 significant bits, largest value 65504.
  case float16
  /// The upper half of a binary32: 8 significant bits, the range of float32.
  case bfloat16

  /// The bytes an element takes.
  public var elementBytes: Int { self == .float32 ? 4 : 2 }

  /// The type a tensor of this precision has in a file.
  public var storageType: StorageType {
    switch self {
    case .float32: .f32
    case .float16: .f16
    case .bfloat16: .bf16
    }
  }

  /// The type a dataset of this precision has in HDF5.
  public var hdf5Type: HDF5Type {
    switch self {
    case .float32: .float32
    case .float16: .float16
    case .bfloat16: .bfloat16
    }
  }

  /// The index of the first finite value that rounds to an infinity.
  public func firstOverflow(in values: UnsafeBufferPointer<Float>) -> Int? {
    let limit: Float
    switch self {
    case .float32: return nil
    case .float16: limit = 65520
    case .bfloat16: limit = 0x1.FFp127
    }
    return values.firstIndex { abs($0) >= limit && $0.isFinite }
  }

  /// Hands over the little-endian bytes of values, piece by piece, rounded to the nearest, ties to even.
  ///
  /// NaN stays NaN; what lies beyond the range becomes infinite.
  func encode(
    _ values: UnsafeBufferPointer<Float>, _ put: (UnsafeRawBufferPointer) throws(HoldfastError) -> Void
  ) throws(HoldfastError) {
    guard self != .float32 else { return try put(UnsafeRawBufferPointer(values)) }
    let step = 1 << 16
    for start in stride(from: 0, to: values.count, by: step) {
      let piece = values[start..<min(start + step, values.count)]
      let bits =
        self == .bfloat16
        ? piece.map { HalfFloat.bfloat16($0).littleEndian } : piece.map { HalfFloat.float16($0).littleEndian }
      try bits.withUnsafeBufferPointer { buffer throws(HoldfastError) in
        try put(UnsafeRawBufferPointer(buffer))
      }
    }
  }
}
