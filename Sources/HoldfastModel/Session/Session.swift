public import HoldfastTensor

/// A model in use: scratch, rotary table and the forward pass; for one thread at a time.
///
/// The bits of a row's answer depend on the row's own text and the model alone: not on what else is in the batch, on how
/// a prompt is cut into segments, or on threads.
public final class Session {
  /// The model this session computes with.
  public let model: Model
  let panels: Panels
  /// The model's interventions made ready, if it has any.
  let plan: InterventionPlan?
  private let planned: (hooks: [Hook], donors: [InterventionDonor])
  let runtime: Runtime
  let arena = Arena()
  let rotary: RotaryTables
  /// The last layer to be computed, while only activations are wanted.
  private var lastLayer: Int?

  /// Tokens computed at once; more only costs memory.
  static let batchTokens = 2048
  /// Rows of logits held at once: 256, or what 64 MiB hold.
  var logitRows: Int { max(16, min(256, (1 << 24) / model.configuration.vocabularySize)) }

  init(model: Model, panels: Panels, plan: InterventionPlan?, runtime: Runtime) throws(HoldfastError) {
    self.model = model
    self.panels = panels
    self.plan = plan
    planned = try plan?.hooks(runtime) ?? ([], [])
    self.runtime = runtime
    rotary = try RotaryTables(model.configuration)
  }

  /// Computes the keys and values of a prefix once, for any number of segments to follow.
  ///
  /// - Parameter parent: what comes before the prefix, if anything.
  public func prefix(_ tokens: [Int32], after parent: KeyValueCache? = nil) throws(HoldfastError)
    -> KeyValueCache
  {
    try requirePrefix()
    let cache = try KeyValueCache(
      parent: parent, capacity: tokens.count, owner: panels, plan: plan, model.configuration)
    if !tokens.isEmpty { _ = try extend([(cache, tokens)], logits: false) }
    return cache
  }

  /// An empty cache with room for `capacity` tokens, to generate into.
  public func cache(after parent: KeyValueCache? = nil, capacity: Int) throws(HoldfastError) -> KeyValueCache
  {
    try KeyValueCache(
      parent: parent, capacity: min(capacity, model.configuration.contextLength), owner: panels, plan: plan,
      model.configuration)
  }

  /// Appends tokens to caches and returns the logits after each cache's last one, [B, V].
  public func extend(_ streams: [(cache: KeyValueCache, tokens: [Int32])]) throws(HoldfastError) -> Tensor {
    guard let logits = try extend(streams, logits: true) else {
      throw HoldfastError(.invalidArgument, "there is no cache to extend")
    }
    return logits
  }

  private func extend(_ streams: [(cache: KeyValueCache, tokens: [Int32])], logits: Bool)
    throws(HoldfastError) -> Tensor?
  {
    guard !streams.isEmpty else { return nil }
    let streams = streams.map { (cache: $0.cache, tokens: renewed($0.cache, with: $0.tokens)) }
    let segments = streams.map { Segment($0.tokens, after: .cache($0.cache), outputs: .last) }
    let batch = try Batch(segments[...], model: model, panels: panels, plan: plan)
    for stream in streams { try stream.cache.reserve(stream.tokens.count) }
    try donate(segments[...])
    let x = try hidden(batch, hooks: hooks([], batch, from: 0)) { layer, keys, values in
      for (stream, rows) in zip(streams, batch.rows) {
        stream.cache.store(layer: layer, keys: keys.rows(rows), values: values.rows(rows))
      }
    }
    for stream in streams { stream.cache.append(stream.tokens, endsPrompt: logits) }
    guard logits else { return nil }
    let output = try Tensor(uninitialized: [streams.count, model.configuration.vocabularySize])
    try project(x, rows: batch.rows.map { $0.upperBound - 1 }, into: output)
    return output
  }

  /// The logits [R, V] of the wanted outputs, in segment order.
  ///
  /// - Parameter hooks: what wants to see or change activations on the way, in order.
  /// - Throws: `invalidArgument` or `contextLength` for unusable segments; what a hook throws.
  public func logits(_ segments: [Segment], hooks: [Hook] = []) throws(HoldfastError) -> Tensor {
    let segments = unshared(segments)
    let wanted = try segments.map { segment throws(HoldfastError) in try Self.rows(of: segment) }
    let total = wanted.reduce(0) { $0 + $1.count }
    let output = try Tensor(uninitialized: [total, model.configuration.vocabularySize])
    var next = 0
    for chunk in Self.chunks(segments) {
      let batch = try Batch(segments[chunk], model: model, panels: panels, plan: plan)
      try donate(segments[chunk])
      let x = try hidden(batch, hooks: self.hooks(hooks, batch, from: chunk.lowerBound))
      var rows: [Int] = []
      for (local, index) in chunk.enumerated() {
        rows += wanted[index].map { batch.rows[local].lowerBound + $0 }
      }
      if !rows.isEmpty { try project(x, rows: rows, into: output.rows(next..<(next + rows.count))) }
      next += rows.count
    }
    return output
  }

