import HoldfastTensor

extension Norm {
  /// The same as `forward`, with hooks on what divides the rows and on the rows divided.
  func forward(
    _ x: Tensor, into y: Tensor, statistics: Statistics?, _ hooks: Hooks?, scale scaleSite: Site,
    normed normedSite: Site, _ runtime: Runtime
  ) throws(HoldfastError) {
    guard let hooks, hooks.wants(scaleSite) || hooks.wants(normedSite) else {
      return forward(x, into: y, statistics: statistics, runtime)
    }
    let rows = x.shape[0]
    var own = statistics
    if own == nil { own = try Statistics(kind, rows: rows, "hooked norm", hooks.arena) }
    guard let own else { return }
    let input = try hooks.arena.tensor("hooked norm input", x.shape)
    input.copy(from: x)
    forward(x, into: y, statistics: own, runtime)
    let scale = try hooks.arena.tensor("hooked scale", [rows])
    runtime.reciprocal(own.inverse, into: scale)
    var changed = hooks.wants(scaleSite) ? try hooks.visitDerived(scaleSite, scale) : []
    let normed = try hooks.arena.tensor("hooked normed", x.shape)
    runtime.standardize(input, mean: own.mean, scale: scale, into: normed)
    if hooks.wants(normedSite) { changed += try hooks.visitDerived(normedSite, normed) }
    if case .rms(let offset) = kind {
      runtime.affine(normed, weight: weight, offset: offset, rows: changed, into: y)
    } else {
      runtime.affine(normed, weight: weight, bias: bias, rows: changed, into: y)
    }
  }
}
