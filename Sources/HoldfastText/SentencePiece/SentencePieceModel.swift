import HoldfastStorage
import HoldfastTensor

/// What a SentencePiece `tokenizer.model` holds, as far as it is needed to encode (sentencepiece_model.proto).
struct SentencePieceModel {
  /// What a piece is.
  enum Kind: UInt64 {
    case normal = 1
    case unknown, control, userDefined, unused, byte
  }

  /// How pieces are found.
  enum Algorithm: UInt64 {
    case unigram = 1
    case bytePair, word, character
  }

  /// One piece; its place is its id.
  struct Piece {
    var text = ByteString("")
    var score: Float = 0
    var kind = Kind.normal
  }

  var pieces: [Piece] = []
  var algorithm = Algorithm.unigram
  var normalizer = SentencePieceNormalizer()
  var fallsBackToBytes = false
  var (unknown, bos, eos): (Int32, Int32, Int32) = (0, 1, 2)

  /// Reads the file at `path`. Throws `corruptData` naming the byte.
  init(path: String) throws(HoldfastError) {
    let file = try MappedFile(path: path)
    defer { withExtendedLifetime(file) {} }
    try self.init(file.bytes, name: path)
  }

  /// Reads a model from its bytes.
  init(_ bytes: UnsafeRawBufferPointer, name: String) throws(HoldfastError) {
    var reader = ProtocolBuffer(bytes, 0..<bytes.count, name: name)
    while let (field, value) = try reader.next() {
      guard case .bytes(let range) = value else { continue }
      switch field {
      case 1: pieces.append(try Self.piece(bytes, range, name))
      case 2: try readTrainer(bytes, range, name)
      case 3: try readNormalizer(bytes, range, name)
      default: break
      }
    }
    guard !pieces.isEmpty else { throw reader.corrupt("there are no pieces") }
    normalizer.untouched = pieces.filter { $0.kind == .userDefined }.map(\.text)
  }

  private static func piece(
    _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ name: String
  ) throws(HoldfastError) -> Piece {
    var piece = Piece()
    var reader = ProtocolBuffer(bytes, range, name: name)
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (1, .bytes(let text)): piece.text = ByteString(bytes[text])
      case (2, .fixed32(let bits)): piece.score = Float(bitPattern: bits)
      case (3, .number(let kind)):
        guard let known = Kind(rawValue: kind) else {
          throw reader.corrupt("a piece is of kind \(kind); kinds are 1 to 6")
        }
        piece.kind = known
      default: break
      }
    }
    guard piece.text.validText != nil else { throw reader.corrupt("a piece is not UTF-8") }
    return piece
  }

  private mutating func readTrainer(
    _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ name: String
  ) throws(HoldfastError) {
    var reader = ProtocolBuffer(bytes, range, name: name)
    while let (field, value) = try reader.next() {
      guard case .number(let number) = value else { continue }
      switch field {
      case 3:
        guard let known = Algorithm(rawValue: number) else {
          throw reader.corrupt("the model is of type \(number)")
        }
        algorithm = known
      case 24: normalizer.putsSpaceBehind = number != 0
      case 35: fallsBackToBytes = number != 0
      case 40: unknown = Int32(truncatingIfNeeded: number)
      case 41: bos = Int32(truncatingIfNeeded: number)
      case 42: eos = Int32(truncatingIfNeeded: number)
      default: break
      }
    }
  }

  private mutating func readNormalizer(
    _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ name: String
  ) throws(HoldfastError) {
    var reader = ProtocolBuffer(bytes, range, name: name)
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (2, .bytes(let map)):
        if !map.isEmpty { normalizer.map = try CharactersMap(Array(bytes[map]), name: name) }
      case (3, .number(let number)): normalizer.addsDummyPrefix = number != 0
      case (4, .number(let number)): normalizer.removesExtraSpaces = number != 0
      case (5, .number(let number)): normalizer.escapesSpaces = number != 0
      default: break
      }
    }
  }
}
