/// Counts the numbers that are NaN or infinite among those of a dataset, from their bits.
struct NonFinite {
  private let type: HDF5Type
  private(set) var nans = 0
  private(set) var infinities = 0
  private(set) var firstNaN: Int?
  private(set) var firstInfinity: Int?

  init(_ type: HDF5Type) { self.type = type }

  /// Looks at elements as they are in the file; `first` is the place of the first of them in the dataset.
  mutating func look(at bytes: UnsafeRawBufferPointer, first: Int) {
    switch type {
    case .float32: look(at: bytes, first, infinity: Float.infinity.bitPattern, sign: 1 << 31)
    case .float64: look(at: bytes, first, infinity: Double.infinity.bitPattern, sign: 1 << 63)
    case .float16: look(at: bytes, first, infinity: UInt16(0x7C00), sign: 1 << 15)
    case .bfloat16: look(at: bytes, first, infinity: UInt16(0x7F80), sign: 1 << 15)
    default: return
    }
  }

  /// Without its sign, a number is finite below infinity, and NaN beyond.
  private mutating func look<Bits: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
    at bytes: UnsafeRawBufferPointer, _ first: Int, infinity: Bits, sign: Bits
  ) {
    let size = MemoryLayout<Bits>.size
    for i in 0..<(bytes.count / size) {
      let bits = Bits(littleEndian: bytes.loadUnaligned(fromByteOffset: i * size, as: Bits.self)) & ~sign
      if bits < infinity { continue }
      if bits == infinity {
        infinities += 1
        firstInfinity = firstInfinity ?? first + i
      } else {
        nans += 1
        firstNaN = firstNaN ?? first + i
      }
    }
  }
}
