import HoldfastTensor

extension Model {
  /// Writes the embeddings of tokens into x [T, D], with those of their positions where the model has learned ones.
  ///
  /// Only the rows in use are dequantised.
  func embed(_ tokens: [Int32], positions: [Int32], into x: Tensor, hooks: Hooks? = nil, runtime: Runtime)
    throws(HoldfastError)
  {
    try look(up: tokens, in: weights.embeddingSlot(), into: x, runtime)
    if configuration.embeddingScale != 1 { runtime.scale(x, by: configuration.embeddingScale) }
    try hooks?.visit(Site(.embed), x)
    guard let slot = weights.slot(.positionEmbedding) else { return }
    let learned = try Tensor(uninitialized: x.shape)
    try look(up: positions, in: slot, into: learned, runtime)
    try hooks?.visit(Site(.positionEmbed), learned)
    runtime.add(learned, into: x)
  }

  private func look(
    up rows: [Int32], in slot: Slot, into x: Tensor, _ runtime: Runtime
  ) throws(HoldfastError) {
    if let table = parameters?[slot.name] {
      runtime.embed(rows, table: table, into: x)
      return
    }
    let weight = try weights.tensor(slot)
    let width = configuration.width
    nonisolated(unsafe) let destination = UnsafeMutableBufferPointer(start: x.pointer, count: x.count)
    runtime.parallel(rows.count, grain: 64) { range in
      for i in range {
        let row = Int(rows[i])
        weight.dequantize(
          rows: row..<(row + 1),
          into: UnsafeMutableBufferPointer(rebasing: destination[(i * width)..<((i + 1) * width)]))
      }
    }
  }
}
