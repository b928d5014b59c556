/// What the elements of an ``NDArray`` are; the raw value is the `holdfast_dtype` of `include/holdfast/dtype.h`.
///
/// The engine computes in float32, so the set is what meets it: the types weights are stored in, float64 as the type of
/// references and statistics, the integers that tokens, labels and indices come in, uint8 for bytes and bool for masks.
public enum ElementType: Int32, Sendable, CaseIterable {
  /// IEEE 754 binary32: the type of every computation.
  case float32 = 0
  /// IEEE 754 binary16.
  case float16 = 1
  /// The upper half of a binary32.
  case bfloat16 = 2
  /// IEEE 754 binary64.
  case float64 = 3
  /// Signed, 32 bits.
  case int32 = 4
  /// Signed, 64 bits.
  case int64 = 5
  /// Unsigned, 8 bits.
  case uint8 = 6
  /// One byte: 0 is false, anything else true.
  case bool = 7

  /// The bytes of an element, which it is also aligned to.
  public var size: Int {
    switch self {
    case .float32, .int32: 4
    case .float16, .bfloat16: 2
    case .float64, .int64: 8
    case .uint8, .bool: 1
    }
  }

  /// The name NumPy and PyTorch give it.
  public var name: String { String(describing: self) }

  /// Whether float32 holds every value of the type, so that an operation may widen it without being asked.
  public var widens: Bool {
    switch self {
    case .float32, .float16, .bfloat16, .uint8, .bool: true
    case .float64, .int32, .int64: false
    }
  }
}