  /// log P(token | everything up to and including the row), in nats, for chosen rows of chosen segments.
  ///
  /// Logits are held for a few rows at a time only.
  /// - Parameter pick: for each segment, pairs of a row in it and a token that may come next.
  public func logProbabilities(
    _ segments: [Segment], pick: [[(row: Int, token: Int32)]], hooks: [Hook] = []
  ) throws(HoldfastError) -> [[Float]] {
    guard pick.count == segments.count else {
      throw HoldfastError(
        .invalidArgument, "\(segments.count) segments need as many lists of picks, not \(pick.count)")
    }
    for (index, pairs) in pick.enumerated() {
      for pair in pairs {
        guard segments[index].tokens.indices.contains(pair.row) else {
          throw HoldfastError(
            .invalidArgument,
            "row \(pair.row) is outside segment \(index) of \(segments[index].tokens.count) tokens")
        }
        guard pair.token >= 0, Int(pair.token) < model.configuration.vocabularySize else {
          throw HoldfastError(
            .invalidArgument,
            "token \(pair.token) is outside the vocabulary 0..<\(model.configuration.vocabularySize)")
        }
      }
    }
    let before = segments
    let segments = unshared(before)
    let pick = zip(pick, zip(before, segments)).map { pairs, segment in
      let shift = segment.1.tokens.count - segment.0.tokens.count
      return pairs.map { (row: $0.row + shift, token: $0.token) }
    }
    var results: [[Float]] = pick.map { [Float](repeating: 0, count: $0.count) }
    for chunk in Self.chunks(segments) {
      let batch = try Batch(segments[chunk], model: model, panels: panels, plan: plan)
      try donate(segments[chunk])
      let x = try hidden(batch, hooks: self.hooks(hooks, batch, from: chunk.lowerBound))
      // Picks of one row share its logits: group them, rows ascending.
      var byRow: [(row: Int, segment: Int, slot: Int, token: Int32)] = []
      for (local, index) in chunk.enumerated() {
        for (slot, pair) in pick[index].enumerated() {
          byRow.append((batch.rows[local].lowerBound + pair.row, index, slot, pair.token))
        }
      }
      byRow.sort { ($0.row, $0.segment, $0.slot) < ($1.row, $1.segment, $1.slot) }
      var start = 0
      while start < byRow.count {
        var rows: [Int] = []
        var end = start
        var pairs: [(row: Int, token: Int32)] = []
        while end < byRow.count {
          if rows.last != byRow[end].row {
            if rows.count == logitRows { break }
            rows.append(byRow[end].row)
          }
          pairs.append((rows.count - 1, byRow[end].token))
          end += 1
        }
        let block = try arena.tensor("logits", [rows.count, model.configuration.vocabularySize])
        try project(x, rows: rows, into: block)
        let memory = MemoryWatch()
        let scores = runtime.logSoftmax(block, pick: pairs)
        try memory.check()
        for (pair, score) in zip(byRow[start..<end], scores) { results[pair.segment][pair.slot] = score }
        start = end
      }
    }
    return results
  }

