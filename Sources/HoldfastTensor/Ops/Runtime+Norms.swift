internal import CHoldfastKernels

extension Runtime {
  /// RMS normalisation of each row: y = x / sqrt(mean(x²) + epsilon) * (weight + offset).
  ///
  /// Shapes: x and y [T, D], weight [D], `inverseRMS` [T] (what the backward pass needs). y may be x. A norm of each head
  /// takes x as [T * H, E]. Gemma's weights are stored less an offset of 1.
  public func rmsNorm(
    _ x: Tensor, weight: Tensor, offset: Float = 0, epsilon: Float, into y: Tensor, inverseRMS: Tensor? = nil
  ) {
    let width = weight.count
    let rows = rowCount(x, of: width)
    precondition(
      y.count == x.count && (inverseRMS.map { $0.count == rows } ?? true),
      "norm of \(x.shape) into \(y.shape)")
    let kernels = KernelTable(kernels)
    parallel(rows, grain: grain(width)) { rows in
      for row in rows {
        let inverse = kernels.table.pointee.rms_norm(
          x.pointer + row * width, weight.pointer, offset, epsilon, width, y.pointer + row * width)
        inverseRMS?.pointer[row] = inverse
      }
    }
  }

  /// The gradients of ``rmsNorm(_:weight:offset:epsilon:into:inverseRMS:)``: dx = or += (accumulating), `weightGradient`
  /// [D] += one chain over the rows in order. dx may be dy.
  public func rmsNormBackward(
    _ dy: Tensor, x: Tensor, weight: Tensor, offset: Float = 0, inverseRMS: Tensor, into dx: Tensor,
    accumulate: Bool, weightGradient: Tensor? = nil
  ) {
    let width = weight.count
    let rows = rowCount(x, of: width)
    precondition(
      dy.count == x.count && dx.count == x.count && inverseRMS.count == rows
        && (weightGradient.map { $0.count == width } ?? true),
      "backward of the norm of \(x.shape) by \(weight.shape)")
    let kernels = KernelTable(kernels)
    if let weightGradient {
      parallel(width, grain: 64) { columns in
        let first = columns.lowerBound
        kernels.table.pointee.rms_norm_weight_backward(
          dy.pointer + first, x.pointer + first, inverseRMS.pointer, rows, width, columns.count,
          weightGradient.pointer + first)
      }
    }
    parallel(rows, grain: grain(width)) { rows in
      for row in rows {
        let offsets = row * width
        kernels.table.pointee.rms_norm_backward(
          dy.pointer + offsets, x.pointer + offsets, weight.pointer, offset, inverseRMS.pointer[row], width,
          dx.pointer + offsets, accumulate)
      }
    }
  }

  /// Layer normalisation of each row: y = (x - mean) / sqrt(mean((x - mean)²) + epsilon) * weight + bias, as
  /// torch.nn.LayerNorm.
  ///
  /// Shapes: x and y [T, D], weight and bias [D], `mean` and `inverseDeviation` [T] (what the backward pass needs). y may
  /// be x.
  public func layerNorm(
    _ x: Tensor, weight: Tensor, bias: Tensor?, epsilon: Float, into y: Tensor, mean: Tensor? = nil,
    inverseDeviation: Tensor? = nil
  ) {
    let width = weight.count
    let rows = rowCount(x, of: width)
    precondition(
      y.count == x.count && [mean, inverseDeviation].allSatisfy { $0.map { $0.count == rows } ?? true }
        && (bias.map { $0.count == width } ?? true),
      "layer norm of \(x.shape) by \(weight.shape) into \(y.shape)")
    let kernels = KernelTable(kernels)
    parallel(rows, grain: grain(width)) { rows in
      for row in rows {
        var center: Float = 0
        let inverse = kernels.table.pointee.layer_norm(
          x.pointer + row * width, weight.pointer, bias?.pointer, epsilon, width, y.pointer + row * width,
          &center)
        mean?.pointer[row] = center
        inverseDeviation?.pointer[row] = inverse
      }
    }
  }

  /// The gradients of ``layerNorm(_:weight:bias:epsilon:into:mean:inverseDeviation:)``: dx = or += (accumulating);
  /// `weightGradient` and `biasGradient` [D] += one chain over the rows in order. dx may be dy.
  public func layerNormBackward(
    _ dy: Tensor, x: Tensor, weight: Tensor, mean: Tensor, inverseDeviation: Tensor, into dx: Tensor,
    accumulate: Bool, weightGradient: Tensor?, biasGradient: Tensor?
  ) {
    let width = weight.count
    let rows = rowCount(x, of: width)
    precondition(
      dy.count == x.count && dx.count == x.count && mean.count == rows && inverseDeviation.count == rows
        && (weightGradient.map { $0.count == width } ?? true),
      "backward of the layer norm of \(x.shape) by \(weight.shape)")
    let kernels = KernelTable(kernels)
    if let weightGradient {
      parallel(width, grain: 64) { columns in
        let first = columns.lowerBound
        kernels.table.pointee.layer_norm_weight_backward(
          dy.pointer + first, x.pointer + first, mean.pointer, inverseDeviation.pointer, rows, width,
          columns.count, weightGradient.pointer + first)
      }
    }
    if let biasGradient { biasBackward(dy, into: biasGradient) }
    parallel(rows, grain: grain(width)) { rows in
      for row in rows {
        let offset = row * width
        kernels.table.pointee.layer_norm_backward(
          dy.pointer + offset, x.pointer + offset, weight.pointer, mean.pointer[row],
          inverseDeviation.pointer[row], width, dx.pointer + offset, accumulate)
      }
    }
  }

  /// The rows of x, each of `width` elements.
  private func rowCount(_ x: Tensor, of width: Int) -> Int {
    precondition(x.columns == width, "norm of \(x.shape) by \(width) weights")
    return width == 0 ? 0 : x.count / width
  }
}
