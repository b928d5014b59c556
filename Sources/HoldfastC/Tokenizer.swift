// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase
// The documentation is in include/holdfast/tokenizer.h.
public import CHoldfast
import Holdfast

/// A tokenizer, alive without its model.
final class TokenizerHandle: Handle, @unchecked Sendable {
  override class var type: String { "holdfast_tokenizer" }
  let tokenizer: Tokenizer

  init(_ tokenizer: Tokenizer) { self.tokenizer = tokenizer }
}

/// The policies in the order of `holdfast_bos_policy`.
let bosPolicies: [BOSPolicy] = [.automatic, .always, .never]

@c @implementation
public func holdfast_model_tokenizer(
  _ model: OpaquePointer?, _ tokenizer: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(tokenizer, "tokenizer")
    let handle = try handle(model, "model", as: ModelHandle.self)
    try output.set(TokenizerHandle(handle.model.tokenizer))
  }
}

@c @implementation
public func holdfast_tokenizer_free(_ tokenizer: OpaquePointer?) {
  HandleTable.remove(tokenizer, TokenizerHandle.self)
}

@c @implementation
public func holdfast_tokenizer_vocabulary_size(_ tokenizer: OpaquePointer?) -> Int {
  known(tokenizer, as: TokenizerHandle.self)?.tokenizer.vocabularySize ?? 0
}

@c @implementation
public func holdfast_tokenizer_bos_token(_ tokenizer: OpaquePointer?) -> Int32 {
  known(tokenizer, as: TokenizerHandle.self)?.tokenizer.bosToken ?? -1
}

@c @implementation
public func holdfast_tokenizer_eos_token(_ tokenizer: OpaquePointer?) -> Int32 {
  known(tokenizer, as: TokenizerHandle.self)?.tokenizer.eosToken ?? -1
}

@c @implementation
public func holdfast_tokenizer_encode(
  _ tokenizer: OpaquePointer?, _ text: UnsafePointer<CChar>?, _ length: Int, _ bos: holdfast_bos_policy,
  _ parseSpecial: Int32, _ tokens: UnsafeMutablePointer<UnsafeMutablePointer<Int32>?>?,
  _ tokenCount: UnsafeMutablePointer<Int>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    tokenCount?.pointee = 0
    let array = try Output(tokens, "tokens", empty: nil)
    let count = try Output(tokenCount, "token_count", empty: 0)
    let handle = try handle(tokenizer, "tokenizer", as: TokenizerHandle.self)
    let text = try textArgument(text, length: length, "text")
    let policy = try choice(Int32(truncatingIfNeeded: bos.rawValue), "bos", bosPolicies)
    let special = try flag(parseSpecial, "parse_special")
    let ids = try handle.tokenizer.encode(text, bos: policy, parseSpecial: special)
    array.set(try allocateArray(ids))
    count.set(ids.count)
  }
}

@c @implementation
public func holdfast_tokenizer_decode(
  _ tokenizer: OpaquePointer?, _ tokens: UnsafePointer<Int32>?, _ tokenCount: Int, _ skipSpecial: Int32,
  _ text: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ length: UnsafeMutablePointer<Int>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    length?.pointee = 0
    let output = try Output(text, "text", empty: nil)
    let handle = try handle(tokenizer, "tokenizer", as: TokenizerHandle.self)
    let tokens = try elements(tokens, tokenCount, "tokens")
    let decoded = try handle.tokenizer.decode(tokens, skipSpecial: try flag(skipSpecial, "skip_special"))
    output.set(try allocateString(decoded))
    length?.pointee = decoded.utf8.count
  }
}

extension Tokenizer {
  /// Size and special tokens.
  var infoJSON: JSON {
    [
      "vocabulary_size": .int(vocabularySize), "bos_token": bosToken.map { .integer(Int64($0)) } ?? .null,
      "eos_token": eosToken.map { .integer(Int64($0)) } ?? .null, "adds_bos": .bool(addsBOS),
    ]
  }
}
