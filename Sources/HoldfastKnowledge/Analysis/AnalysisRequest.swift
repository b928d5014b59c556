public import HoldfastModel
public import HoldfastStorage
public import HoldfastTensor
import HoldfastText

/// An analysis as data: what is to be done, as JSON that is the same from the command, C, Python and Swift.
///
/// `docs/interventions.md` lists the kinds and their members.
public struct AnalysisRequest: Sendable {
  /// Which analysis.
  public enum Kind: String, Sendable, CaseIterable {
    /// The logit lens.
    case lens
    /// Direct logit attribution.
    case attribution
    /// An activation patching sweep.
    case sweep
    /// A sweep foretold by gradients.
    case attributionPatching = "attribution_patching"
    /// Causal tracing.
    case trace
    /// Linear probes on activations.
    case probe
    /// Drift by layer between two models.
    case drift
    /// Patching across two models.
    case patch
    /// A steering vector from contrast pairs.
    case steer
  }

  /// What an analysis works on.
  public struct Subjects: Sendable {
    /// The model, or the one before tuning.
    public var model: Model
    /// The tuned model, and one of another seed.
    public var tuned: Model?, second: Model?
    /// The questions, and where demonstrations come from.
    public var questions: QuestionSet?, demonstrations: QuestionSet?

    /// Makes subjects.
    public init(
      _ model: Model, tuned: Model? = nil, second: Model? = nil, questions: QuestionSet? = nil,
      demonstrations: QuestionSet? = nil
    ) {
      self.model = model
      self.tuned = tuned
      self.second = second
      self.questions = questions
      self.demonstrations = demonstrations
    }

    func requireTuned() throws(HoldfastError) -> Model {
      guard let tuned else {
        throw HoldfastError(.invalidArgument, "this analysis needs a second, tuned model")
      }
      return tuned
    }

    func requireQuestions() throws(HoldfastError) -> QuestionSet {
      guard let questions else { throw HoldfastError(.invalidArgument, "this analysis needs questions") }
      return questions
    }
  }

  /// Which analysis.
  public let kind: Kind
  let node: JSONNode
  private static let members: [Kind: Set<ByteString>] = [
    .lens: ["prompt", "bos", "positions", "targets", "top"],
    .attribution: ["prompt", "bos", "position", "targets", "heads"],
    .sweep: ["clean", "corrupted", "bos", "site", "by_head", "metric", "answer", "other"],
    .attributionPatching: [
      "clean", "corrupted", "bos", "site", "by_head", "metric", "answer", "other", "steps", "compare",
    ],
    .trace: [
      "prompt", "bos", "subject", "corrupted", "answer", "site", "window", "noise", "draws", "seed",
    ],
    .probe: ["examples", "bos", "site", "position", "folds", "penalty", "seed", "resamples", "level"],
    .drift: ["probe", "resamples", "level", "seed"],
    .patch: [
      "probe", "what", "site", "positions", "layers", "random_null", "seed", "resamples", "level",
      "directory",
    ],
    .steer: ["pairs", "bos", "positions", "site", "layers", "strength"],
  ]

  /// Reads a request; members nobody knows are errors.
  public init(_ node: JSONNode) throws(HoldfastError) {
    self.node = node
    let own: Kind = try node.member("analysis").option()
    kind = own
    for (key, value) in try node.members() where key != "analysis" {
      guard Self.members[own]?.contains(key) == true else {
        throw HoldfastError(
          .invalidArgument,
          "\(value.document): \(value.path) is not known to '\(own.rawValue)'; docs/interventions.md lists what it takes"
        )
      }
    }
  }

  /// Reads a JSON text.
  public static func parse(_ text: String) throws(HoldfastError) -> AnalysisRequest {
    try AnalysisRequest(JSONNode(try JSON.parse(text, name: "the request"), document: "the request"))
  }

  /// Does what is asked and returns it as JSON.
  public func run(_ subjects: Subjects, progress: ProgressHandler? = nil) throws(HoldfastError) -> JSON {
    switch kind {
    case .lens: try lens(subjects.model)
    case .attribution: try attribution(subjects.model)
    case .sweep: try sweep(subjects.model, progress)
    case .attributionPatching: try attributionPatching(subjects.model, progress)
    case .trace: try trace(subjects.model, progress)
    case .steer: try steer(subjects.model)
    case .probe: try linearProbe(subjects.model, progress)
    case .patch: try patch(subjects, progress).json
    case .drift:
      try DriftByLayer.run(
        base: subjects.model, tuned: subjects.requireTuned(), questions: subjects.requireQuestions(),
        demonstrations: subjects.demonstrations, probe: probe(), bootstrap: bootstrap(), progress: progress
      ).json
    }
  }

  /// Patches across models as asked.
  public func patch(_ subjects: Subjects, _ progress: ProgressHandler?) throws(HoldfastError)
    -> CrossModelPatch
  {
    var options = CrossModelPatch.Options()
    options.bootstrap = try bootstrap()
    if let layers = try node.optional("layers") {
      options.layers = try layers.elements().map { e throws(HoldfastError) in try e.int() }
    }
    if let positions = try node.optional("positions") {
      options.positions = try InterventionPositions(positions)
    }
    if let null = try node.optional("random_null") { options.randomNull = try null.bool() }
    if let seed = try node.optional("seed") { options.seed = try seed.seed() }
    let what = try node.optional("what")?.text() ?? "activations"
    if what == "activations" {
      options.subject = .activations(try site(default: .residPost))
    } else if let part = Model.BlockPart(rawValue: what) {
      guard try node.optional("site") == nil else { throw node.wrong("names a site, which weights have not") }
      options.subject = .weights(part)
    } else {
      throw try node.member("what").wrong(
        "is '\(what)'; it must be 'activations', or the weights of a 'block', of 'attention' or of 'feed_forward'"
      )
    }
    return try CrossModelPatch.run(
      base: subjects.model, tuned: subjects.requireTuned(), secondTuned: subjects.second,
      questions: subjects.requireQuestions(), demonstrations: subjects.demonstrations, probe: probe(),
      options: options, directory: try node.optional("directory")?.text(), progress: progress)
  }

  private func probe() throws(HoldfastError) -> ProbeOptions {
    guard let options = try node.optional("probe") else { return ProbeOptions() }
    return try ProbeOptions(options)
  }

  func bootstrap() throws(HoldfastError) -> Bootstrap {
    var bootstrap = Bootstrap()
    if let resamples = try node.optional("resamples") {
      bootstrap.resamples = try resamples.int(in: 2...1_000_000)
    }
    if let level = try node.optional("level") {
      bootstrap.level = try level.double()
      guard bootstrap.level > 0, bootstrap.level < 1 else { throw level.wrong("must lie between 0 and 1") }
    }
    return bootstrap
  }

  /// The kind of site asked for.
  func site(default fallback: Site.Kind) throws(HoldfastError) -> Site.Kind {
    guard let name = try node.optional("site") else { return fallback }
    return try name.option()
  }

  /// Throws `invalidArgument` for a site that no layer has one of.
  static func requireBlock(_ kind: Site.Kind) throws(HoldfastError) {
    guard kind.isOfBlock else {
      throw HoldfastError(
        .invalidArgument, "\(kind.rawValue) is in no layer; take hook_resid_post, for example")
    }
  }
}
