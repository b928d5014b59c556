public import HoldfastTensor

extension StoredTensor {
  /// Writes rows as float32: `[rows.count, width]`, row-major.
  ///
  /// Many threads may call this at once. The type must be readable (`checkReadable`), `rows` must lie within
  /// `0..<rowCount` and `output` must hold `rows.count * width` elements: these are the caller's to check, and
  /// preconditions here. The values equal those of gguf-py to the bit.
  public func dequantize(rows: Range<Int>, into output: UnsafeMutableBufferPointer<Float>) {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= rowCount, "rows outside the tensor")
    precondition(output.count >= rows.count * width, "the output is too small")
    let rowBytes = width / type.blockElements * type.blockBytes
    guard rowBytes > 0, !rows.isEmpty, let base = file.bytes.baseAddress, let out = output.baseAddress,
      let decoder = type.decoder
    else {
      precondition(type.isReadable, "the type cannot be read")
      return
    }
    let input = base + offset + rows.lowerBound * rowBytes
    let blocks = rows.count * (width / type.blockElements)
    switch decoder {
    case .f32: UnsafeMutableRawPointer(out).copyMemory(from: input, byteCount: blocks * 4)
    case .f16: Dequantize.f16(input, blocks, out)
    case .bf16: Dequantize.bf16(input, blocks, out)
    case .q8x0: Dequantize.q8x0(input, blocks, out)
    case .q4x0: Dequantize.q4x0(input, blocks, out)
    case .q4x1: Dequantize.q4x1(input, blocks, out)
    }
    withExtendedLifetime(file) {}
  }

  /// All elements as float32, or `unsupported` when the type cannot be read.
  public func values() throws(HoldfastError) -> [Float] {
    try checkReadable()
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      dequantize(rows: 0..<rowCount, into: buffer)
      initialized = count
    }
  }
}

/// One loop per type: `blocks` blocks (or elements) from `input` to float32 at `out`.
enum Dequantize {
  /// A binary16 as float32, exactly; integer arithmetic except for subnormals, so flush-to-zero modes do no harm.
  @inline(__always)
  static func float(half: UInt16) -> Float {
    let magnitude = UInt32(half & 0x7FFF)
    let sign = UInt32(half & 0x8000) << 16
    if magnitude < 0x0400 {
      let value = Float(Int32(magnitude)) * 0x1p-24
      return Float(bitPattern: value.bitPattern | sign)
    }
    let bias: UInt32 = magnitude >= 0x7C00 ? 224 << 23 : 112 << 23
    return Float(bitPattern: sign | ((magnitude << 13) &+ bias))
  }

  static func f16(_ input: UnsafeRawPointer, _ count: Int, _ out: UnsafeMutablePointer<Float>) {
    for i in 0..<count {
      out[i] = float(half: UInt16(littleEndian: input.loadUnaligned(fromByteOffset: 2 &* i, as: UInt16.self)))
    }
  }

  static func bf16(_ input: UnsafeRawPointer, _ count: Int, _ out: UnsafeMutablePointer<Float>) {
    for i in 0..<count {
      let bits = UInt16(littleEndian: input.loadUnaligned(fromByteOffset: 2 &* i, as: UInt16.self))
      out[i] = Float(bitPattern: UInt32(bits) << 16)
    }
  }

  /// float16 d, 32 signed bytes q: `q * d`.
  static func q8x0(_ input: UnsafeRawPointer, _ blocks: Int, _ out: UnsafeMutablePointer<Float>) {
    for b in 0..<blocks {
      let block = input + b &* 34
      let y = out + b &* 32
      let scale = float(half: UInt16(littleEndian: block.loadUnaligned(as: UInt16.self)))
      for i in 0..<32 {
        y[i] = Float(Int32(block.load(fromByteOffset: 2 &+ i, as: Int8.self))) * scale
      }
    }
  }

  /// float16 d, 16 bytes: element i is the low nibble of byte i, element i + 16 its high one: `(q - 8) * d`.
  static func q4x0(_ input: UnsafeRawPointer, _ blocks: Int, _ out: UnsafeMutablePointer<Float>) {
    for b in 0..<blocks {
      let block = input + b &* 18
      let y = out + b &* 32
      let scale = float(half: UInt16(littleEndian: block.loadUnaligned(as: UInt16.self)))
      for i in 0..<16 {
        let q = block.load(fromByteOffset: 2 &+ i, as: UInt8.self)
        y[i] = Float(Int32(q & 15) &- 8) * scale
        y[i &+ 16] = Float(Int32(q >> 4) &- 8) * scale
      }
    }
  }

  /// float16 d, float16 m, 16 bytes laid out as in `q4x0`: `q * d + m`, rounded twice.
  static func q4x1(_ input: UnsafeRawPointer, _ blocks: Int, _ out: UnsafeMutablePointer<Float>) {
    for b in 0..<blocks {
      let block = input + b &* 20
      let y = out + b &* 32
      let scale = float(half: UInt16(littleEndian: block.loadUnaligned(as: UInt16.self)))
      let minimum = float(half: UInt16(littleEndian: block.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
      for i in 0..<16 {
        let q = block.load(fromByteOffset: 4 &+ i, as: UInt8.self)
        y[i] = Float(Int32(q & 15)) * scale + minimum
        y[i &+ 16] = Float(Int32(q >> 4)) * scale + minimum
      }
    }
  }
}
