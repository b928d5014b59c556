/// Which keys a query sees, and how it weighs them.
public struct AttentionRule: Sendable {
  /// What q·k is multiplied by; nil for 1 / sqrt(E).
  public var scale: Float?
  /// Whether a query sees only keys at its own position and before. Queries are the last ones of the text: of T queries
  /// and S keys, query i is at position S - T + i.
  public var isCausal = true
  /// How many keys a query sees, itself included; nil for all. Takes a causal rule.
  public var window: Int?
  /// Scores are softcap · tanh(scale q·k / softcap); nil for no cap.
  public var softcap: Float?

  /// Makes a rule.
  public init(scale: Float? = nil, isCausal: Bool = true, window: Int? = nil, softcap: Float? = nil) {
    self.scale = scale
    self.isCausal = isCausal
    self.window = window
    self.softcap = softcap
  }
}

/// The extents of queries [B, T, H, E] and of keys and values [B, S, K, E], checked.
struct AttentionShape: Sendable {
  let batches: Int
  let queries: Int
  let keys: Int
  let heads: Int
  let kvHeads: Int
  let width: Int
  let scale: Float
  let rule: AttentionRule

  init(_ q: NDArray, _ k: NDArray, _ v: NDArray, _ rule: AttentionRule) throws(HoldfastError) {
    guard q.rank == 4, k.rank == 4, v.shape == k.shape, q.shape[0] == k.shape[0], q.shape[3] == k.shape[3]
    else {
      throw HoldfastError(
        .invalidArgument,
        "attention of queries \(q.shape), keys \(k.shape) and values \(v.shape); pass [B, T, H, E] and twice [B, S, K, E]"
      )
    }
    (batches, queries, heads, width) = (q.shape[0], q.shape[1], q.shape[2], q.shape[3])
    (keys, kvHeads) = (k.shape[1], k.shape[2])
    guard width > 0, kvHeads > 0, heads > 0, heads % kvHeads == 0 else {
      throw HoldfastError(
        .invalidArgument,
        "\(heads) heads of \(width) elements, \(kvHeads) kv-heads; the heads must be a multiple")
    }
    guard keys > 0 || queries == 0, !rule.isCausal || keys >= queries else {
      throw HoldfastError(.invalidArgument, "\(queries) queries at the end of a text of \(keys) keys")
    }
    guard rule.window.map({ $0 > 0 && rule.isCausal }) ?? true else {
      throw HoldfastError(
        .invalidArgument, "a window of \(rule.window ?? 0); it must be positive and the attention causal")
    }
    guard rule.softcap.map({ $0 > 0 && $0.isFinite }) ?? true else {
      throw HoldfastError(.invalidArgument, "a softcap of \(rule.softcap ?? 0); it must be positive")
    }
    scale = rule.scale ?? 1 / Float(width).squareRoot()
    guard scale.isFinite else { throw HoldfastError(.invalidArgument, "a scale of \(scale)") }
    self.rule = rule
  }

  /// The positions of the keys that a query sees.
  func seen(by query: Int) -> Range<Int> {
    guard rule.isCausal else { return 0..<keys }
    let position = keys - queries + query
    let window = rule.window ?? .max
    return (position >= window ? position - window + 1 : 0)..<position + 1
  }
}
