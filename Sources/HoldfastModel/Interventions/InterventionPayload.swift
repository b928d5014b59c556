import HoldfastTensor
import HoldfastText

/// What an intervention needs at one site, computed beforehand; H heads, W the width of a head's row.
enum InterventionPayload {
  case none
  /// A row [H,W] that is added, or put in an activation's place.
  case rows(Tensor)
  /// For each head, orthonormal directions [R,W].
  case bases([Tensor])
  /// The activations [T,H,W] of each text.
  case texts([Tensor])
  /// Those of another model for the tokens that are computed.
  case donor(InterventionDonor)
}

/// Computes what interventions take from texts: activations of a model without interventions.
final class InterventionSources {
  private let session: Session
  private let runtime: Runtime

  init(_ model: Model, _ runtime: Runtime) throws(HoldfastError) {
    session = try model.withoutInterventions.makeSession(runtime: runtime)
    self.runtime = runtime
  }

  /// For each place, what an intervention whose source is texts or contrast pairs needs there.
  func payloads(_ intervention: Intervention, _ places: [InterventionPlace]) throws(HoldfastError)
    -> [Site: InterventionPayload]
  {
    var payloads: [Site: InterventionPayload] = [:]
    switch intervention.source {
    case .texts(let source):
      let activations = try activations(source.texts, source.bos, places)
      for place in places {
        let all = try texts(activations, place, source.texts.count)
        if intervention.operation == .mean {
          payloads[place.site] = .rows(try mean(all, source.positions, place))
        } else {
          payloads[place.site] = .texts(all)
        }
      }
    case .contrast(let pairs, let positions, let bos):
      let activations = try activations(pairs.flatMap { [$0.positive, $0.negative] }, bos, places)
      for place in places {
        let all = try texts(activations, place, 2 * pairs.count)
        let means = try all.map { text throws(HoldfastError) in
          try mean([text], positions, place).reshaped([1, place.headCount, place.width])
        }
        func half(_ first: Int) throws(HoldfastError) -> Tensor {
          try mean(stride(from: first, to: means.count, by: 2).map { means[$0] }, .all, place)
        }
        let difference = try half(0)
        runtime.addScaled(try half(1), into: difference, strength: -1)
        payloads[place.site] =
          intervention.operation == .add
          ? .rows(difference)
          : .bases(
            try (0..<place.headCount).map { head throws(HoldfastError) in
              try runtime.orthonormalized(difference.rows(head..<(head + 1)))
            })
      }
    case .none, .directions, .model: break
    }
    return payloads
  }

  private func activations(
    _ texts: [InterventionSource.Text], _ bos: BOSPolicy, _ places: [InterventionPlace]
  ) throws(HoldfastError) -> Activations {
    let segments = try texts.enumerated().map { index, text throws(HoldfastError) in
      let tokens = try text.tokens(session.model.tokenizer, bos)
      guard !tokens.isEmpty else {
        throw HoldfastError(.invalidArgument, "text \(index) of the source has no tokens")
      }
      return Segment(tokens, outputs: .none)
    }
    return try session.logitsAndActivations(segments, sites: places.map(\.site)).activations
  }

  /// The activations of each text at a place, [T,H,W].
  private func texts(_ all: Activations, _ place: InterventionPlace, _ count: Int) throws(HoldfastError)
    -> [Tensor]
  {
    try (0..<count).map { text throws(HoldfastError) in
      guard let found = all[place.site, segment: text] else {
        throw HoldfastError(.internal, "\(place.site.name) was not seen in text \(text)")
      }
      let rows = found.shape[0]
      return found.reshaped([rows, place.headCount, found.count / max(1, rows * place.headCount)])
    }
  }

  /// The mean [H,W] over the chosen tokens of some texts [T,H,W].
  private func mean(_ texts: [Tensor], _ positions: InterventionPositions, _ place: InterventionPlace)
    throws(HoldfastError) -> Tensor
  {
    guard !place.isOfKeys else {
      throw HoldfastError(.invalidArgument, "\(place.site.name): rows of different texts have no mean")
    }
    let row = place.headCount * place.width
    var chosen: [Tensor] = []
    for text in texts {
      let count = text.shape[0]
      try positions.check(prompt: count)
      for t in 0..<count where positions.contains(t, prompt: count) {
        chosen.append(text.rows(t..<(t + 1)).reshaped([1, row]))
      }
    }
    guard !chosen.isEmpty else {
      throw HoldfastError(.invalidArgument, "no token of the source's texts is at the positions asked for")
    }
    let mean = try Tensor(uninitialized: [row])
    runtime.mean(ofRows: chosen, into: mean)
    return mean.reshaped([place.headCount, place.width])
  }
}
