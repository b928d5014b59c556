// Holds the tokenizer's place so that the rooms above compile; delete this file when Tokenizer lands.
public import HoldfastStorage
public import HoldfastTensor

/// Whether a beginning-of-sequence token is put before a text.
public enum BOSPolicy: String, Sendable { case automatic, always, never }

/// The tokenizer's interface.
public final class Tokenizer: Sendable {
  /// The end-of-sequence token.
  public var eosToken: Int32? { nil }
  /// The beginning-of-sequence token.
  public var bosToken: Int32? { nil }
  /// Reads a GGUF file's tokenizer.
  public init(gguf: GGUFFile) throws(HoldfastError) {}
  /// Reads a Hugging Face directory's tokenizer.
  public init(huggingFaceDirectory: String) throws(HoldfastError) {}
  /// Reads a stored tokenizer.
  public init(serialized: JSON) throws(HoldfastError) {}
  /// All that is needed to make it again.
  public func serialized() -> JSON { [:] }
  /// Text to tokens.
  public func encode(
    _ text: String, bos: BOSPolicy = .automatic, parseSpecial: Bool = true
  ) throws(HoldfastError) -> [Int32] { throw HoldfastError(.unsupported, "the tokenizer is not here yet") }
  /// Tokens to text.
  public func decode(_ ids: [Int32], skipSpecial: Bool = false) throws(HoldfastError) -> String {
    throw HoldfastError(.unsupported, "the tokenizer is not here yet")
  }
}
