import HoldfastTensor

/// Copies the gradients of activations on the way back.
final class GradientView {
  private let wanted: Set<Site>
  private(set) var tensors: [Site: Tensor] = [:]
  private(set) var failure: HoldfastError?
  private let configuration: ModelConfiguration

  init(_ sites: [Site], _ configuration: ModelConfiguration) {
    wanted = Set(sites)
    self.configuration = configuration
  }

  /// Keeps a copy of the gradient [T, ...] of a site, if it is wanted; of several ways back their sum.
  func see(_ kind: Site.Kind, layer: Int?, _ gradient: Tensor) {
    let site = Site(kind, layer: layer)
    guard wanted.contains(site), failure == nil else { return }
    let rows = gradient.shape[0]
    do throws(HoldfastError) {
      let copy = try Tensor(uninitialized: gradient.shape)
      copy.copy(from: gradient)
      tensors[site] = copy.reshaped([rows] + kind.shape(configuration, keys: 0))
    } catch {
      failure = error
    }
  }

  /// The gradient of every head's result [T,H,D] is that of their sum.
  func seeResult(layer: Int, _ gradient: Tensor) {
    let site = Site(.result, layer: layer)
    guard wanted.contains(site), failure == nil else { return }
    let (rows, heads) = (gradient.shape[0], configuration.heads)
    do throws(HoldfastError) {
      let copy = try Tensor(uninitialized: [rows, heads, gradient.columns])
      for row in 0..<rows { for head in 0..<heads { copy.row(row).row(head).copy(from: gradient.row(row)) } }
      tensors[site] = copy
    } catch {
      failure = error
    }
  }
}

/// A view of the gradients within one block.
struct LayerGradientView {
  let view: GradientView
  let layer: Int

  func see(_ kind: Site.Kind, _ gradient: Tensor) { view.see(kind, layer: layer, gradient) }
  func seeResult(_ gradient: Tensor) { view.seeResult(layer: layer, gradient) }
}

extension Site.Kind {
  /// Whether the gradient of a metric with respect to it can be had.
  public var hasGradient: Bool {
    switch self {
    case .embed, .residPre, .residMid, .residPost, .attentionOut, .feedForwardOut, .query, .key, .value,
      .rotatedQuery, .rotatedKey, .attended, .result, .pre, .preLinear, .post:
      true
    case .positionEmbed, .attentionNormScale, .attentionNormed, .feedForwardNormScale, .feedForwardNormed,
      .scores, .pattern, .finalNormScale, .finalNormed:
      false
    }
  }
}
