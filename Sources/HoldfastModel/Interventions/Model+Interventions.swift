public import HoldfastTensor

extension Model {
  /// The same model under other interventions: whatever uses it, computes under them. Weights are shared, nothing is copied.
  ///
  /// Those it had are replaced; an empty list takes them off. What they take from texts is computed with the first session.
  /// - Throws: `invalidArgument` naming the intervention and what of it does not fit the model.
  public func with(_ interventions: Interventions) throws(HoldfastError) -> Model {
    try InterventionPlan.check(interventions, configuration)
    return under(interventions)
  }

  /// The same model without interventions.
  public var withoutInterventions: Model { interventions.isEmpty ? self : under(Interventions()) }

  /// Throws `unsupported` when there are interventions, which `purpose` would lose.
  func requireNoInterventions(_ purpose: String) throws(HoldfastError) {
    guard !interventions.isEmpty else { return }
    throw HoldfastError(
      .unsupported,
      "a model under interventions cannot be \(purpose), because its weights do not hold them; use the model without "
        + "interventions")
  }
}

extension Session {
  /// Interventions made ready as hooks for calls of this session, behind those of the model.
  ///
  /// Keys and values cached before stay as they are: only tokens computed in the call are changed.
  /// - Throws: `invalidArgument` naming the intervention and what of it does not fit the model.
  public func hooks(_ interventions: Interventions) throws(HoldfastError) -> [Hook] {
    try interventions.validate()
    let plan = try InterventionPlan(interventions, model, runtime: runtime)
    guard !plan.hasDonors else {
      throw HoldfastError(
        .invalidArgument, "interventions that take activations of another model must be put on the model")
    }
    return try plan.hooks(runtime).hooks
  }

  /// Throws `invalidArgument` when a beginning cannot be computed for prompts whose ends are not known.
  func requirePrefix() throws(HoldfastError) {
    guard let plan, plan.interventions.needsWholePrompt else { return }
    throw HoldfastError(
      .invalidArgument,
      "prompts cannot share a beginning under interventions that depend on where a prompt ends; compute them whole"
    )
  }
}

extension Session {
  /// The vector that a contrast gives at each of some sites: the mean over pairs of the positive text's activation less the
  /// negative one's.
  public func vectors(_ contrast: InterventionSource, sites: [Site]) throws(HoldfastError) -> [Tensor] {
    guard case .contrast = contrast else {
      throw HoldfastError(.invalidArgument, "a steering vector needs contrast pairs")
    }
    let sources = try InterventionSources(model, runtime)
    var places: [InterventionPlace] = []
    for site in sites {
      let own = Intervention(.add, at: site.name, source: contrast)
      places += try InterventionPlace.all(own, model.configuration)
    }
    let all = try sources.payloads(Intervention(.add, at: "*", source: contrast), places)
    return try sites.map { site throws(HoldfastError) in
      guard case .rows(let rows) = all[site] else {
        throw HoldfastError(.internal, "\(site.name) has no vector")
      }
      return rows.reshaped([rows.count])
    }
  }
}
