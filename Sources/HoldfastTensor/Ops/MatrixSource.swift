internal import CHoldfastKernels

/// The right operand of products, [N, K], that is never held in float32 as a whole: its rows are written on demand, by
/// dequantising or copying.
///
/// Products with it have the bits of products with the same numbers in a ``Tensor``. A product writes each row once, unless
/// there are more threads than panels to share.
public final class MatrixSource: Sendable {
  /// N, the rows of the matrix: outputs of the product.
  public let outputs: Int
  /// K, its columns: inputs of the product.
  public let inputs: Int
  let fill: @Sendable (Range<Int>, UnsafeMutableBufferPointer<Float>) -> Void

  /// Makes a matrix [N, K] whose rows `fill` writes as float32, K apart. It is called on several threads at once and must
  /// give the same numbers every time.
  public init(
    outputs: Int, inputs: Int,
    fill: @escaping @Sendable (Range<Int>, UnsafeMutableBufferPointer<Float>) -> Void
  ) {
    self.outputs = outputs
    self.inputs = inputs
    self.fill = fill
  }
}

extension Runtime {
  /// y [M, N] = x [M, K] wᵀ with w [N, K], or += when accumulating.
  ///
  /// Each thread fills the panels it multiplies by: no float32 copy is larger than a few panels of its scratch memory.
  public func linear(_ x: Tensor, _ w: MatrixSource, into y: Tensor, accumulate: Bool = false) {
    let (m, k) = matrixShape(x)
    precondition(
      k == w.inputs && y.count == m * w.outputs, "linear \(x.shape) by [\(w.outputs), \(w.inputs)]")
    if let blas, k > 0 { return blasLinear(blas, x, w, into: y, accumulate: accumulate) }
    let left = LeftOperand(pointer: x.pointer, row: k, step: 1)
    product(left, .source(w), into: y, m: m, n: w.outputs, k: k, accumulate: accumulate)
  }

  /// dx [M, K] = dy [M, N] w with w [N, K], or += when accumulating; the sums run over n.
  ///
  /// The threads fill the rows of one chain of sums together, then multiply by them.
  public func linearBackwardInput(
    _ dy: Tensor, _ w: MatrixSource, into dx: Tensor, accumulate: Bool = false
  ) {
    let (m, n) = matrixShape(dy)
    let k = w.inputs
    precondition(
      n == w.outputs && dx.count == m * k, "backward of linear \(dy.shape) by [\(w.outputs), \(k)]")
    guard n > 0 else { return accumulate ? () : dx.fill(0) }
    for start in stride(from: 0, to: n, by: Int(HOLDFAST_CHAIN)) {
      let rows = start..<Swift.min(start + Int(HOLDFAST_CHAIN), n)
      guard let panels = columnPanels(of: w, rows: rows) else { return }
      let left = LeftOperand(pointer: dy.pointer + start, row: n, step: 1)
      product(
        left, .panels(panels), into: dx, m: m, n: k, k: rows.count, accumulate: accumulate || start > 0)
    }
  }

  /// The same by a library, which takes whole matrices: this one is written out in memory this thread lends.
  private func blasLinear(
    _ blas: @escaping BLAS.Product, _ x: Tensor, _ w: MatrixSource, into y: Tensor, accumulate: Bool
  ) {
    guard let memory = holdfast_lent_scratch(w.outputs * w.inputs) else { return }
    let rows = Tensor(wrapping: memory, shape: [w.outputs, w.inputs], owner: w)
    parallel(w.outputs, grain: 16) { range in
      let part = rows.rows(range)
      w.fill(range, UnsafeMutableBufferPointer(start: part.pointer, count: part.count))
    }
    blasLinear(blas, x, rows, into: y, accumulate: accumulate)
  }

  /// Some rows of a source as panels of its columns, [panels][rows][columns], in memory this thread lends.
  private func columnPanels(of w: MatrixSource, rows: Range<Int>) -> UnsafeMutablePointer<Float>? {
    let kernels = KernelTable(kernels)
    let (columns, k) = (kernels.panelColumns, w.inputs)
    let count = (k + columns - 1) / columns
    guard let memory = holdfast_lent_scratch(count * columns * rows.count) else { return nil }
    let panels = SharedMemory(pointer: memory)
    parallel(rows.count, grain: 16) { part in
      guard let filled = holdfast_scratch(part.count * k) else { return }
      w.fill(
        rows.lowerBound + part.lowerBound..<rows.lowerBound + part.upperBound,
        UnsafeMutableBufferPointer(start: filled, count: part.count * k))
      for panel in 0..<count {
        kernels.table.pointee.pack_columns(
          filled + panel * columns, k, Swift.min(columns, k - panel * columns), part.count,
          panels.pointer + (panel * rows.count + part.lowerBound) * columns)
      }
    }
    return memory
  }
}
