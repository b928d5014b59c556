import HoldfastTensor

extension TensorLayout {
  /// A tensor of the engine as a file of this layout keeps it; the engine's own when the layout is the engine's.
  ///
  /// The inverse of what `WeightTensor` does on reading: [N,K] or [N] in, the same or [K,N] out.
  func file(_ tensor: Tensor, headWidth: Int, heads: Int) throws(HoldfastError) -> Tensor {
    let columns = tensor.shape.count == 2 ? tensor.shape[1] : 1
    let rows = tensor.shape[0]
    switch self {
    case .natural: return tensor
    case .plusOne:
      let file = try Tensor(uninitialized: tensor.shape)
      for i in 0..<tensor.count { file.pointer[i] = tensor.pointer[i] + 1 }
      return file
    case .transposed:
      guard tensor.shape.count == 2 else { return tensor }
      let file = try Tensor(uninitialized: [columns, rows])
      for row in 0..<rows {
        for column in 0..<columns {
          file.pointer[column * rows + row] = tensor.pointer[row * columns + column]
        }
      }
      return file
    case .interleavedPairs, .headwise:
      let file = try Tensor(uninitialized: tensor.shape)
      for row in 0..<rows {
        let target = source(row, headWidth: headWidth, heads: heads)
        (file.pointer + target * columns).update(from: tensor.pointer + row * columns, count: columns)
      }
      return file
    }
  }
}
