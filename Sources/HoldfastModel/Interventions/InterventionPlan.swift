import HoldfastTensor

/// Interventions made ready for one model: their sites found and the activations they work with computed.
///
/// Made once for a model and shared by its sessions; nothing in it changes.
final class InterventionPlan: @unchecked Sendable {
  /// What it was made of.
  let interventions: Interventions
  private let parts: [Part]
  private let configuration: ModelConfiguration

  private struct Part {
    let intervention: Intervention
    let places: [InterventionPlace]
    let payloads: [Site: InterventionPayload]
    let donor: Model?
  }

  /// - Throws: `invalidArgument` naming the intervention and what of it does not fit the model.
  init(_ interventions: Interventions, _ model: Model, runtime: Runtime) throws(HoldfastError) {
    self.interventions = interventions
    configuration = model.configuration
    var sources: InterventionSources?
    var parts: [Part] = []
    for (index, intervention) in interventions.list.enumerated() {
      do throws(HoldfastError) {
        let places = try InterventionPlace.all(intervention, model.configuration)
        var payloads: [Site: InterventionPayload] = [:]
        var donor: Model?
        switch intervention.source {
        case .none: break
        case .model(let source):
          if let loaded = source.model { donor = loaded } else { donor = try Model.load(source.path) }
        case .directions(let vectors):
          payloads = try Self.directions(vectors, intervention.operation, places, runtime)
        case .texts, .contrast:
          let own: InterventionSources
          if let sources { own = sources } else { own = try InterventionSources(model, runtime) }
          sources = own
          payloads = try own.payloads(intervention, places)
        }
        parts.append(Part(intervention: intervention, places: places, payloads: payloads, donor: donor))
      } catch {
        throw error.at("intervention \(index)")
      }
    }
    self.parts = parts
  }

  /// Whether it takes activations of other models, which must compute every batch first.
  var hasDonors: Bool { parts.contains { $0.donor != nil } }

  /// A hook for each intervention, in order, and the models that must compute every batch first; for one session.
  func hooks(_ runtime: Runtime) throws(HoldfastError) -> (hooks: [Hook], donors: [InterventionDonor]) {
    var hooks: [Hook] = []
    var donors: [InterventionDonor] = []
    for (index, part) in parts.enumerated() {
      do throws(HoldfastError) {
        let donor = try part.donor.map { model throws(HoldfastError) in
          try InterventionDonor(model, part.places, of: configuration, runtime)
        }
        if let donor { donors.append(donor) }
        var changes: [Site: InterventionChange] = [:]
        for place in part.places {
          let payload = donor.map { InterventionPayload.donor($0) } ?? part.payloads[place.site] ?? .none
          changes[place.site] = try InterventionChange(part.intervention, place, payload, runtime)
        }
        let bySite = changes
        hooks.append(
          Hook(part.places.map(\.site)) { site, activation, rows throws(HoldfastError) in
            do throws(HoldfastError) {
              try bySite[site]?.apply(activation, rows)
            } catch {
              throw error.at("intervention \(index)")
            }
          })
      } catch {
        throw error.at("intervention \(index)")
      }
    }
    return (hooks, donors)
  }

  /// How many layers need not be computed, because the first intervention puts another model's residual stream in their
  /// output's place.
  var skippedLayers: Int {
    guard let first = parts.first, first.donor != nil, first.places.count == 1, first.intervention.isWhole,
      let site = first.places.first?.site, site.kind == .residPost, let layer = site.layer,
      parts.allSatisfy({ $0.places.allSatisfy { ($0.site.layer ?? -1) > layer || $0.site == site } })
    else { return 0 }
    return layer + 1
  }

  /// Throws what does not fit a model of that configuration, without computing anything.
  static func check(_ interventions: Interventions, _ c: ModelConfiguration) throws(HoldfastError) {
    try interventions.validate()
    for (index, intervention) in interventions.list.enumerated() {
      do throws(HoldfastError) {
        let places = try InterventionPlace.all(intervention, c)
        if case .directions(let vectors) = intervention.source {
          for place in places { try place.check(width: vectors[0].count, intervention.operation) }
        }
      } catch {
        throw error.at("intervention \(index)")
      }
    }
  }

  private static func directions(
    _ vectors: [[Float]], _ operation: Intervention.Operation, _ places: [InterventionPlace],
    _ runtime: Runtime
  ) throws(HoldfastError) -> [Site: InterventionPayload] {
    let table = try Tensor(vectors.flatMap { $0 }, shape: [vectors.count, vectors[0].count])
    var payloads: [Site: InterventionPayload] = [:]
    for place in places {
      try place.check(width: table.columns, operation)
      if operation != .add {
        let basis = try runtime.orthonormalized(table)
        payloads[place.site] = .bases([Tensor](repeating: basis, count: place.headCount))
      } else if table.columns == place.width {
        let repeated = [[Float]](repeating: vectors[0], count: place.headCount).flatMap { $0 }
        payloads[place.site] = .rows(try Tensor(repeated, shape: [place.headCount, place.width]))
      } else {
        payloads[place.site] = .rows(table.reshaped([place.headCount, place.width]))
      }
    }
    return payloads
  }
}
