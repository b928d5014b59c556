internal import CHoldfastKernels

/// How a compact matrix writes its numbers. Each becomes the float32 that dequantising gives, to the bit.
public enum CompactCoding: Sendable, Hashable {
  /// `q * scale + offset`, q of four bits.
  case nibbles
  /// `(q - 8) * scale`, q of four bits.
  case signedNibbles
  /// `q * scale`, q a signed byte.
  case bytes
  /// `q * scale + offset`, q a signed byte.
  case offsetBytes
  /// IEEE binary16.
  case halves
  /// bfloat16.
  case brains

  /// Whether a scale is followed by an offset.
  public var hasOffsets: Bool { self == .nibbles || self == .offsetBytes }
  /// Whether there are scales.
  public var hasScales: Bool { self != .halves && self != .brains }

  /// The bytes of a code before it is packed.
  var codeBytes: Int { hasScales ? 1 : 2 }

  /// The bytes of some packed codes.
  func bytes(_ count: Int) -> Int {
    switch self {
    case .nibbles, .signedNibbles: count / 2
    case .bytes, .offsetBytes: count
    case .halves, .brains: 2 * count
    }
  }

  var kernelCoding: holdfast_coding {
    switch self {
    case .nibbles: HOLDFAST_NIBBLES
    case .signedNibbles: HOLDFAST_SIGNED_NIBBLES
    case .bytes: HOLDFAST_BYTES
    case .offsetBytes: HOLDFAST_OFFSET_BYTES
    case .halves: HOLDFAST_HALVES
    case .brains: HOLDFAST_BRAINS
    }
  }
}

/// The coding of a matrix and how many successive numbers of a row share a scale: 16 or 32, or 0 without scales.
public struct CompactForm: Sendable, Hashable {
  /// How numbers are written.
  public var coding: CompactCoding
  /// Successive numbers of a row that share a scale.
  public var group: Int

  /// Makes a form.
  public init(coding: CompactCoding, group: Int) {
    self.coding = coding
    self.group = group
  }

  /// The groups of a row of so many numbers.
  func groups(_ inputs: Int) -> Int { group > 0 ? inputs / group : 0 }
}

/// Where one row of a matrix goes when it is taken apart.
public struct CompactRow {
  /// A byte for each number, or two without scales.
  public let codes: UnsafeMutablePointer<UInt8>
  /// A scale for each group.
  public let scales: UnsafeMutablePointer<Float>
  /// An offset for each group; not to be written where the coding has none.
  public let offsets: UnsafeMutablePointer<Float>

  /// Names the room for a row.
  public init(
    codes: UnsafeMutablePointer<UInt8>, scales: UnsafeMutablePointer<Float>,
    offsets: UnsafeMutablePointer<Float>
  ) {
    (self.codes, self.scales, self.offsets) = (codes, scales, offsets)
  }
}

extension CompactRow {
  /// Whether every number of a row of so many is finite.
  public func isFinite(inputs: Int, _ form: CompactForm) -> Bool {
    guard form.coding.hasScales else {
      let exponent: UInt16 = form.coding == .halves ? 0x7c00 : 0x7f80
      let bits = UnsafeRawPointer(codes)
      for i in 0..<inputs where bits.load(fromByteOffset: 2 * i, as: UInt16.self) & exponent == exponent {
        return false
      }
      return true
    }
    // A code of at most 7 bits times a scale stays finite unless the scale is close to the largest number.
    for g in 0..<form.groups(inputs) {
      guard abs(scales[g]) < 1e30 else { return false }
      if form.coding.hasOffsets, !(abs(offsets[g]) < 1e30) { return false }
    }
    return true
  }
}
