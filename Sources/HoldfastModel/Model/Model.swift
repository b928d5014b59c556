public import HoldfastStorage
public import HoldfastTensor
public import HoldfastText

/// A language model ready for use: weights, an optional overlay of tuned parameters, and a tokenizer.
///
/// A model is immutable and may be used from many threads; each thread makes its own `Session`.
public final class Model: Sendable {
  /// The weights as they lie in the file.
  public let weights: Weights
  /// Tuned parameters that take the place of the weights, if any.
  public let parameters: Parameters?
  /// The tokenizer that belongs to the weights.
  public let tokenizer: Tokenizer
  /// Where the weights came from.
  public let provenance: Provenance
  /// How sessions hold the weights.
  public let residency: Residency
  /// What is changed while it computes; nothing as a rule.
  public let interventions: Interventions
  private let panels: Once<Panels>
  private let plan = Once<InterventionPlan>()

  init(
    weights: Weights, parameters: Parameters?, tokenizer: Tokenizer, provenance: Provenance,
    residency: Residency = .packed, interventions: Interventions = Interventions(),
    panels: Once<Panels> = Once()
  ) {
    self.weights = weights
    self.parameters = parameters
    self.tokenizer = tokenizer
    self.provenance = provenance
    self.residency = residency
    self.interventions = interventions
    self.panels = panels
  }

  /// Sizes, constants and special tokens.
  public var configuration: ModelConfiguration { weights.configuration }

  /// The same weights under other parameters; nothing is copied.
  public func with(_ parameters: Parameters?) -> Model {
    Model(
      weights: weights, parameters: parameters, tokenizer: tokenizer, provenance: provenance,
      residency: residency, interventions: interventions)
  }

  /// The same model with its weights held in another way.
  public func with(_ residency: Residency) -> Model {
    Model(
      weights: weights, parameters: parameters, tokenizer: tokenizer, provenance: provenance,
      residency: residency, interventions: interventions)
  }

  /// The same model as coming from elsewhere, such as a checkpoint from the model its run started from.
  public func with(_ provenance: Provenance) -> Model {
    Model(
      weights: weights, parameters: parameters, tokenizer: tokenizer, provenance: provenance,
      residency: residency, interventions: interventions)
  }

  /// The same model, packed once for both, under other interventions.
  func under(_ interventions: Interventions) -> Model {
    Model(
      weights: weights, parameters: parameters, tokenizer: tokenizer, provenance: provenance,
      residency: residency, interventions: interventions, panels: panels)
  }

  /// The Hugging Face names of all tensors, in the order of the forward pass.
  public var parameterNames: [ByteString] { weights.slots.map(\.name) }

  /// The shape of the tensor of that name, row-major.
  public func shape(of name: ByteString) -> [Int]? { weights.slot(named: name)?.shape }

  /// The names of the axes of the tensor of that name, as files carry them; empty when there is no such tensor.
  public func axes(of name: ByteString) -> [ByteString] {
    weights.slot(named: name)?.axes ?? adapterAxes(of: name)
  }

  /// A new session; many may run at once, each on one thread at a time.
  ///
  /// The first session of a model packs its matrices, which takes about 0.2 s for 135 million parameters.
  public func makeSession(runtime: Runtime = .shared) throws(HoldfastError) -> Session {
    let panels = try panels.get { () throws(HoldfastError) in try Panels(self, runtime: runtime) }
    var plan: InterventionPlan?
    if !interventions.isEmpty {
      plan = try self.plan.get { () throws(HoldfastError) in
        try InterventionPlan(interventions, self, runtime: runtime)
      }
    }
    return try Session(model: self, panels: panels, plan: plan, runtime: runtime)
  }

  /// The float32 tensor of a slot: the overlay's, or the dequantised weights; with its adapter merged.
  func materialized(_ slot: Slot, copy: Bool, runtime: Runtime = .shared) throws(HoldfastError)
    -> Tensor
  {
    let adapter = parameters?.adapters[slot.name]
    let tensor: Tensor
    if let tuned = parameters?[slot.name] {
      guard copy || adapter != nil else { return tuned }
      tensor = try Tensor(uninitialized: tuned.shape)
      tensor.copy(from: tuned)
    } else {
      tensor = try weights.tensor(slot).materialized(runtime)
    }
    if let adapter { try merge(adapter, into: tensor, runtime) }
    return tensor
  }

  /// Rows of a matrix as sessions use it: of tuned parameters packed anew, of weights packed once for all overlays or left
  /// where they are.
  ///
  /// `numerical` names the first value that is not finite.
  func matrix(_ slot: Slot, rows: Range<Int>, _ runtime: Runtime) throws(HoldfastError) -> Matrix {
    guard let tuned = parameters?[slot.name] else {
      let weight = try weights.tensor(slot)
      switch residency {
      case .packed: return .packed(try weights.packed.matrix(weight, rows: rows, runtime))
      case .stored:
        try weights.packed.check(weight, rows: rows, runtime)
        return .stored(weight.source(rows: rows))
      }
    }
    if let index = runtime.firstNonFinite(tuned) {
      throw HoldfastError(
        .numerical,
        "tensor '\(slot.name.text)' holds a NaN or an infinity at element \(index); tuning diverged, try a smaller "
          + "learning rate")
    }
    return .packed(try PackedMatrix(tuned.rows(rows), runtime: runtime))
  }

  /// Rows of a matrix as training uses it: tuned parameters as they are, weights read from the file in every product.
  func trainingMatrix(_ slot: Slot, rows: Range<Int>) throws(HoldfastError) -> Matrix {
    if let tuned = parameters?[slot.name] { return .plain(tuned.rows(rows)) }
    return .stored(try weights.tensor(slot).source(rows: rows))
  }
}
