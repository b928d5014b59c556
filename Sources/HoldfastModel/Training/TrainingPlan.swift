import HoldfastTensor

/// Sequences laid one after another, each up to its last target: later tokens teach nothing.
struct TrainingPlan {
  var tokens: [Int32] = []
  var positions: [Int32] = []
  var segments: [AttentionSegment] = []
  /// Rows with a target, ascending, and their targets.
  var rows: [Int] = []
  var targets: [Int32] = []
  /// The length of each row's whole sequence, what comes after its last target included.
  var textLengths: [Int] = []

  mutating func append(_ sequence: TrainingSequence) {
    let start = tokens.count
    var end = 0
    for t in 1..<sequence.labels.count where sequence.labels[t] != TrainingSequence.ignored {
      rows.append(start + t - 1)
      targets.append(sequence.labels[t])
      end = t
    }
    tokens += sequence.tokens[..<end]
    positions += (0..<end).map { Int32(truncatingIfNeeded: $0) }
    segments.append(AttentionSegment(rows: start..<(start + end), context: []))
    textLengths += repeatElement(sequence.tokens.count, count: end)
  }

  /// A text of which every token is computed, without targets.
  mutating func append(text: [Int32]) {
    let start = tokens.count
    tokens += text
    positions += text.indices.map { Int32(truncatingIfNeeded: $0) }
    segments.append(AttentionSegment(rows: start..<(start + text.count), context: []))
    textLengths += repeatElement(text.count, count: text.count)
  }
}
