import HoldfastModel
import HoldfastStorage

/// What a checkpoint remembers of the examples it was trained on, so that it goes on with the same ones only.
enum DataFingerprint {
  /// SHA-256 over each example's length, tokens and labels, as little-endian 32-bit integers, in hexadecimal.
  static func sha256(_ examples: [TrainingSequence]) -> String {
    var hash = SHA256()
    for example in examples {
      var bytes: [UInt8] = []
      bytes.reserveCapacity(4 + 8 * example.tokens.count)
      append(UInt32(truncatingIfNeeded: example.tokens.count), to: &bytes)
      for token in example.tokens { append(UInt32(bitPattern: token), to: &bytes) }
      for label in example.labels { append(UInt32(bitPattern: label), to: &bytes) }
      hash.update(bytes)
    }
    return hash.hex
  }

  private static func append(_ value: UInt32, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
}
