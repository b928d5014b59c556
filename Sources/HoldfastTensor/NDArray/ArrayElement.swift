/// How the elements of a type are read and written, by way of the two types that hold all others exactly.
protocol ArrayElement: BitwiseCopyable, SendableMetatype {
  /// Whether ``integer`` holds the value, rather than ``double``.
  static var isInteger: Bool { get }
  var double: Double { get }
  var integer: Int64 { get }
  /// The nearest value, ties to even; for integers towards zero, NaN as 0 and what is out of range as the nearest end.
  init(nearest value: Double)
  /// For floats the nearest value, ties to even; for integers the low bits.
  init(low value: Int64)
}

extension ArrayElement where Self: FixedWidthInteger {
  static var isInteger: Bool { true }
  var double: Double { Double(self) }
  var integer: Int64 { Int64(truncatingIfNeeded: self) }
  init(nearest value: Double) {
    if value.isNaN {
      self = 0
    } else {
      self = Self(exactly: value.rounded(.towardZero)) ?? (value < 0 ? .min : .max)
    }
  }
  init(low value: Int64) { self.init(truncatingIfNeeded: value) }
}

extension Int32: ArrayElement {}
extension Int64: ArrayElement {}
extension UInt8: ArrayElement {}

extension Double: ArrayElement {
  static var isInteger: Bool { false }
  var double: Double { self }
  var integer: Int64 { 0 }
  init(nearest value: Double) { self = value }
  init(low value: Int64) { self.init(value) }
}

extension Float: ArrayElement {
  static var isInteger: Bool { false }
  var double: Double { Double(self) }
  var integer: Int64 { 0 }
  init(nearest value: Double) { self.init(value) }
  init(low value: Int64) { self.init(value) }
}

/// A truth value as C has it.
struct TruthByte: ArrayElement {
  let byte: UInt8
  static var isInteger: Bool { true }
  var double: Double { byte == 0 ? 0 : 1 }
  var integer: Int64 { byte == 0 ? 0 : 1 }
  init(nearest value: Double) { byte = value == 0 ? 0 : 1 }
  init(low value: Int64) { byte = value == 0 ? 0 : 1 }
}

/// A binary16.
struct Float16Bits: ArrayElement {
  let bits: UInt16
  static var isInteger: Bool { false }
  var double: Double { Double(HalfFloat.value(float16: bits)) }
  var integer: Int64 { 0 }
  init(nearest value: Double) { bits = HalfFloat.float16(value.roundedToOdd) }
  init(low value: Int64) { self.init(nearest: value.roundedToOdd) }
}

/// The upper half of a binary32.
struct BFloat16Bits: ArrayElement {
  let bits: UInt16
  static var isInteger: Bool { false }
  var double: Double { Double(HalfFloat.value(bfloat16: bits)) }
  var integer: Int64 { 0 }
  init(nearest value: Double) { bits = HalfFloat.bfloat16(value.roundedToOdd) }
  init(low value: Int64) { self.init(nearest: value.roundedToOdd) }
}

extension Double {
  /// As float32, where an inexact value takes the neighbour with an odd last bit: rounding that once more, to far fewer
  /// bits, gives what rounding the value itself would have given.
  fileprivate var roundedToOdd: Float {
    let nearest = Float(self)
    let back = Double(nearest)
    guard back != self, !isNaN else { return nearest }
    let truncated = back.magnitude > magnitude ? (self < 0 ? nearest.nextUp : nearest.nextDown) : nearest
    return Float(bitPattern: truncated.bitPattern | 1)
  }
}

extension Int64 {
  /// As float64, by the same rule.
  fileprivate var roundedToOdd: Double {
    guard magnitude > 1 << 53 else { return Double(self) }
    let kept = (magnitude & ~0x7FF) | (magnitude & 0x7FF == 0 ? 0 : 0x400)
    return self < 0 ? -Double(kept) : Double(kept)
  }
}
