import HoldfastModel
import HoldfastTensor

/// Computes the log-probabilities of items, sharing what their contexts begin with.
///
/// The bits of an answer depend on its own tokens alone: not on the batch, nor on what is shared.
struct ProbeScorer {
  let session: Session
  let runtime: Runtime
  private let shared: [Int32]
  private let cache: KeyValueCache?

  /// Computes the tokens that the contexts of `items` share; none with `sharing` off.
  init(_ session: Session, items: [ProbeItem], sharing: Bool, runtime: Runtime = .shared)
    throws(HoldfastError)
  {
    self.session = session
    self.runtime = runtime
    // Where prompts end must be known to some interventions, so they are computed whole.
    shared = sharing && !session.model.interventions.needsWholePrompt ? ProbeItem.sharedPrefix(items) : []
    cache = shared.isEmpty ? nil : try session.prefix(shared)
    self.sharing = sharing
  }

  private let sharing: Bool

  /// The log-probability of each scored token of each choice of each item.
  func logProbabilities(_ items: ArraySlice<ProbeItem>) throws(HoldfastError) -> [[[Float]]] {
    var batch = PickBatch()
    for item in items {
      if sharing {
        batch.addTree(item, behind: shared.count, cache.map { .cache($0) })
      } else {
        batch.addWhole(item)
      }
    }
    let picked = try session.logProbabilities(batch.segments, pick: batch.picks)
    return batch.places.map { choices in choices.map { places in places.map { picked[$0.segment][$0.slot] } }
    }
  }

  /// The logits of each choice's one token after each item's context, and their log-probabilities.
  func letters(_ items: ArraySlice<ProbeItem>) throws(HoldfastError) -> [(
    logits: [Float], logProbabilities: [Float]
  )] {
    let segments = items.map {
      Segment(
        Array($0.context[shared.count...]), after: cache.map { .cache($0) }, outputs: .last,
        promptLength: $0.context.count)
    }
    let logits = try session.logits(segments)
    var pairs: [(row: Int, token: Int32)] = []
    for (row, item) in items.enumerated() { pairs += item.continuations.map { (row, $0[0]) } }
    let scores = runtime.logSoftmax(logits, pick: pairs)
    var next = 0
    return items.enumerated().map { row, item in
      let values = logits.row(row)
      let range = next..<(next + item.continuations.count)
      next = range.upperBound
      return (item.continuations.map { values.pointer[Int($0[0])] }, Array(scores[range]))
    }
  }
}

/// Segments, what is picked from them, and where each scored token's answer will stand.
private struct PickBatch {
  var segments: [Segment] = []
  var picks: [[(row: Int, token: Int32)]] = []
  /// By item, choice and scored token.
  var places: [[[(segment: Int, slot: Int)]]] = []

  /// One trunk of the context behind `start`, and a branch for each choice of several tokens.
  mutating func addTree(_ item: ProbeItem, behind start: Int, _ parent: Segment.Parent?) {
    let prompt = item.context.count
    let trunk = add(Array(item.context[start...]), parent, prompt)
    let last = item.context.count - start - 1
    var choices: [[(segment: Int, slot: Int)]] = []
    for tokens in item.continuations {
      var found = [pick(tokens[0], row: last, of: trunk)]
      if tokens.count > 1 {
        let branch = add(Array(tokens.dropLast()), .batch(trunk), prompt)
        for (row, token) in tokens.dropFirst().enumerated() {
          found.append(pick(token, row: row, of: branch))
        }
      }
      choices.append(found)
    }
    places.append(choices)
  }

  /// A segment of its own for each choice, with the whole context.
  mutating func addWhole(_ item: ProbeItem) {
    places.append(
      item.continuations.map { tokens in
        let segment = add(item.context + tokens.dropLast(), nil, item.context.count)
        return tokens.enumerated().map {
          pick($0.element, row: item.context.count - 1 + $0.offset, of: segment)
        }
      })
  }

  private mutating func add(_ tokens: [Int32], _ parent: Segment.Parent?, _ prompt: Int) -> Int {
    segments.append(Segment(tokens, after: parent, outputs: .none, promptLength: prompt))
    picks.append([])
    return segments.count - 1
  }

  private mutating func pick(_ token: Int32, row: Int, of segment: Int) -> (segment: Int, slot: Int) {
    picks[segment].append((row, token))
    return (segment, picks[segment].count - 1)
  }
}
