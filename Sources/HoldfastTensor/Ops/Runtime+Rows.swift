internal import CHoldfastKernels

extension Runtime {
  /// RMS normalisation of each row: y = x / sqrt(mean(x²) + epsilon) * weight.
  ///
  /// Shapes: x and y [T, D], weight [D], `inverseRMS` [T] (what the backward pass needs). y may be x.
  public func rmsNorm(_ x: Tensor, weight: Tensor, epsilon: Float, into y: Tensor, inverseRMS: Tensor? = nil)
  {
    let width = weight.count
    precondition(x.columns == width && y.count == x.count, "norm of \(x.shape) by \(weight.shape)")
    let kernels = KernelTable(kernels)
    parallel(x.count / width, grain: grain(width)) { rows in
      for row in rows {
        let inverse = kernels.table.pointee.rms_norm(
          x.pointer + row * width, weight.pointer, epsilon, width, y.pointer + row * width)
        inverseRMS?.pointer[row] = inverse
      }
    }
  }

  /// The gradients of ``rmsNorm(_:weight:epsilon:into:inverseRMS:)``: dx = or += (accumulating), `weightGradient` [D] +=
  /// one chain over the tokens in order. dx may be dy.
  public func rmsNormBackward(
    _ dy: Tensor, x: Tensor, weight: Tensor, inverseRMS: Tensor, into dx: Tensor, accumulate: Bool,
    weightGradient: Tensor? = nil
  ) {
    let width = weight.count
    let rows = x.count / width
    precondition(
      dy.count == x.count && dx.count == x.count && x.columns == width && inverseRMS.count == rows,
      "backward of the norm of \(x.shape) by \(weight.shape)")
    let kernels = KernelTable(kernels)
    if let weightGradient {
      parallel(width, grain: 64) { columns in
        kernels.table.pointee.rms_norm_weight_backward(
          dy.pointer + columns.lowerBound, x.pointer + columns.lowerBound, inverseRMS.pointer, rows, width,
          columns.count, weightGradient.pointer + columns.lowerBound)
      }
    }
    parallel(rows, grain: grain(width)) { rows in
      for row in rows {
        let offset = row * width
        kernels.table.pointee.rms_norm_backward(
          dy.pointer + offset, x.pointer + offset, weight.pointer, inverseRMS.pointer[row], width,
          dx.pointer + offset,
          accumulate)
      }
    }
  }

  /// Rotary position embedding, in place, in the half-rotation layout: elements i and i + E/2 of a head are a pair.
  ///
  /// Shapes: x [T, heads * E], `positions` [T], `cosines` and `sines` [P, E/2]. `inverse` rotates back, which is the
  /// gradient.
  public func rotate(
    _ x: Tensor, positions: [Int32], cosines: Tensor, sines: Tensor, heads: Int, inverse: Bool = false
  ) {
    let half = cosines.columns
    let width = 2 * half * heads
    precondition(x.count == positions.count * width && sines.count == cosines.count, "rotating \(x.shape)")
    let limit = cosines.count / half
    let kernels = KernelTable(kernels)
    parallel(positions.count, grain: grain(width)) { rows in
      for row in rows {
        let position = Int(positions[row])
        precondition(position >= 0 && position < limit, "position \(position) of \(limit)")
        for head in 0..<heads {
          kernels.table.pointee.rotate(
            x.pointer + row * width + head * 2 * half, cosines.pointer + position * half,
            sines.pointer + position * half,
            half, inverse ? -1 : 1)
        }
      }
    }
  }

  /// h = silu(gate) * up, element by element; h may be either.
  public func swiGLU(gate: Tensor, up: Tensor, into h: Tensor) {
    precondition(gate.count == up.count && gate.count == h.count, "SwiGLU of \(gate.shape) and \(up.shape)")
    let kernels = KernelTable(kernels)
    parallel(gate.count, grain: 16_384) { r in
      let i = r.lowerBound
      kernels.table.pointee.swiglu(gate.pointer + i, up.pointer + i, r.count, h.pointer + i)
    }
  }

  /// The gradients of ``swiGLU(gate:up:into:)``; the results may be any of the inputs.
  public func swiGLUBackward(_ dh: Tensor, gate: Tensor, up: Tensor, into dgate: Tensor, _ dup: Tensor) {
    precondition(
      dh.count == gate.count && gate.count == up.count && dgate.count == gate.count
        && dup.count == gate.count,
      "backward of SwiGLU of \(gate.shape) and \(up.shape)")
    let kernels = KernelTable(kernels)
    parallel(gate.count, grain: 16_384) { r in
      let i = r.lowerBound
      kernels.table.pointee.swiglu_backward(
        dh.pointer + i, gate.pointer + i, up.pointer + i, r.count, dgate.pointer + i, dup.pointer + i)
    }
  }

  /// y += x.
  public func add(_ x: Tensor, into y: Tensor) {
    precondition(x.count == y.count, "adding \(x.shape) to \(y.shape)")
    let kernels = KernelTable(kernels)
    parallel(x.count, grain: 65_536) { r in
      kernels.table.pointee.add(x.pointer + r.lowerBound, r.count, y.pointer + r.lowerBound)
    }
  }

  /// Rows of a width that make a task worth sharing out.
  func grain(_ width: Int) -> Int { Swift.max(1, 8_192 / Swift.max(width, 1)) }
}
