internal import CHoldfastKernels

extension Runtime {
  /// Rotary position embedding, in place, in the half-rotation layout: of the first R elements of a head, i and i + R/2 are
  /// a pair; the rest of the head stays.
  ///
  /// Shapes: x [T, heads * E], `positions` [T], `cosines` and `sines` [P, R/2], R at most E. `inverse` rotates back, which
  /// is the gradient.
  public func rotate(
    _ x: Tensor, positions: [Int32], cosines: Tensor, sines: Tensor, heads: Int, inverse: Bool = false
  ) {
    let half = cosines.columns
    guard !positions.isEmpty, half > 0 else { return }
    let width = x.count / positions.count / heads
    precondition(
      x.count == positions.count * heads * width && 2 * half <= width && sines.count == cosines.count,
      "rotating \(2 * half) elements of each head of \(x.shape), \(heads) heads")
    let limit = cosines.count / half
    let kernels = KernelTable(kernels)
    parallel(positions.count, grain: grain(heads * width)) { rows in
      for row in rows {
        let position = Int(positions[row])
        precondition(position >= 0 && position < limit, "position \(position) of \(limit)")
        for head in 0..<heads {
          kernels.table.pointee.rotate(
            x.pointer + (row * heads + head) * width, cosines.pointer + position * half,
            sines.pointer + position * half, half, inverse ? -1 : 1)
        }
      }
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

  /// y [M, N] += b [N], row by row.
  public func addBias(_ b: Tensor, into y: Tensor) {
    let width = b.count
    guard width > 0 else { return }
    precondition(y.columns == width, "adding a bias of \(b.shape) to \(y.shape)")
    let kernels = KernelTable(kernels)
    parallel(y.count / width, grain: grain(width)) { rows in
      for row in rows { kernels.table.pointee.add(b.pointer, width, y.pointer + row * width) }
    }
  }

  /// db [N] += the rows of dy [M, N], one chain over them in order, which goes on from db.
  public func biasBackward(_ dy: Tensor, into db: Tensor) {
    let width = db.count
    guard width > 0 else { return }
    precondition(dy.columns == width, "the gradient of a bias of \(db.shape) from \(dy.shape)")
    let rows = dy.count / width
    let kernels = KernelTable(kernels)
    parallel(width, grain: 64) { columns in
      let first = columns.lowerBound
      kernels.table.pointee.sum_rows(dy.pointer + first, rows, width, columns.count, db.pointer + first)
    }
  }

  /// x *= factor.
  public func scale(_ x: Tensor, by factor: Float) {
    let kernels = KernelTable(kernels)
    parallel(x.count, grain: 65_536) { r in
      kernels.table.pointee.scale(x.pointer + r.lowerBound, r.count, factor)
    }
  }

  /// x = cap * tanh(x / cap), which keeps every element within ±cap; `cap` is positive.
  ///
  /// Source: Gemma 2 (arXiv 2408.00118), section 2. The hyperbolic tangent is within 1.4 ulp.
  public func softcap(_ x: Tensor, cap: Float) {
    precondition(cap > 0, "a softcap of \(cap)")
    let kernels = KernelTable(kernels)
    parallel(x.count, grain: 16_384) { r in
      kernels.table.pointee.softcap(x.pointer + r.lowerBound, r.count, cap)
    }
  }

  /// dy *= 1 - (y / cap)², where y is what ``softcap(_:cap:)`` gave: the gradient of its input.
  public func softcapBackward(_ dy: Tensor, capped y: Tensor, cap: Float) {
    precondition(dy.count == y.count && cap > 0, "backward of a softcap of \(cap) of \(y.shape)")
    let kernels = KernelTable(kernels)
    parallel(y.count, grain: 16_384) { r in
      kernels.table.pointee.softcap_backward(
        dy.pointer + r.lowerBound, y.pointer + r.lowerBound, r.count, cap)
    }
  }

  /// Rows of a width that make a task worth sharing out.
  func grain(_ width: Int) -> Int { Swift.max(1, 8_192 / Swift.max(width, 1)) }
}
