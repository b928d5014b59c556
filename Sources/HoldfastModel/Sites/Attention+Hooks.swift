import HoldfastTensor

extension Attention {
  /// Hooks on scores and pattern, computed beside the attention that already ran; rows of `attended` are computed again from
  /// what the hooks changed.
  func visitPattern(
    queries: Tensor, keys: Tensor, values: Tensor, segments: [AttentionSegment], attended: Tensor,
    _ layer: LayerHooks, _ runtime: Runtime
  ) throws(HoldfastError) {
    guard layer.wants(.scores) || layer.wants(.pattern) else { return }
    let rows = queries.shape[0]
    let length = segments.map { $0.rows.count + $0.context.reduce(0) { $0 + $1.rows.count } }.max() ?? 0
    let scores = try Tensor(uninitialized: [rows, heads, length])
    runtime.attentionScores(
      queries: queries, keys: keys, heads: heads, kvHeads: kvHeads, segments: segments, scale: scale,
      window: window, softcap: softcap, into: scores)
    var changed: [Int] = []
    if layer.wants(.scores) {
      changed += try layer.hooks.visitDerived(Site(.scores, layer: layer.layer), scores)
    }
    runtime.softmax(scores)
    if layer.wants(.pattern) {
      changed += try layer.hooks.visitDerived(Site(.pattern, layer: layer.layer), scores)
    }
    runtime.attend(
      pattern: scores, values: values, heads: heads, kvHeads: kvHeads, segments: segments, rows: changed,
      into: attended)
  }

  /// Hooks on what each head writes; rows of the output are added up again from what the hooks changed.
  func visitResult(
    _ attended: Tensor, into y: Tensor, _ layer: LayerHooks, _ scratch: AdapterScratch, _ runtime: Runtime
  ) throws(HoldfastError) {
    guard layer.wants(.result) else { return }
    let rows = attended.shape[0]
    let (width, out) = (attended.columns / heads, y.columns)
    let results = try Tensor(uninitialized: [rows, heads, out])
    let single = try Tensor(zeros: attended.shape)
    let written = try Tensor(uninitialized: y.shape)
    let bare = Projection(matrix: output.matrix, bias: nil, adapter: output.adapter)
    for head in 0..<heads {
      single.fill(0)
      runtime.copyColumns(attended, from: head * width, to: head * width, count: width, of: single)
      bare.forward(single, into: written, scratch, runtime)
      runtime.copyColumns(
        written, from: 0, to: head * out, count: out, of: results.reshaped([rows, heads * out]))
    }
    let changed = try layer.hooks.visitDerived(Site(.result, layer: layer.layer), results)
    for row in changed {
      let sum = y.row(row)
      sum.fill(0)
      for head in 0..<heads { runtime.add(results.row(row).reshaped([heads, out]).row(head), into: sum) }
      if let bias = output.bias { runtime.add(bias, into: sum) }
    }
  }
}
