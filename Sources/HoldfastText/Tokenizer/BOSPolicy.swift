/// Whether a beginning-of-sequence token is put before a text.
public enum BOSPolicy: String, Sendable, Hashable, CaseIterable {
  /// What the tokenizer's own configuration does: SmolLM2 adds nothing, Llama adds its BOS, some add an end token too.
  case automatic
  /// Its BOS and nothing else; an error for a tokenizer without one.
  case always
  /// Nothing before and nothing behind the text.
  case never
}
