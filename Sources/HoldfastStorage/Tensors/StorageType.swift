/// How the elements of a tensor are stored in a file.
///
/// The block formats are those of GGML; the numbers are those of `ggml.h`, to which the plain types of safetensors
/// that GGML lacks are added without a number.
public struct StorageType: Hashable, Sendable, CustomStringConvertible {
  /// The name in the format's own spelling: `F32`, `Q4_1`, `I64`.
  public let name: String
  /// How many elements a block holds; 1 for plain types.
  public let blockElements: Int
  /// How many bytes a block takes.
  public let blockBytes: Int
  /// The reader of floating-point elements, for the types this version dequantises.
  let decoder: Decoder?

  /// The element formats that can be turned into float32.
  enum Decoder: Sendable, Hashable {
    case f32, f16, bf16, f64
    case blocks(BlockForm)
  }

  private init(_ name: String, _ elements: Int, _ bytes: Int, _ decoder: Decoder? = nil) {
    self.name = name
    blockElements = elements
    blockBytes = bytes
    self.decoder = decoder
  }

  private init(_ name: String, _ form: BlockForm) {
    self.init(name, form.elements, form.bytes, .blocks(form))
  }

  /// IEEE 754 binary32.
  public static let f32 = StorageType("F32", 1, 4, .f32)
  /// IEEE 754 binary16.
  public static let f16 = StorageType("F16", 1, 2, .f16)
  /// The upper half of a binary32: 1 sign, 8 exponent and 7 fraction bits.
  public static let bf16 = StorageType("BF16", 1, 2, .bf16)
  /// 32 signed bytes with a float16 scale.
  public static let q8x0 = StorageType("Q8_0", .q8x0)
  /// 32 four-bit numbers less 8, with a float16 scale.
  public static let q4x0 = StorageType("Q4_0", .q4x0)
  /// 32 four-bit numbers with a float16 scale and a float16 minimum.
  public static let q4x1 = StorageType("Q4_1", .q4x1)
  /// 32 five-bit numbers less 16, with a float16 scale.
  public static let q5x0 = StorageType("Q5_0", .q5x0)
  /// 32 five-bit numbers with a float16 scale and a float16 minimum.
  public static let q5x1 = StorageType("Q5_1", .q5x1)
  /// 256 two-bit numbers; groups of 16 with four-bit scales and minima.
  public static let q2k = StorageType("Q2_K", .q2k)
  /// 256 three-bit numbers; groups of 16 with six-bit scales.
  public static let q3k = StorageType("Q3_K", .q3k)
  /// 256 four-bit numbers; groups of 32 with six-bit scales and minima.
  public static let q4k = StorageType("Q4_K", .q4k)
  /// 256 five-bit numbers; groups of 32 with six-bit scales and minima.
  public static let q5k = StorageType("Q5_K", .q5k)
  /// 256 six-bit numbers; groups of 16 with eight-bit scales.
  public static let q6k = StorageType("Q6_K", .q6k)
  /// 32 four-bit places in a table of unevenly spaced values, with a float16 scale.
  public static let iq4nl = StorageType("IQ4_NL", .iq4nl)
  /// 256 elements as in IQ4_NL; groups of 32 with six-bit scales.
  public static let iq4xs = StorageType("IQ4_XS", .iq4xs)
  /// IEEE 754 binary64; read rounded to float32.
  public static let f64 = StorageType("F64", 1, 8, .f64)
  /// Signed 64-bit integers.
  public static let i64 = StorageType("I64", 1, 8)
  /// Signed 32-bit integers.
  public static let i32 = StorageType("I32", 1, 4)
  /// Signed 16-bit integers.
  public static let i16 = StorageType("I16", 1, 2)
  /// Signed bytes.
  public static let i8 = StorageType("I8", 1, 1)

  /// Whether the elements are floating-point numbers that this version turns into float32.
  public var isReadable: Bool { decoder != nil }

  /// The types whose elements can be read, for messages.
  public static let readableNames =
    "F32, F16, BF16, F64, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL and IQ4_XS"

  /// The name.
  public var description: String { name }
}

extension StorageType {
  /// The type with this number in a GGUF file.
  static func ggml(_ number: UInt32) -> StorageType? { ggmlTypes[number] }

  private static let ggmlTypes: [UInt32: StorageType] = [
    0: .f32, 1: .f16, 2: .q4x0, 3: .q4x1, 6: .q5x0, 7: .q5x1, 8: .q8x0, 10: .q2k, 11: .q3k, 12: .q4k,
    13: .q5k,
    14: .q6k, 20: .iq4nl, 23: .iq4xs, 24: .i8, 25: .i16, 26: .i32, 27: .i64, 28: .f64, 30: .bf16,
    9: StorageType("Q8_1", 32, 36), 15: StorageType("Q8_K", 256, 292),
    16: StorageType("IQ2_XXS", 256, 66), 17: StorageType("IQ2_XS", 256, 74),
    18: StorageType("IQ3_XXS", 256, 98), 19: StorageType("IQ1_S", 256, 50),
    21: StorageType("IQ3_S", 256, 110), 22: StorageType("IQ2_S", 256, 82), 29: StorageType("IQ1_M", 256, 56),
    34: StorageType("TQ1_0", 256, 54), 35: StorageType("TQ2_0", 256, 66), 39: StorageType("MXFP4", 32, 17),
  ]

  /// The type with this name in a safetensors file.
  static func safetensors(_ name: ByteString) -> StorageType? { safetensorsTypes[name] }

  private static let safetensorsTypes: [ByteString: StorageType] = [
    "F32": .f32, "F16": .f16, "BF16": .bf16, "F64": .f64, "I64": .i64, "I32": .i32, "I16": .i16, "I8": .i8,
    "U64": StorageType("U64", 1, 8), "U32": StorageType("U32", 1, 4), "U16": StorageType("U16", 1, 2),
    "U8": StorageType("U8", 1, 1), "BOOL": StorageType("BOOL", 1, 1),
    "F8_E4M3": StorageType("F8_E4M3", 1, 1), "F8_E5M2": StorageType("F8_E5M2", 1, 1),
  ]
}
