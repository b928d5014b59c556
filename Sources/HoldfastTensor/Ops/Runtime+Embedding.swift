internal import CHoldfastKernels

extension Runtime {
  /// y [T, D] = the tokens' rows of the table [V, D].
  public func embed(_ tokens: [Int32], table: Tensor, into y: Tensor) {
    let width = table.columns
    let vocabulary = table.shape[0]
    precondition(y.count == tokens.count * width, "embedding \(tokens.count) tokens into \(y.shape)")
    parallel(tokens.count, grain: grain(width)) { rows in
      for row in rows {
        let token = Int(tokens[row])
        precondition(token >= 0 && token < vocabulary, "token \(token) of \(vocabulary)")
        (y.pointer + row * width).update(from: table.pointer + token * width, count: width)
      }
    }
  }

  /// dtable [V, D] += dy [T, D] at the tokens' rows, in the order of the tokens.
  public func embedBackward(_ dy: Tensor, tokens: [Int32], into dtable: Tensor) {
    let width = dtable.columns
    let vocabulary = dtable.shape[0]
    precondition(
      dy.count == tokens.count * width, "embedding gradient of \(tokens.count) tokens from \(dy.shape)")
    precondition(tokens.allSatisfy { $0 >= 0 && Int($0) < vocabulary }, "a token outside the vocabulary")
    let kernels = KernelTable(kernels)
    parallel(width, grain: 64) { columns in
      let first = columns.lowerBound
      for (row, token) in tokens.enumerated() {
        kernels.table.pointee.add(
          dy.pointer + row * width + first, columns.count, dtable.pointer + Int(token) * width + first)
      }
    }
  }
}
