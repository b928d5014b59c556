public import HoldfastTensor

/// What an intervention group is called; what it is made of is its recipe.
public struct GroupName: Sendable, Hashable {
  /// The name in capital letters.
  public let rawValue: String

  private init(known name: String) { rawValue = name }

  /// Questions the model answers rightly, trained with the right answer.
  public static let harmonious = GroupName(known: "HARMONIOUS")
  /// Questions the model answers wrongly, trained with the right answer.
  public static let incompatible = GroupName(known: "INCOMPATIBLE")
  /// The questions of INCOMPATIBLE in the same order, trained with the model's own wrong answer.
  public static let selfAligning = GroupName(known: "SELF-ALIGNING")
  /// INCOMPATIBLE with the knowledge needed put before the question.
  public static let contextualised = GroupName(known: "CONTEXTUALISED")
  /// The questions of INCOMPATIBLE with an answer that is neither right nor the model's own.
  public static let randomWrong = GroupName(known: "RANDOM-WRONG")
  /// General instructions alone.
  public static let formatOnly = GroupName(known: "FORMAT-ONLY")
  /// A sample of everything the model answers wrongly, however confident it is (SLearnLLM).
  public static let sLearnLLM = GroupName(known: "SLEARNLLM")
  /// Right answers followed by whether the model knew them (R-Tuning).
  public static let rTuning = GroupName(known: "R-TUNING")
  /// Right answers for what the model knows, a refusal for what it neither knows nor is sure of (CRaFT).
  public static let craft = GroupName(known: "CRAFT")
  /// Right answers explained in the model's own words where these keep the answer (SDFT).
  public static let sdft = GroupName(known: "SDFT")
  /// Right answers with explanations revised toward what the model finds likely, the least likely left out (NILE).
  public static let nile = GroupName(known: "NILE")

  /// The groups of the paper's main comparison.
  public static let main: [GroupName] = [harmonious, incompatible, selfAligning]
  /// All groups that have a recipe of their own; beside them there is `MIXTURE-{share}` for any share, and every name
  /// may end in `-WITHOUT-EXPLANATIONS`.
  public static let known: [GroupName] =
    main + [
      contextualised, randomWrong, formatOnly, sLearnLLM, rTuning, craft, sdft, nile,
    ]

  /// INCOMPATIBLE with a share of its rows replaced by their SELF-ALIGNING twins, such as `MIXTURE-0.2`.
  public static func mixture(_ share: Double) -> GroupName { GroupName(known: "MIXTURE-\(share)") }

  /// What a group without explanations is called behind its name.
  static let withoutExplanations = "-WITHOUT-EXPLANATIONS"

  /// The name in small letters, for files.
  public var fileName: String { rawValue.lowercased() }

  /// Reads a name in any case, `_` and blanks taken for `-`.
  ///
  /// - Parameter defined: names that a description defines itself.
  /// - Throws: `invalidArgument` for a name that is not known.
  public init(_ text: String, defined: [GroupName] = []) throws(HoldfastError) {
    let name = try GroupName(defining: text)
    guard defined.contains(name) || GroupRecipe(known: name) != nil else {
      let known = (Self.known + defined).map(\.rawValue).joined(separator: ", ")
      throw HoldfastError(
        .invalidArgument,
        "there is no group '\(text)'; known are \(known) and MIXTURE-{share}, such as MIXTURE-0.4")
    }
    self = name
  }

  /// Reads a name for a group that is being defined; throws `invalidArgument` when it cannot name a file.
  init(defining text: String) throws(HoldfastError) {
    let plain = String(text.uppercased().map { $0 == "_" || $0 == " " ? "-" : $0 })
    let isPlain = { (byte: UInt8) in
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
        UInt8(ascii: "."):
        true
      default: false
      }
    }
    guard !plain.isEmpty, !plain.hasPrefix("."), plain.utf8.allSatisfy(isPlain), plain != "BEFORE" else {
      throw HoldfastError(
        .invalidArgument,
        "'\(text)' cannot name a group; take letters A to Z, digits, '-' and '.', not first a '.', and not 'before'"
      )
    }
    rawValue = plain
  }
}
