import HoldfastTensor
public import HoldfastText

/// What an intervention works with.
public enum InterventionSource: Sendable, Equatable {
  /// A text, as it is written or as tokens.
  public enum Text: Sendable, Equatable {
    /// Text for the model's tokenizer.
    case prompt(String)
    /// Token ids.
    case tokens([Int32])
  }

  /// How the places of two texts belong together.
  public enum Alignment: String, Sendable, CaseIterable {
    /// Counted from the first token.
    case start
    /// Counted from the last token of the prompt.
    case end
  }

  /// Texts whose activations are taken, from the same model without any intervention.
  public struct Texts: Sendable, Equatable {
    /// The texts.
    public var texts: [Text]
    /// Which of their tokens count in a mean; `patch` and `resample` go by `alignment`.
    public var positions: InterventionPositions
    /// Which of their tokens stand for which of the text that is changed.
    public var alignment: Alignment
    /// Whether a beginning-of-sequence token is put before prompts.
    public var bos: BOSPolicy

    /// Makes a source of texts.
    public init(
      _ texts: [Text], positions: InterventionPositions = .all, alignment: Alignment = .start,
      bos: BOSPolicy = .automatic
    ) {
      self.texts = texts
      self.positions = positions
      self.alignment = alignment
      self.bos = bos
    }
  }

  /// A text that shows something and one that shows its opposite.
  public struct Contrast: Sendable, Equatable {
    /// The text that shows it.
    public var positive: Text
    /// The text that shows the opposite.
    public var negative: Text

    /// Makes a pair.
    public init(_ positive: Text, _ negative: Text) {
      self.positive = positive
      self.negative = negative
    }
  }

  /// A model whose activations for the same tokens are taken.
  public struct Donor: Sendable, Equatable {
    /// Where its file is.
    public var path: String
    /// The model, where it is in memory already; else it is loaded.
    public var model: Model?

    /// A model that is loaded when it is needed.
    public init(path: String) { self.path = path }
    /// A model in memory.
    public init(_ model: Model) {
      self.model = model
      path = model.provenance.path
    }

    /// Whether both are described alike: a ledger that was read knows no models in memory.
    public static func == (a: Donor, b: Donor) -> Bool { a.path == b.path }
  }

  /// Nothing.
  case none
  /// Activations of another model for the tokens that are computed, at the same places.
  case model(Donor)
  /// Activations of texts.
  case texts(Texts)
  /// Vectors as wide as a row of the site, or as all of its heads together.
  case directions([[Float]])
  /// At every site, the mean over pairs of the positive text's activation less the negative one's, each averaged over the
  /// positions.
  case contrast([Contrast], positions: InterventionPositions, bos: BOSPolicy)

  /// One prompt.
  public static func prompt(_ text: String, alignment: Alignment = .start) -> InterventionSource {
    .texts(Texts([.prompt(text)], alignment: alignment))
  }

  var texts: [Text]? { if case .texts(let texts) = self { texts.texts } else { nil } }

  var donor: Donor? { if case .model(let donor) = self { donor } else { nil } }

  var isDirections: Bool {
    switch self {
    case .directions, .contrast: true
    default: false
    }
  }
}

extension InterventionSource.Text {
  /// The tokens of the text.
  func tokens(_ tokenizer: Tokenizer, _ bos: BOSPolicy) throws(HoldfastError) -> [Int32] {
    switch self {
    case .prompt(let text): try tokenizer.encode(text, bos: tokenizer.bosPolicy(bos, before: text))
    case .tokens(let tokens): tokens
    }
  }
}
