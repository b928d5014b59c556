extension NDArray {
  /// The slices of an axis that indices of any shape name, as numpy.take: result [..., indices..., ...].
  ///
  /// With a table [V, D] and axis 0 this is an embedding. Elements may be of any type.
  ///
  /// - Throws: `invalidArgument` for an index outside the axis.
  public func taken(_ indices: NDArray, axis: Int = 0, on runtime: Runtime = .shared) throws(HoldfastError)
    -> NDArray
  {
    let axis = try Extents.axis(axis, of: rank)
    let places = try indices.places(in: shape[axis], on: runtime)
    let source = try contiguous(on: runtime)
    let result = try NDArray(
      uninitialized: Array(shape[..<axis]) + indices.shape + Array(shape[(axis + 1)...]), type: type)
    let bytes = type.size * shape[(axis + 1)...].reduce(1, *)
    let (extent, number) = (shape[axis], indices.count)
    guard result.count > 0 else { return result }
    let (from, to) = (SharedBytes(pointer: source.pointer), SharedBytes(pointer: result.pointer))
    runtime.parallel(result.count * type.size / bytes, grain: runtime.grain(bytes / 4)) { range in
      for index in range {
        let row = index / number * extent + places.numbers[index % number]
        (to.pointer + index * bytes).copyMemory(from: from.pointer + row * bytes, byteCount: bytes)
      }
    }
    return result
  }

  /// The gradient of the table of ``taken(_:axis:on:)`` along axis 0: the gradients of its rows, summed in the order of the
  /// indices, in a table [V, ...].
  public static func takenBackward(
    _ gradient: NDArray, indices: NDArray, rows: Int, on runtime: Runtime = .shared
  ) throws(HoldfastError) -> NDArray {
    let inner = Array(gradient.shape.dropFirst(indices.rank))
    guard rows >= 0 else { throw HoldfastError(.invalidArgument, "a table of \(rows) rows") }
    _ = try Extents.count([rows] + inner, size: MemoryLayout<Float>.size)
    try gradient.expect(indices.shape + inner, "gradient")
    let places = try indices.places(in: rows, on: runtime)
    let dy = try gradient.tensor("gradient", on: runtime)
    let table = try Tensor(zeros: [rows] + inner)
    guard dy.count > 0 else { return NDArray(table) }
    guard rows <= Int(Int32.max) else { throw HoldfastError(.invalidArgument, "a table of \(rows) rows") }
    runtime.embedBackward(
      dy, tokens: places.numbers.map { Int32(truncatingIfNeeded: $0) },
      into: table.reshaped([rows, inner.reduce(1, *)]))
    return NDArray(table)
  }

  /// The elements that indices name along an axis, as torch.gather: result[..., i, ...] = x[..., indices[..., i, ...], ...].
  ///
  /// - Parameter indices: as many axes as x, and as long as x along all but `axis`.
  /// - Throws: `invalidArgument` for other shapes or an index outside the axis.
  public func gathered(_ indices: NDArray, axis: Int, on runtime: Runtime = .shared) throws(HoldfastError)
    -> NDArray
  {
    let axis = try Extents.axis(axis, of: rank)
    guard indices.rank == rank, shape.indices.allSatisfy({ $0 == axis || shape[$0] == indices.shape[$0] })
    else {
      throw HoldfastError(
        .invalidArgument,
        "indices of shape \(indices.shape) for a tensor of shape \(shape); only axis \(axis) may differ")
    }
    let places = try indices.places(in: shape[axis], on: runtime)
    let source = try contiguous(on: runtime)
    let result = try NDArray(uninitialized: indices.shape, type: type)
    let inner = shape[(axis + 1)...].reduce(1, *)
    let (from, to, size) = (
      SharedBytes(pointer: source.pointer), SharedBytes(pointer: result.pointer), type.size
    )
    let (extent, taken) = (shape[axis], indices.shape[axis])
    runtime.parallel(result.count, grain: 16_384) { range in
      for index in range {
        let (outer, column) = (index / (taken * inner), index % inner)
        let place = (outer * extent + places.numbers[index]) * inner + column
        (to.pointer + index * size).copyMemory(from: from.pointer + place * size, byteCount: size)
      }
    }
    return result
  }

  /// The elements as indices of an axis, each of which must be one.
  private func places(in extent: Int, on runtime: Runtime) throws(HoldfastError) -> Places {
    let numbers = try integers("indices", on: runtime)
    let places = UnsafeBufferPointer(start: numbers.pointer.assumingMemoryBound(to: Int.self), count: count)
    if let wrong = places.firstIndex(where: { $0 < 0 || $0 >= extent }) {
      throw HoldfastError(
        .invalidArgument, "index \(wrong) is \(places[wrong]), outside an axis of \(extent)")
    }
    return Places(numbers: places, owner: numbers)
  }
}

/// Indices that were checked, and their memory.
private struct Places: @unchecked Sendable {
  let numbers: UnsafeBufferPointer<Int>
  let owner: NDArray
}
