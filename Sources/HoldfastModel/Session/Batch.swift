import HoldfastTensor

/// A checked ragged batch, laid out for the forward pass: all segments' tokens one after another, no padding.
struct Batch {
  /// What a segment attends to before its own rows.
  enum Context {
    case rows(Range<Int>)
    case cache(KeyValueCache)
  }

  var tokens: [Int32] = []
  var positions: [Int32] = []
  /// The rows of each segment.
  var rows: [Range<Int>] = []
  var contexts: [[Context]] = []
  /// The length of each token's whole text, up to the end of its segment.
  var textLengths: [Int] = []
  private let segments: ArraySlice<Segment>

  /// - Throws: `invalidArgument` for an empty segment, a token outside the vocabulary or an unknown parent;
  ///   `contextLength` for a text longer than the model's context.
  init(
    _ segments: ArraySlice<Segment>, model: Model, panels: Panels, plan: InterventionPlan?
  ) throws(HoldfastError) {
    self.segments = segments
    let c = model.configuration
    var ends: [Int] = []
    for (index, segment) in segments.enumerated() {
      guard !segment.tokens.isEmpty else {
        throw HoldfastError(.invalidArgument, "segment \(index) of the batch has no tokens")
      }
      for (i, token) in segment.tokens.enumerated() where token < 0 || Int(token) >= c.vocabularySize {
        throw HoldfastError(
          .invalidArgument,
          "token \(token) at index \(i) of segment \(index) is outside the vocabulary 0..<\(c.vocabularySize)"
        )
      }
      var start = 0
      var context: [Context] = []
      switch segment.parent {
      case nil: break
      case .batch(let absolute):
        let parent = absolute - segments.startIndex
        guard parent >= 0, parent < index else {
          throw HoldfastError(
            .invalidArgument,
            "segment \(index) of the batch follows segment \(absolute), which does not come before it")
        }
        start = ends[parent]
        context = contexts[parent] + [.rows(rows[parent])]
      case .cache(let cache):
        guard cache.owner === panels else {
          throw HoldfastError(
            .invalidArgument, "segment \(index) of the batch follows a cache of another model")
        }
        guard cache.plan === plan else {
          throw HoldfastError(
            .invalidArgument,
            "segment \(index) of the batch follows a cache computed under other interventions")
        }
        start = cache.length
        context = [.cache(cache)]
      }
      let end = start + segment.tokens.count
      guard end <= c.contextLength else {
        throw HoldfastError(
          .contextLength,
          "a text of \(end) tokens does not fit the model's context of \(c.contextLength); shorten it or use fewer shots"
        )
      }
      rows.append(tokens.count..<(tokens.count + segment.tokens.count))
      tokens += segment.tokens
      positions += (start..<end).map { Int32(truncatingIfNeeded: $0) }
      contexts.append(context)
      ends.append(end)
      textLengths += repeatElement(end, count: segment.tokens.count)
    }
  }

  /// What the rows are, for hooks.
  ///
  /// - Parameter first: the index in the whole call of the batch's first segment.
  func hookRows(from first: Int) -> HookRows {
    var texts: [[Int32]] = []
    var prompts: [Int] = []
    for segment in segments {
      var before: [Int32] = []
      var prompt = segment.promptLength
      switch segment.parent {
      case nil: break
      case .batch(let parent): before = texts[parent - segments.startIndex]
      case .cache(let cache):
        before = cache.text
        prompt = prompt ?? cache.promptLength
      }
      texts.append(before + segment.tokens)
      prompts.append(prompt ?? before.count + segment.tokens.count)
    }
    return HookRows(
      segments: rows.enumerated().map { (first + $0, $1, $1.isEmpty ? 0 : Int(positions[$1.lowerBound])) },
      texts: texts, promptLengths: prompts)
  }

  /// The segments as a layer's attention takes them.
  func attention(layer: Int, keys: Tensor, values: Tensor) -> [AttentionSegment] {
    zip(rows, contexts).map { rows, context in
      AttentionSegment(
        rows: rows,
        context: context.flatMap { part in
          switch part {
          case .rows(let rows): [KeyValueRange(keys: keys, values: values, rows: rows)]
          case .cache(let cache): cache.ranges(layer: layer)
          }
        })
    }
  }
}
