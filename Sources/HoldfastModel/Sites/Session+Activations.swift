public import HoldfastTensor

/// The activations of one call, by site and segment.
public struct Activations: Sendable {
  /// The sites, in the order of the forward pass.
  public let sites: [Site]
  private let tensors: [Site: [Tensor]]

  init(_ sites: [Site], _ tensors: [Site: [Tensor]]) {
    self.sites = sites
    self.tensors = tensors
  }

  /// What a site showed for a segment: [T, …], T the tokens of the segment.
  public subscript(_ site: Site, segment index: Int = 0) -> Tensor? {
    guard let all = tensors[site], all.indices.contains(index) else { return nil }
    return all[index]
  }
}

extension Session {
  /// The logits of the wanted outputs together with copies of the activations at some sites, as TransformerLens'
  /// `run_with_cache` gives them.
  ///
  /// - Parameter hooks: what changes activations before they are copied.
  public func logitsAndActivations(
    _ segments: [Segment], sites: [Site], hooks: [Hook] = []
  ) throws(HoldfastError) -> (logits: Tensor, activations: Activations) {
    var tensors: [Site: [Tensor?]] = [:]
    for site in sites { tensors[site] = [Tensor?](repeating: nil, count: segments.count) }
    let copy = Hook(sites) { site, activation, rows throws(HoldfastError) in
      for segment in rows.segments {
        // Segments may have been made whole texts for their rotary frequencies; their own tokens are the last ones.
        let count = min(segment.rows.count, segments[segment.index].tokens.count)
        let own = activation.rows((segment.rows.upperBound - count)..<segment.rows.upperBound)
        let kept = try Tensor(uninitialized: own.shape)
        kept.copy(from: own)
        tensors[site]?[segment.index] = kept
      }
    }
    let logits = try logits(segments, hooks: hooks + [copy])
    return (logits, Activations(sites, tensors.mapValues { $0.compactMap { $0 } }))
  }
}
