public import HoldfastStorage
public import HoldfastTensor

/// What a low-rank adapter is: y = W x + b + s · B(A(dropout(x))), in which modules, and how large.
///
/// Names and meaning are those of PEFT's `LoraConfig`. Source: Hu et al., arXiv 2106.09685; s = alpha / √rank:
/// Kalajdzievski, arXiv 2312.03732.
public struct AdapterConfiguration: Sendable, Equatable {
  /// r, the rows of A and columns of B.
  public var rank = 16
  /// s is alpha over the rank.
  public var alpha = 32.0
  /// The probability with which an element of x does not reach A while tuning.
  public var dropout = 0.0
  /// The modules that get an adapter: last parts of their Hugging Face names (`q_proj`, `self_attn.q_proj`), or the one
  /// word `all-linear` for every projection but the output's.
  public var targetModules: [ByteString] = [allLinear]
  /// Whether s is alpha over the square root of the rank (rank-stabilised LoRA).
  public var usesRSLoRA = false
  /// Other ranks for modules whose names end like this; the first that fits counts.
  public var ranks: [(name: ByteString, rank: Int)] = []
  /// Other alphas for modules whose names end like this.
  public var alphas: [(name: ByteString, alpha: Double)] = []
  /// Where the base model is, if the adapter's file said so.
  public var baseModel: String?

  /// The word for every projection but the output's.
  public static let allLinear: ByteString = "all-linear"

  /// Makes the default configuration.
  public init() {}

  /// The rank in a module.
  public func rank(of module: ByteString) -> Int {
    ranks.first { Self.selects($0.name, module) }?.rank ?? rank
  }

  /// s, in a module.
  public func scale(of module: ByteString) -> Float {
    let alpha = alphas.first { Self.selects($0.name, module) }?.alpha ?? alpha
    let rank = Double(rank(of: module))
    return Float(alpha / (usesRSLoRA ? rank.squareRoot() : rank))
  }

  /// Whether a name selects a module: it is its whole name or its last parts.
  static func selects(_ name: ByteString, _ module: ByteString) -> Bool {
    module == name || module.hasSuffix("." + name)
  }

  /// Throws `invalidArgument`, naming the setting, its value and its range, unless every value can be used.
  public func validate() throws(HoldfastError) {
    for rank in [rank] + ranks.map(\.rank) where rank < 1 || rank > 1 << 16 {
      throw HoldfastError(.invalidArgument, "the LoRA rank is \(rank); it must be in 1 … \(1 << 16)")
    }
    for alpha in [alpha] + alphas.map(\.alpha) where !alpha.isFinite || abs(alpha) > 1e6 {
      throw HoldfastError(
        .invalidArgument, "the LoRA alpha is \(alpha); it must be a number of at most 1000000")
    }
    guard dropout >= 0, dropout < 1 else {
      throw HoldfastError(
        .invalidArgument, "the LoRA dropout is \(dropout); it must be at least 0 and below 1")
    }
    guard !targetModules.isEmpty, targetModules.allSatisfy({ !$0.isEmpty }) else {
      throw HoldfastError(
        .invalidArgument, "LoRA has no target modules; name some, such as q_proj, or all-linear")
    }
  }

  /// Whether all settings are the same.
  public static func == (a: Self, b: Self) -> Bool {
    a.rank == b.rank && a.alpha == b.alpha && a.dropout == b.dropout && a.targetModules == b.targetModules
      && a.usesRSLoRA == b.usesRSLoRA && a.baseModel == b.baseModel
      && a.ranks.elementsEqual(b.ranks, by: ==) && a.alphas.elementsEqual(b.alphas, by: ==)
  }
}
