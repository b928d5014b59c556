import HoldfastTensor

/// Another model that computes the same tokens first, for interventions that take its activations; one for each session.
final class InterventionDonor {
  private let session: Session
  private let sites: [Site]
  private var seen: Activations?

  /// - Throws: `invalidArgument` when the model's activations cannot take the place of those at the sites.
  init(_ donor: Model, _ places: [InterventionPlace], of c: ModelConfiguration, _ runtime: Runtime)
    throws(HoldfastError)
  {
    let own = donor.configuration
    guard own.vocabularySize == c.vocabularySize else {
      throw HoldfastError(
        .invalidArgument,
        "the source's model has \(own.vocabularySize) tokens and this one \(c.vocabularySize); both must read the same"
      )
    }
    let known = Set(Site.all(own))
    for place in places {
      let shape = place.site.kind.shape(own, keys: 0)
      guard known.contains(place.site), shape == place.site.kind.shape(c, keys: 0) else {
        throw HoldfastError(
          .invalidArgument, "\(place.site.name): the source's model has no such activation of the same shape")
      }
    }
    session = try donor.makeSession(runtime: runtime)
    sites = places.map(\.site)
  }

  /// Computes what it has for the segments of a batch.
  ///
  /// What is cached of this model is not of that one, so texts behind caches are computed whole.
  func run(_ segments: ArraySlice<Segment>) throws(HoldfastError) {
    let first = segments.startIndex
    let whole = segments.map { segment in
      switch segment.parent {
      case nil: return Segment(segment.tokens, outputs: .none)
      case .batch(let parent): return Segment(segment.tokens, after: .batch(parent - first), outputs: .none)
      case .cache(let cache): return Segment(cache.text + segment.tokens, outputs: .none)
      }
    }
    seen = try session.activations(whole, sites: sites)
  }

  /// The activation [T,H,W] for a segment of the batch, whose own tokens are the last ones.
  func activation(_ place: InterventionPlace, segment: Int) throws(HoldfastError) -> Tensor {
    guard let found = seen?[place.site, segment: segment] else {
      throw HoldfastError(.internal, "\(place.site.name) was not seen in segment \(segment)")
    }
    let rows = found.shape[0]
    return found.reshaped([rows, place.headCount, found.count / max(1, rows * place.headCount)])
  }
}
