import HoldfastModel
import HoldfastTensor

/// How likely a model finds what it is to be trained on: the mean log-probability, in nats, of the response's tokens
/// behind the prompt. NILE's filter keeps the rows where it is highest.
enum InternalConsistency {
  /// The score of each example; NaN for one without targets.
  static func scores(_ model: Model, _ examples: [(tokens: [Int32], labels: [Int32])], batch: Int)
    throws(HoldfastError) -> [Double]
  {
    let session = try model.makeSession()
    var scores: [Double] = []
    for start in stride(from: 0, to: examples.count, by: max(batch, 1)) {
      let part = examples[start..<min(start + max(batch, 1), examples.count)]
      let picks = part.map { example in
        example.labels.indices.dropFirst().compactMap { place in
          example.labels[place] >= 0 ? (row: place - 1, token: example.labels[place]) : nil
        }
      }
      let found = try session.logProbabilities(
        part.map { Segment($0.tokens, outputs: .none) }, pick: picks)
      scores += found.map { values in Statistics.mean(values.map { Double($0) }) }
    }
    return scores
  }
}
