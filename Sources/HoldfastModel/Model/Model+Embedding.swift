import HoldfastTensor

extension Model {
  /// Writes the embeddings of tokens into x [T, D]; only the rows in use are dequantised.
  func embed(_ tokens: [Int32], into x: Tensor, runtime: Runtime) throws(HoldfastError) {
    let slot = weights.slots[0]
    if let table = parameters?[slot.name] {
      runtime.embed(tokens, table: table, into: x)
      return
    }
    let weight = try weights.tensor(slot)
    let width = configuration.width
    nonisolated(unsafe) let destination = UnsafeMutableBufferPointer(start: x.pointer, count: x.count)
    runtime.parallel(tokens.count, grain: 64) { range in
      for i in range {
        let row = Int(tokens[i])
        weight.dequantize(
          rows: row..<(row + 1),
          into: UnsafeMutableBufferPointer(rebasing: destination[(i * width)..<((i + 1) * width)]))
      }
    }
  }
}
