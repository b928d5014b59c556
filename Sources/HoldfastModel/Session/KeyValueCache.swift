import HoldfastTensor

/// The keys and values of tokens already seen, for any number of sequences to go on from.
///
/// A cache that is not being extended may be shared by sessions on several threads.
public final class KeyValueCache: @unchecked Sendable {
  /// What came before this cache's own tokens, if anything.
  public private(set) var parent: KeyValueCache?
  /// The cache's own tokens.
  public private(set) var tokens: [Int32] = []
  /// How many tokens of the text are the prompt; `nil` before its end is known.
  private(set) var promptLength: Int?
  let owner: Panels
  /// The interventions it was computed under.
  let plan: InterventionPlan?
  private(set) var layers: [(keys: Tensor, values: Tensor)]
  private let kvWidth: Int
  private var capacity: Int

  init(
    parent: KeyValueCache?, capacity: Int, owner: Panels, plan: InterventionPlan?, _ c: ModelConfiguration
  ) throws(HoldfastError) {
    self.parent = parent
    self.owner = owner
    self.plan = plan
    self.capacity = max(1, capacity)
    kvWidth = c.kvWidth
    layers = []
    for _ in 0..<c.layers { layers.append(try Self.room(self.capacity, kvWidth)) }
  }

  private static func room(_ rows: Int, _ width: Int) throws(HoldfastError) -> (keys: Tensor, values: Tensor)
  {
    (try Tensor(uninitialized: [rows, width]), try Tensor(uninitialized: [rows, width]))
  }

  /// Tokens before and in this cache.
  public var length: Int { (parent?.length ?? 0) + tokens.count }

  /// All tokens before and in this cache.
  var text: [Int32] { (parent?.text ?? []) + tokens }

  /// Forgets everything, so that the text can be computed again under other rotary frequencies.
  func restart() {
    parent = nil
    tokens = []
  }

  /// Makes room for `count` more tokens.
  func reserve(_ count: Int) throws(HoldfastError) {
    let needed = tokens.count + count
    guard needed > capacity else { return }
    let larger = max(needed, 2 * capacity)
    for layer in layers.indices {
      let room = try Self.room(larger, kvWidth)
      room.keys.rows(0..<tokens.count).copy(from: layers[layer].keys.rows(0..<tokens.count))
      room.values.rows(0..<tokens.count).copy(from: layers[layer].values.rows(0..<tokens.count))
      layers[layer] = room
    }
    capacity = larger
  }

  /// Writes a layer's keys and values of tokens about to be appended.
  func store(layer: Int, keys: Tensor, values: Tensor) {
    let rows = tokens.count..<(tokens.count + keys.shape[0])
    layers[layer].keys.rows(rows).copy(from: keys)
    layers[layer].values.rows(rows).copy(from: values)
  }

  /// Makes the stored rows count.
  ///
  /// - Parameter endsPrompt: whether the prompt ends with them, if it has not ended before.
  func append(_ new: [Int32], endsPrompt: Bool) {
    tokens += new
    if endsPrompt, promptLength == nil { promptLength = length }
  }

  /// What a sequence behind this cache attends to in a layer, oldest first.
  func ranges(layer: Int) -> [KeyValueRange] {
    var ranges = parent?.ranges(layer: layer) ?? []
    if !tokens.isEmpty {
      ranges.append(
        KeyValueRange(keys: layers[layer].keys, values: layers[layer].values, rows: 0..<tokens.count))
    }
    return ranges
  }
}
