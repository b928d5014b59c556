internal import CHoldfastKernels

// Every element of a product is a sum of chains of fused multiply-adds over blocks of k, in order (docs/architecture.md),
// so how M, N and the threads divide the work does not show in the bits.
extension Runtime {
  /// y [M, N] = x [M, K] wᵀ, or += when accumulating.
  public func linear(_ x: Tensor, _ w: PackedMatrix, into y: Tensor, accumulate: Bool = false) {
    let (m, k) = matrixShape(x)
    precondition(
      k == w.inputs && y.count == m * w.outputs, "linear \(x.shape) by [\(w.outputs), \(w.inputs)]")
    precondition(w.kernels == kernels, "a matrix packed by another runtime")
    switch w.storage {
    case .rows(let rows): linear(x, rows, into: y, accumulate: accumulate)
    case .panels(let panels):
      let left = LeftOperand(pointer: x.pointer, row: k, step: 1)
      product(left, .panels(panels.pointer), into: y, m: m, n: w.outputs, k: k, accumulate: accumulate)
    case .compact(let panels):
      let left = LeftOperand(pointer: x.pointer, row: k, step: 1)
      product(left, .compact(panels), into: y, m: m, n: w.outputs, k: k, accumulate: accumulate)
    }
  }

  /// y [M, N] = x [M, K] wᵀ with w [N, K], or += when accumulating; packs w on the way.
  public func linear(_ x: Tensor, _ w: Tensor, into y: Tensor, accumulate: Bool = false) {
    let (m, k) = matrixShape(x)
    let n = w.shape[0]
    precondition(w.count == n * k && y.count == m * n, "linear \(x.shape) by \(w.shape) into \(y.shape)")
    if let blas, k > 0 { return blasLinear(blas, x, w, into: y, accumulate: accumulate) }
    let left = LeftOperand(pointer: x.pointer, row: k, step: 1)
    product(left, .rows(w.pointer), into: y, m: m, n: n, k: k, accumulate: accumulate)
  }

  /// dx [M, K] = dy [M, N] w with w [N, K], or += when accumulating; the sums run over n.
  public func linearBackwardInput(_ dy: Tensor, _ w: Tensor, into dx: Tensor, accumulate: Bool = false) {
    let (m, n) = matrixShape(dy)
    let k = w.columns
    precondition(w.count == n * k && dx.count == m * k, "backward of linear \(dy.shape) by \(w.shape)")
    let left = LeftOperand(pointer: dy.pointer, row: n, step: 1)
    product(left, .columns(w.pointer), into: dx, m: m, n: k, k: n, accumulate: accumulate)
  }

  /// dw [N, K] += dyᵀ x with dy [M, N] and x [M, K]; each element's chain goes on over the rows m in order.
  public func linearBackwardWeight(_ dy: Tensor, _ x: Tensor, into dw: Tensor) {
    let (m, n) = matrixShape(dy)
    let k = x.columns
    precondition(x.count == m * k && dw.count == n * k, "weight gradient of \(dy.shape) and \(x.shape)")
    let left = LeftOperand(pointer: dy.pointer, row: 1, step: n)
    product(left, .columns(x.pointer), into: dw, m: n, n: k, k: m, accumulate: true, oneChain: true)
  }

  /// The rows and columns of a tensor as a matrix of its last axis.
  func matrixShape(_ x: Tensor) -> (Int, Int) {
    let columns = x.columns
    return (columns == 0 ? 0 : x.count / columns, columns)
  }

  /// result [M, N] = or += left [M, K] rightᵀ.
  func product(
    _ left: LeftOperand, _ right: RightOperand, into result: Tensor, m: Int, n: Int, k: Int, accumulate: Bool,
    oneChain: Bool = false
  ) {
    guard m > 0, n > 0 else { return }
    if k == 0 {
      if !accumulate { result.fill(0) }
      return
    }
    let kernels = KernelTable(kernels)
    let columns = kernels.panelColumns
    let chain = Int(HOLDFAST_CHAIN)
    let tasks = ProductTasks(
      m: m, panels: (n + columns - 1) / columns, panelBytes: 4 * columns * Swift.min(k, chain), k: k,
      packing: right.packing, threads: threadCount)
    parallel(tasks.count) { range in
      for task in range {
        let (rows, panels) = tasks[task]
        let first = panels.lowerBound * columns
        var block = holdfast_product()
        block.a_row = left.row
        block.a_step = left.step
        block.c = result.pointer + rows.lowerBound * n + first
        block.c_row = n
        block.m = rows.count
        block.n = Swift.min(panels.upperBound * columns, n) - first
        block.one_chain = oneChain
        if case .compact(let compact) = right, rows.count <= kernels.compactRows {
          block.a = UnsafePointer(left.pointer + rows.lowerBound * left.row)
          block.k = k
          block.accumulate = accumulate
          var source = compact.panels(from: panels.lowerBound)
          kernels.table.pointee.compact_product(&block, &source, 0)
          continue
        }
        // Packed and used chain by chain, a panel never leaves the cache; but a source gives whole rows.
        let most = right.packing == .once ? k : chain
        for start in stride(from: 0, to: k, by: most) {
          let terms = start..<Swift.min(start + most, k)
          block.a = UnsafePointer(left.pointer + rows.lowerBound * left.row + start * left.step)
          guard let packed = right.panels(panels, terms, n: n, k: k, kernels) else { break }
          (block.panels, block.panel_stride) = packed
          block.k = terms.count
          block.accumulate = accumulate || start > 0
          kernels.table.pointee.product(&block)
        }
      }
    }
  }
}

/// The kernel table, which never changes, for use on any thread.
struct KernelTable: @unchecked Sendable {
  let table: UnsafePointer<holdfast_kernels>
  let panelColumns: Int
  /// Rows that are multiplied by compact panels without expanding them.
  let compactRows: Int

  init(_ table: UnsafePointer<holdfast_kernels>) {
    self.table = table
    panelColumns = table.pointee.panel_columns
    compactRows = table.pointee.compact_rows
  }
}
