public import HoldfastTensor

/// One change to a model's activations, as data: where, at which tokens, what is done, with what and how strongly.
///
/// It says nothing about a particular model until it is put on one (`Model.with(_:)`) or given to a call. JSON in and out
/// is described in `docs/interventions.md`.
public struct Intervention: Sendable, Equatable {
  /// What is done to an activation x, s being the strength.
  public enum Operation: String, Sendable, CaseIterable {
    /// x + s · (0 − x).
    case zero
    /// x + s · (m − x), m the mean over the tokens of the source's texts.
    case mean
    /// x + s · (r − x), r the activation at the same place of one of the source's texts, drawn for each prompt.
    case resample
    /// x + s · (p − x), p the activation at the same place of the source's text, or of the source's model.
    case patch
    /// x + s · |p − x| · u, u a random direction: as far as `patch` goes, to nowhere in particular.
    case patchRandom = "patch_random"
    /// x + s · v: steering.
    case add
    /// s · x.
    case scale
    /// x − s · Px, P the projection onto the source's directions.
    case projectOut = "project_out"
    /// x + s · (Px − x).
    case projectOnto = "project_onto"
    /// x + s · (x brought into the bounds − x).
    case clamp
    /// x + s · ε, ε from the standard normal distribution.
    case noise
  }

  /// Where: a site's name, in which `*` stands for any text, or the path of a Hugging Face module.
  public var site: String
  /// The layers among the matching sites; from the last one when negative. `nil` means all.
  public var layers: [Int]?
  /// The heads, at sites that have them; `nil` means all.
  public var heads: [Int]?
  /// The places of the last axis, such as neurons; `nil` means all.
  public var dimensions: [Int]?
  /// The tokens.
  public var positions: InterventionPositions
  /// What is done.
  public var operation: Operation
  /// What it is done with.
  public var source: InterventionSource
  /// How strongly; 1 is the whole of it.
  public var strength: Double
  /// Seeds the draws of `noise`, `resample` and `patch_random`.
  public var seed: UInt64
  /// The bounds of `clamp`.
  public var bounds: ClosedRange<Double>?

  /// Makes an intervention.
  public init(
    _ operation: Operation, at site: String, layers: [Int]? = nil, heads: [Int]? = nil,
    dimensions: [Int]? = nil, positions: InterventionPositions = .all, source: InterventionSource = .none,
    strength: Double = 1, seed: UInt64 = 0, bounds: ClosedRange<Double>? = nil
  ) {
    self.site = site
    self.layers = layers
    self.heads = heads
    self.dimensions = dimensions
    self.positions = positions
    self.operation = operation
    self.source = source
    self.strength = strength
    self.seed = seed
    self.bounds = bounds
  }

  /// Throws `invalidArgument` for a combination that means nothing, whatever the model.
  public func validate() throws(HoldfastError) {
    func check(_ good: Bool, _ message: String) throws(HoldfastError) {
      guard good else { throw HoldfastError(.invalidArgument, message) }
    }
    let name = operation.rawValue
    try check(!site.isEmpty, "the site has no name")
    try check(strength.isFinite && Float(strength).isFinite, "a strength of \(strength) makes no sense")
    switch operation {
    case .zero, .scale, .clamp, .noise:
      try check(source == .none, "'\(name)' takes no source")
    case .mean, .resample:
      try check(source.texts?.isEmpty == false, "'\(name)' needs a source of texts: prompts or token lists")
    case .patch, .patchRandom:
      try check(
        source.texts?.count == 1 || source.donor != nil,
        "'\(name)' needs a source of one text, a prompt or a list of tokens, or a model")
    case .add, .projectOut, .projectOnto:
      try check(
        source.isDirections, "'\(name)' needs a source of directions: a vector, vectors or contrast pairs")
    }
    if case .directions(let vectors) = source {
      try check(!vectors.isEmpty && vectors.allSatisfy { !$0.isEmpty }, "the source has no vector")
      try check(vectors.allSatisfy { $0.count == vectors[0].count }, "the vectors differ in length")
      try check(
        vectors.allSatisfy { $0.allSatisfy(\.isFinite) }, "a vector holds a number that is not finite")
      try check(operation != .add || vectors.count == 1, "'add' takes one vector, not \(vectors.count)")
    }
    try check(
      (operation == .clamp) == (bounds != nil),
      operation == .clamp ? "'clamp' needs bounds" : "'\(name)' takes no bounds; they belong to 'clamp'")
    if let bounds {
      try check(
        [bounds.lowerBound, bounds.upperBound].allSatisfy { Float($0).isFinite || $0.isInfinite },
        "the bounds \(bounds.lowerBound) and \(bounds.upperBound) are no float32 numbers")
    }
    try check(
      dimensions == nil || (operation != .projectOut && operation != .projectOnto),
      "a projection takes whole rows; leave the dimensions out")
    for list in [layers, heads, dimensions] {
      try check(list?.isEmpty != true, "an empty list of layers, heads or dimensions selects nothing")
    }
    for list in [heads, dimensions] {
      try check(list?.allSatisfy { $0 >= 0 } ?? true, "heads and dimensions count from 0")
      try check(list.map { Set($0).count == $0.count } ?? true, "a head or dimension is named twice")
    }
    try positions.validate()
  }

  /// Whether what it does to a token depends on where the prompt ends, so that prompts cannot share a beginning.
  public var needsWholePrompt: Bool { positions.needsPromptEnd || operation == .resample }

  /// Whether it puts something else in the place of whole activations of every token.
  var isWhole: Bool {
    operation == .patch && strength == 1 && positions == .all && heads == nil && dimensions == nil
  }
}
