/// A place in the forward pass where an activation can be seen and changed, under its TransformerLens name.
///
/// Source: TransformerLens `HookedTransformer`, whose names the field uses. No weight is folded here, so what a site
/// shows is what the model computes.
public struct Site: Hashable, Sendable {
  /// What the activation is.
  public enum Kind: String, Sendable, CaseIterable {
    /// Embeddings as they enter the residual stream [T,D]; scaled where the model scales them.
    case embed = "hook_embed"
    /// Embeddings of positions [T,D], where they are learned.
    case positionEmbed = "hook_pos_embed"
    /// The residual stream before a block [T,D].
    case residPre = "hook_resid_pre"
    /// What divides the rows of the attention's norm [T].
    case attentionNormScale = "ln1.hook_scale"
    /// The rows divided, before the norm's weight [T,D].
    case attentionNormed = "ln1.hook_normalized"
    /// Queries [T,H,E] before their norm and before they are rotated.
    case query = "attn.hook_q"
    /// Keys [T,K,E], likewise.
    case key = "attn.hook_k"
    /// Values [T,K,E].
    case value = "attn.hook_v"
    /// Rotated queries [T,H,E].
    case rotatedQuery = "attn.hook_rot_q"
    /// Rotated keys [T,K,E].
    case rotatedKey = "attn.hook_rot_k"
    /// Scaled, capped scores [T,H,S] over the S keys of the longest text; −∞ where a row does not look.
    case scores = "attn.hook_attn_scores"
    /// Their softmax [T,H,S].
    case pattern = "attn.hook_pattern"
    /// What the heads read [T,H,E].
    case attended = "attn.hook_z"
    /// What each head writes [T,H,D], without the bias.
    case result = "attn.hook_result"
    /// What attention adds to the residual stream [T,D].
    case attentionOut = "hook_attn_out"
    /// The residual stream between the halves of a block [T,D]; none where they stand side by side.
    case residMid = "hook_resid_mid"
    /// What divides the rows of the feed-forward network's norm [T].
    case feedForwardNormScale = "ln2.hook_scale"
    /// The rows divided, before the norm's weight [T,D].
    case feedForwardNormed = "ln2.hook_normalized"
    /// What the activation is applied to [T,F]: the gate, where there is one.
    case pre = "mlp.hook_pre"
    /// What the activated gate is multiplied with [T,F].
    case preLinear = "mlp.hook_pre_linear"
    /// What goes into the projection down [T,F].
    case post = "mlp.hook_post"
    /// What the feed-forward network adds to the residual stream [T,D].
    case feedForwardOut = "hook_mlp_out"
    /// The residual stream after a block [T,D].
    case residPost = "hook_resid_post"
    /// What divides the rows of the final norm [T].
    case finalNormScale = "ln_final.hook_scale"
    /// The rows divided, before the final norm's weight [T,D].
    case finalNormed = "ln_final.hook_normalized"

    /// Whether every block has one of its own.
    public var isOfBlock: Bool {
      switch self {
      case .embed, .positionEmbed, .finalNormScale, .finalNormed: false
      default: true
      }
    }
  }

  /// What the activation is.
  public let kind: Kind
  /// The block, or `nil` outside the blocks.
  public let layer: Int?

  /// Makes a site.
  public init(_ kind: Kind, layer: Int? = nil) {
    self.kind = kind
    self.layer = kind.isOfBlock ? layer : nil
  }

  /// The TransformerLens name, such as `blocks.3.attn.hook_q`.
  public var name: String { layer.map { "blocks.\($0).\(kind.rawValue)" } ?? kind.rawValue }

  /// Whether it comes before the output of a layer.
  func precedes(layer: Int) -> Bool {
    guard let own = self.layer else { return kind == .embed || kind == .positionEmbed }
    return own < layer || (own == layer && kind != .residPost)
  }
}