  /// Runs all blocks and the final norm; returns its output for every row [T, D], valid until the next call.
  ///
  /// The norm of rows nobody wants costs little beside the blocks. Throws `outOfMemory` when working memory ran out, so that
  /// nobody takes what was left behind for an answer.
  /// - Parameter visit: sees every layer's keys and values [T, K·E].
  private func hidden(
    _ batch: Batch, hooks: Hooks? = nil,
    visit: (_ layer: Int, _ keys: Tensor, _ values: Tensor) -> Void = { _, _, _ in }
  ) throws(HoldfastError) -> Tensor {
    let c = model.configuration
    let tokens = batch.tokens.count
    let memory = MemoryWatch()
    let x = try arena.tensor("residual", [tokens, c.width])
    try model.embed(batch.tokens, positions: batch.positions, into: x, hooks: hooks, runtime: runtime)
    let scratch = try BlockScratch(model, tokens: tokens, training: false, arena: arena)
    let keys = try arena.tensor("keys", [tokens, c.kvWidth])
    let values = try arena.tensor("values", [tokens, c.kvWidth])
    let slices = try rotary.slices(batch.positions, textLengths: batch.textLengths)
    // Layers whose output is replaced as a whole are passed over, unless somebody looks at them.
    var skipped = plan?.skippedLayers ?? 0
    if skipped > 0, let hooks, hooks.sites.contains(where: { $0.precedes(layer: skipped - 1) }) {
      skipped = 0
    }
    if skipped > 0 { try hooks?.visit(Site(.residPost, layer: skipped - 1), x) }
    for (layer, block) in panels.blocks.enumerated() where layer >= skipped {
      if let lastLayer, layer > lastLayer { break }
      try block.forward(
        x, keys: keys, values: values, segments: batch.attention(layer: layer, keys: keys, values: values),
        rotary: slices, scratch: scratch, saved: nil,
        hooks: hooks.map { LayerHooks(hooks: $0, layer: layer) },
        runtime: runtime)
      visit(layer, keys, values)
    }
    let normed = try arena.tensor("final", [tokens, c.width])
    try panels.finalNorm.forward(
      x, into: normed, statistics: nil, hooks, scale: Site(.finalNormScale), normed: Site(.finalNormed),
      runtime)
    try memory.check()
    return normed
  }

  /// The model's interventions and then a call's own hooks, for one batch; `nil` when there is nothing to call.
  private func hooks(_ own: [Hook], _ batch: Batch, from first: Int) -> Hooks? {
    Hooks(planned.hooks + own, rows: batch.hookRows(from: first), arena: arena)
  }

  /// Lets the models whose activations interventions take compute a batch first.
  private func donate(_ segments: ArraySlice<Segment>) throws(HoldfastError) {
    for donor in planned.donors { try donor.run(segments) }
  }

  /// The activations at some sites, for which no more layers are computed than need be.
  func activations(_ segments: [Segment], sites: [Site]) throws(HoldfastError) -> Activations {
    let needed = sites.contains { $0.layer == nil && $0.kind != .embed && $0.kind != .positionEmbed }
    lastLayer = needed ? nil : sites.compactMap(\.layer).max() ?? 0
    defer { lastLayer = nil }
    return try logitsAndActivations(segments, sites: sites).activations
  }

  /// Logits of some rows of the normed residual stream.
  ///
  /// - Parameter capped: whether the model's cap on logits, if it has one, is applied.
  func project(_ x: Tensor, rows: [Int], into output: Tensor, capped: Bool = true) throws(HoldfastError) {
    let memory = MemoryWatch()
    let picked = try arena.tensor("picked", [rows.count, model.configuration.width])
    for (i, row) in rows.enumerated() { picked.row(i).copy(from: x.row(row)) }
    let scratch = try AdapterScratch(model, tokens: rows.count, training: false, arena: arena)
    panels.output.forward(picked, into: output, scratch, runtime)
    if capped, let cap = model.configuration.logitSoftcap { runtime.softcap(output, cap: cap) }
    try memory.check()
  }

  /// The rows a segment wants, checked.
  private static func rows(of segment: Segment) throws(HoldfastError) -> [Int] {
    let count = segment.tokens.count
    switch segment.outputs {
    case .none: return []
    case .last: return count == 0 ? [] : [count - 1]
    case .all: return Array(0..<count)
    case .rows(let rows):
      for row in rows where row < 0 || row >= count {
        throw HoldfastError(.invalidArgument, "row \(row) is outside a segment of \(count) tokens")
      }
      return rows
    }
  }

  /// Cuts a batch between trees of segments so that no piece is much longer than `batchTokens`.
  private static func chunks(_ segments: [Segment]) -> [Range<Int>] {
    var earliest = segments.count  // the lowest parent that this or a later segment names
    var cuts: [Int] = []  // a chunk may begin here
    for index in segments.indices.reversed() {
      if case .batch(let parent) = segments[index].parent { earliest = min(earliest, parent) }
      if earliest >= index { cuts.append(index) }
    }
    cuts.reverse()
    var chunks: [Range<Int>] = []
    var start = 0
    var tokens = 0
    for (i, cut) in cuts.enumerated() {
      let next = i + 1 < cuts.count ? cuts[i + 1] : segments.count
      let size = segments[cut..<next].reduce(0) { $0 + $1.tokens.count }
      if cut > start, tokens + size > batchTokens {
        chunks.append(start..<cut)
        start = cut
        tokens = 0
      }
      tokens += size
    }
    if start < segments.count { chunks.append(start..<segments.count) }
    return chunks
  }
}
