extension NDArray {
  /// The matrix product of the last two axes, C [..., M, N] = op(A) op(B), where op transposes if asked to.
  ///
  /// A is [..., M, K], or [..., K, M] when transposed; B is [..., K, N], or [..., N, K] when transposed. The other axes
  /// are batches and broadcast. As in NumPy an operand of one axis is a row of A or a column of B, and its axis is gone
  /// from the result; it cannot be transposed. An element's bits are the engine's (docs/architecture.md): they depend on
  /// its row, its column and K alone.
  public func matmul(
    _ other: NDArray, transposeA: Bool = false, transposeB: Bool = false, on runtime: Runtime = .shared
  ) throws(HoldfastError) -> NDArray {
    let plan = try MatrixProduct(self, other, transposeA, transposeB, runtime)
    return plan.squeezed(try plan.run(on: runtime))
  }

  /// The gradients of ``matmul(_:transposeA:transposeB:on:)``, in the shapes of A and B; batches an operand was repeated
  /// over are summed.
  public static func matmulBackward(
    _ gradient: NDArray, _ a: NDArray, _ b: NDArray, transposeA: Bool = false, transposeB: Bool = false,
    on runtime: Runtime = .shared
  ) throws(HoldfastError) -> (a: NDArray, b: NDArray) {
    let plan = try MatrixProduct(a, b, transposeA, transposeB, runtime)
    guard gradient.shape == plan.resultShape else {
      throw HoldfastError(
        .invalidArgument,
        "the gradient has the shape \(gradient.shape), but the product of \(a.shape) and \(b.shape) has \(plan.resultShape)"
      )
    }
    let dc = try gradient.reshaped(plan.fullShape)
    let (wideA, wideB) = (plan.a.array, plan.b.array)
    let da =
      transposeA
      ? try wideB.matmul(dc, transposeA: transposeB, transposeB: true, on: runtime)
      : try dc.matmul(wideB, transposeB: !transposeB, on: runtime)
    let db =
      transposeB
      ? try dc.matmul(wideA, transposeA: true, transposeB: transposeA, on: runtime)
      : try wideA.matmul(dc, transposeA: !transposeA, on: runtime)
    return (
      try da.summed(to: wideA.shape, on: runtime).reshaped(a.shape),
      try db.summed(to: wideB.shape, on: runtime).reshaped(b.shape)
    )
  }
}

/// A product whose shapes were checked.
private struct MatrixProduct {
  /// An operand of at least two axes: M or N, and K, with the steps between their elements.
  struct Operand {
    let array: NDArray
    let outer: (extent: Int, step: Int)
    let inner: (extent: Int, step: Int)
    private let isTransposed: Bool

    /// The last two axes are outer and inner, or the reverse when transposed.
    init(_ array: NDArray, isTransposed: Bool) {
      let (last, before) = (array.rank - 1, array.rank - 2)
      let (outer, inner) = isTransposed ? (last, before) : (before, last)
      self.array = array
      self.outer = (array.shape[outer], array.strides[outer])
      self.inner = (array.shape[inner], array.strides[inner])
      self.isTransposed = isTransposed
    }

    /// Whether it lies as [outer, inner] without gaps.
    var isRows: Bool {
      (inner.step == 1 || inner.extent == 1) && (outer.step == inner.extent || outer.extent == 1)
    }

    /// Whether it lies as [inner, outer] without gaps.
    var isColumns: Bool {
      (outer.step == 1 || outer.extent == 1) && (inner.step == outer.extent || inner.extent == 1)
    }

    /// The operand in one of these two layouts, which products pack their right side from.
    func packable(on runtime: Runtime) throws(HoldfastError) -> Operand {
      isRows || isColumns ? self : Operand(try array.copied(on: runtime), isTransposed: isTransposed)
    }
  }

  let a: Operand
  let b: Operand
  let batch: [Int]
  private let aIsVector: Bool
  private let bIsVector: Bool

