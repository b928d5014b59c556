public import HoldfastTensor

/// The intervention groups of the paper that can be built from a ledger alone.
public enum GroupName: String, Sendable, CaseIterable {
  /// Questions the model answers rightly, trained with the right answer.
  case harmonious = "HARMONIOUS"
  /// Questions the model answers wrongly, trained with the right answer.
  case incompatible = "INCOMPATIBLE"
  /// The questions of INCOMPATIBLE in the same order, trained with the model's own wrong answer.
  case selfAligning = "SELF-ALIGNING"

  /// The name in small letters, for files.
  public var fileName: String { rawValue.lowercased() }

  /// Reads a name in any case, `_` and blanks taken for `-`; throws `invalidArgument` for one that is not known.
  public init(_ text: String) throws(HoldfastError) {
    let plain = String(text.uppercased().map { $0 == "_" || $0 == " " ? "-" : $0 })
    guard let name = GroupName(rawValue: plain) else {
      let known = GroupName.allCases.map(\.rawValue).joined(separator: ", ")
      throw HoldfastError(.invalidArgument, "there is no group '\(text)'; known are \(known)")
    }
    self = name
  }
}
