internal import CHoldfastKernels

/// The right operand of products, [N, K], packed once for the kernels; immutable.
///
/// Packing changes no number: ``Runtime/linear(_:_:into:accumulate:)-(_,PackedMatrix,_,_)`` gives the same bits as with
/// the matrix itself.
public final class PackedMatrix: @unchecked Sendable {
  /// N, the rows of the matrix: outputs of the product.
  public let outputs: Int
  /// K, its columns: inputs of the product.
  public let inputs: Int
  let panels: UnsafeMutablePointer<Float>
  let kernels: UnsafePointer<holdfast_kernels>
  private let memory: TensorMemory

  /// Packs a matrix [N, K].
  public convenience init(_ matrix: Tensor, runtime: Runtime = .shared) throws(HoldfastError) {
    precondition(matrix.shape.count == 2, "packing a tensor of shape \(matrix.shape)")
    let (outputs, inputs) = (matrix.shape[0], matrix.shape[1])
    try self.init(
      outputs: outputs, inputs: inputs, runtime: runtime,
      panel: { rows, panel, kernels in
        kernels.pointee.pack_rows(
          matrix.pointer + rows.lowerBound * inputs, inputs, rows.count, inputs, panel)
      })
  }

  /// Packs a matrix [N, K] whose rows `fill` writes, as float32, K apart; it is called on several threads at once, each
  /// row once.
  public convenience init(
    outputs: Int, inputs: Int, runtime: Runtime = .shared,
    fill: @Sendable (Range<Int>, UnsafeMutableBufferPointer<Float>) -> Void
  ) throws(HoldfastError) {
    try self.init(
      outputs: outputs, inputs: inputs, runtime: runtime,
      panel: { rows, panel, kernels in
        withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count * inputs) { buffer in
          fill(rows, buffer)
          guard let base = buffer.baseAddress else { return }
          kernels.pointee.pack_rows(base, inputs, rows.count, inputs, panel)
        }
      })
  }

  private init(
    outputs: Int, inputs: Int, runtime: Runtime,
    panel: @Sendable (Range<Int>, UnsafeMutablePointer<Float>, UnsafePointer<holdfast_kernels>) -> Void
  ) throws(HoldfastError) {
    self.outputs = outputs
    self.inputs = inputs
    kernels = runtime.kernels
    let columns = kernels.pointee.panel_columns
    let count = (outputs + columns - 1) / columns
    memory = try TensorMemory(floats: count * columns * inputs)
    panels = memory.pointer
    let target = PanelWriter(panels: panels, kernels: kernels)
    runtime.parallel(count) { range in
      for index in range {
        let rows = index * columns..<min((index + 1) * columns, outputs)
        panel(rows, target.panels + index * columns * inputs, target.kernels)
      }
    }
  }
}

/// Pointers handed to pool threads, each of which writes its own part.
private struct PanelWriter: @unchecked Sendable {
  let panels: UnsafeMutablePointer<Float>
  let kernels: UnsafePointer<holdfast_kernels>
}