  init(_ a: NDArray, _ b: NDArray, _ transposeA: Bool, _ transposeB: Bool, _ runtime: Runtime)
    throws(HoldfastError)
  {
    let (left, right) = (try a.float32("a", on: runtime), try b.float32("b", on: runtime))
    guard left.rank > 0, right.rank > 0 else {
      throw HoldfastError(
        .invalidArgument, "a matrix product of the shapes \(a.shape) and \(b.shape); a scalar has no axis")
    }
    (aIsVector, bIsVector) = (left.rank == 1, right.rank == 1)
    guard !(aIsVector && transposeA), !(bIsVector && transposeB) else {
      throw HoldfastError(.invalidArgument, "an operand of one axis cannot be transposed")
    }
    self.a = Operand(aIsVector ? left.inserting(axis: 0) : left, isTransposed: transposeA)
    self.b = Operand(bIsVector ? right.inserting(axis: 1) : right, isTransposed: !transposeB)
    guard self.a.inner.extent == self.b.inner.extent else {
      throw HoldfastError(
        .invalidArgument,
        "a matrix product of the shapes \(a.shape)\(transposeA ? ", transposed," : "") and "
          + "\(b.shape)\(transposeB ? ", transposed" : ""): \(self.a.inner.extent) terms meet \(self.b.inner.extent)"
      )
    }
    batch = try Extents.broadcast(
      Array(self.a.array.shape.dropLast(2)), Array(self.b.array.shape.dropLast(2)))
  }

  /// The shape with M and N, even those of vectors.
  var fullShape: [Int] { batch + [a.outer.extent, b.outer.extent] }

  /// The shape of the result.
  var resultShape: [Int] { batch + (aIsVector ? [] : [a.outer.extent]) + (bIsVector ? [] : [b.outer.extent]) }

  /// The result without the axes of vectors.
  func squeezed(_ result: Tensor) -> NDArray { NDArray(result.reshaped(resultShape)) }

  func run(on runtime: Runtime) throws(HoldfastError) -> Tensor {
    _ = try Extents.count(fullShape, size: 4)
    let (m, n, k) = (a.outer.extent, b.outer.extent, a.inner.extent)
    let batches = batch.reduce(1, *)
    let result = try Tensor(uninitialized: [batches, m * n])
    guard result.count > 0 else { return result }
    guard k > 0 else {
      result.fill(0)
      return result
    }
    let right = try b.packable(on: runtime)
    let left = a.array
    let (row, step) = (a.outer.step, a.inner.step)
    let (leftSteps, rightSteps) = (batchSteps(left), batchSteps(right.array))
    let (leftMemory, rightMemory) = (
      SharedBytes(pointer: left.pointer), SharedBytes(pointer: right.array.pointer)
    )
    let (batch, isRows) = (batch, right.isRows)
    @Sendable func multiply(_ index: Int) {
      let x = leftMemory.pointer.assumingMemoryBound(to: Float.self) + Extents.offset(index, batch, leftSteps)
      let w =
        rightMemory.pointer.assumingMemoryBound(to: Float.self) + Extents.offset(index, batch, rightSteps)
      runtime.product(
        LeftOperand(pointer: x, row: row, step: step), isRows ? .rows(w) : .columns(w),
        into: result.row(index), m: m,
        n: n, k: k, accumulate: false)
    }
    let watch = MemoryWatch()
    if batches < 2 * runtime.threadCount {
      for index in 0..<batches { multiply(index) }
    } else {
      runtime.parallel(batches) { for index in $0 { multiply(index) } }
    }
    try watch.check()
    return result
  }

  /// From one batch to the next along each batch axis; 0 where the operand is repeated.
  private func batchSteps(_ operand: NDArray) -> [Int] {
    let own = operand.rank - 2
    return batch.indices.map { axis in
      let mine = axis - batch.count + own
      return mine < 0 || operand.shape[mine] == 1 ? 0 : operand.strides[mine]
    }
  }
}
