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
  /// Where the numbers are.
  let storage: Storage
  let kernels: UnsafePointer<holdfast_kernels>

  enum Storage {
    /// Panels of columns for the built-in kernels, [panels][K][columns].
    case panels(TensorMemory)
    /// The same in fewer bits.
    case compact(CompactPanels)
    /// The matrix as it was, [N, K], for a library.
    case rows(Tensor)
  }

  /// Packs a matrix [N, K].
  public convenience init(_ matrix: Tensor, runtime: Runtime = .shared) throws(HoldfastError) {
    precondition(matrix.shape.count == 2, "packing a tensor of shape \(matrix.shape)")
    let inputs = matrix.shape[1]
    try self.init(outputs: matrix.shape[0], inputs: inputs, runtime: runtime) { rows, buffer in
      guard let base = buffer.baseAddress else { return }
      base.update(from: matrix.pointer + rows.lowerBound * inputs, count: buffer.count)
    }
  }

  /// Packs a matrix [N, K] whose rows `fill` writes, as float32, K apart; it is called on several threads at once, each
  /// row once.
  public init(
    outputs: Int, inputs: Int, runtime: Runtime = .shared,
    fill: @Sendable (Range<Int>, UnsafeMutableBufferPointer<Float>) -> Void
  ) throws(HoldfastError) {
    self.outputs = outputs
    self.inputs = inputs
    kernels = runtime.kernels
    let table = KernelTable(kernels)
    let columns = table.panelColumns
    let count = (outputs + columns - 1) / columns
    if runtime.blas != nil {
      let rows = try Tensor(uninitialized: [outputs, inputs])
      storage = .rows(rows)
      runtime.parallel(outputs, grain: columns) { range in
        fill(
          range,
          UnsafeMutableBufferPointer(
            start: rows.pointer + range.lowerBound * inputs, count: range.count * inputs))
      }
      return
    }
    let memory = try TensorMemory(floats: count * columns * inputs)
    storage = .panels(memory)
    let watch = MemoryWatch()
    runtime.parallel(count) { range in
      for index in range {
        let rows = index * columns..<min((index + 1) * columns, outputs)
        guard let buffer = holdfast_scratch(rows.count * inputs) else { return }
        fill(rows, UnsafeMutableBufferPointer(start: buffer, count: rows.count * inputs))
        table.table.pointee.pack_rows(
          buffer, inputs, rows.count, inputs, memory.pointer + index * columns * inputs)
      }
    }
    try watch.check()
  }

  /// Packs a matrix [N, K] in the few bits it is stored with; products have the bits of those with its float32 numbers.
  ///
  /// - Parameter decode: takes one row apart; called on several threads at once, each row once. Every number must be finite.
  public init(
    outputs: Int, inputs: Int, form: CompactForm, runtime: Runtime = .shared,
    decode: @Sendable (_ row: Int, CompactRow) -> Void
  ) throws(HoldfastError) {
    precondition(form.coding.hasScales ? form.group > 0 && inputs % form.group == 0 : true)
    self.outputs = outputs
    self.inputs = inputs
    kernels = runtime.kernels
    storage = .compact(
      try CompactPanels(outputs: outputs, inputs: inputs, form: form, runtime: runtime, decode: decode))
  }
}

extension Runtime {
  /// Whether products take matrices in fewer bits than float32; a library's do not.
  public var takesCompactMatrices: Bool { blas == nil }
}
