public import HoldfastTensor
import HoldfastText

/// How the next token is chosen.
public struct SamplingOptions: Sendable {
  /// New tokens at most.
  public var maxTokens = 64
  /// Divides the logits; 0 takes the likeliest token always.
  public var temperature: Float = 0
  /// Only the likeliest tokens that together have this probability are drawn from.
  public var topP: Float = 1
  /// The seed of the draw; the same seed, prompt and options give the same text.
  public var seed: UInt64 = 0
  /// Texts that end the generation; the text before the first of them is kept.
  public var stop: [String] = []

  /// Greedy decoding of 64 tokens.
  public init() {}

  /// Throws `invalidArgument` naming the first option that makes no sense.
  public func validate() throws(HoldfastError) {
    func check(_ good: Bool, _ what: String) throws(HoldfastError) {
      guard good else { throw HoldfastError(.invalidArgument, what) }
    }
    try check(maxTokens > 0, "the number of new tokens is \(maxTokens); it must be positive")
    try check(
      temperature.isFinite && temperature >= 0, "the temperature is \(temperature); it must be 0 or more")
    try check(topP > 0 && topP <= 1, "top-p is \(topP); it must be above 0 and at most 1")
  }
}

/// A generated text.
public struct Generation: Sendable {
  /// Why it ended.
  public enum End: String, Sendable { case endOfSequence = "end-of-sequence", stop, length }
  /// The new tokens, without the end-of-sequence token.
  public var tokens: [Int32]
  /// Their text, cut before a stop text.
  public var text: String
  /// Why it ended.
  public var end: End
}

extension Session {
  /// Generates a continuation of a prompt.
  ///
  /// - Parameter onText: sees each new piece of text as soon as its characters are complete; returning `false` cancels.
  /// - Throws: `invalidArgument`, `contextLength` when the prompt alone fills the context, `cancelled`.
  public func generate(
    _ prompt: [Int32], options: SamplingOptions, onText: ((String) -> Bool)? = nil
  ) throws(HoldfastError) -> Generation {
    try options.validate()
    guard !prompt.isEmpty else { throw HoldfastError(.invalidArgument, "the prompt has no tokens") }
    let limit = model.configuration.contextLength
    guard prompt.count < limit else {
      throw HoldfastError(
        .contextLength, "a prompt of \(prompt.count) tokens leaves no room in the model's context of \(limit)"
      )
    }
    let room = min(options.maxTokens, limit - prompt.count)
    let cache = try cache(capacity: prompt.count + room)
    let sampler = TokenSampler(temperature: Double(options.temperature), topP: Double(options.topP))
    var random = RandomSource(seed: options.seed)
    var decoder = StreamingDecoder(model.tokenizer, skipSpecial: true)
    var stream = StopStream(options.stop)
    var result = Generation(tokens: [], text: "", end: .length)
    var next = prompt
    while result.tokens.count < room {
      let logits = try extend([(cache, next)])
      guard let token = sampler.draw(logits.row(0).array, &random) else {
        throw HoldfastError(.numerical, "a logit is not a finite number; the model is damaged")
      }
      if let eos = model.tokenizer.eosToken, token == eos {
        result.end = .endOfSequence
        break
      }
      result.tokens.append(token)
      next = [token]
      let piece = stream.append(try decoder.append(token))
      try Self.show(piece, &result, onText)
      if stream.stopped {
        result.end = .stop
        return result
      }
    }
    let rest = stream.append(decoder.finish()) + stream.finish()
    if stream.stopped { result.end = .stop }
    try Self.show(rest, &result, onText)
    return result
  }

  private static func show(
    _ piece: String, _ result: inout Generation, _ onText: ((String) -> Bool)?
  ) throws(HoldfastError) {
    guard !piece.isEmpty else { return }
    result.text += piece
    guard onText?(piece) ?? true else {
      throw HoldfastError(.cancelled, "generation was cancelled after \(result.tokens.count) tokens")
    }
  }
}
