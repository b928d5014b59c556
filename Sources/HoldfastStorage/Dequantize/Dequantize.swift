/// The elements of blocks: numbers of few bits that share scales.
///
/// An element is `code * scale`, in some formats `code * scale + offset`. Every product and sum is rounded on its own, in
/// the order of gguf-py, so the values equal gguf-py's to the bit. The layouts are those of `ggml-common.h`. The inner loops
/// have fixed lengths and no branches, so that the compiler turns them into vector code.
///
/// Callers guarantee that the input holds whole blocks and the output as many elements.
enum Dequantize {
  /// Where the float32 go.
  typealias Output = UnsafeMutablePointer<Float>
  /// Where codes go.
  typealias Codes = UnsafeMutablePointer<Int8>

  /// What a block is taken apart into: a code for each element, and a scale, in some formats an offset, for each group.
  struct Parts {
    var codes: Codes
    var scales: Output
    var offsets: Output
  }

  /// A binary16 as float32, exactly: its significand as an integer times a power of two.
  ///
  /// Neither factor nor product is ever subnormal, so flush-to-zero modes do no harm; there is no comparison, so loops
  /// become vector code. Infinities and NaN get the largest exponent afterwards.
  @inline(__always)
  static func float(half: UInt16) -> Float {
    let bits = UInt32(half)
    let exponent = bits &>> 10 & 31
    let isNormal = (exponent &+ 31) &>> 5
    let isSpecial = (exponent &+ 1) &>> 5
    let significand = Float(Int32(bitPattern: bits & 0x03FF | isNormal &<< 10))
    let value = significand * Float(bitPattern: (exponent &- isNormal &+ 103) &<< 23)
    return Float(
      bitPattern: value.bitPattern | (0 &- isSpecial) & 0x7F80_0000 | (bits & 0x8000) &<< 16)
  }

  /// The little-endian binary16 at a byte of a block.
  @inline(__always)
  static func half(_ block: UnsafeRawPointer, at byte: Int) -> Float {
    float(half: UInt16(littleEndian: block.loadUnaligned(fromByteOffset: byte, as: UInt16.self)))
  }

  /// The byte at a place of a block.
  @inline(__always)
  static func byte(_ block: UnsafeRawPointer, at place: Int) -> UInt8 {
    block.load(fromByteOffset: place, as: UInt8.self)
  }
}
