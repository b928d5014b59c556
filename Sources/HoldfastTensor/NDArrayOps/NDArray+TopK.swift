extension NDArray {
  /// The k largest elements along an axis, the largest first, and their int64 positions; or the smallest.
  ///
  /// Of equals the first comes first; NaN counts as larger than ∞, as in PyTorch and NumPy's sort.
  ///
  /// - Throws: `invalidArgument` for a k above the extent of the axis.
  public func topK(_ k: Int, axis: Int = -1, largest: Bool = true, on runtime: Runtime = .shared)
    throws(HoldfastError) -> (values: NDArray, positions: NDArray)
  {
    let axis = try Extents.axis(axis, of: rank)
    guard k >= 0, k <= shape[axis] else {
      throw HoldfastError(
        .invalidArgument, "the top \(k) of \(shape[axis]) elements along axis \(axis) of \(shape)")
    }
    let lines = try movingToEnd(axis)
    let x = try lines.tensor("x", on: runtime)
    let width = x.columns
    let values = try Tensor(uninitialized: lines.shape.dropLast() + [k])
    let positions = try NDArray(uninitialized: lines.shape.dropLast() + [k], type: .int64)
    let places = SharedBytes(pointer: positions.pointer)
    runtime.parallel(k == 0 ? 0 : values.count / k, grain: runtime.grain(width)) { rows in
      for row in rows {
        let line = x.pointer + row * width
        let place = places.pointer.assumingMemoryBound(to: Int64.self) + row * k
        selectTop(line, width, k, place) {
          largest ? follows(line[$1], line[$0]) : follows(line[$0], line[$1])
        }
        for i in 0..<k { values.pointer[row * k + i] = line[Int(place[i])] }
      }
    }
    return (
      try NDArray(values).movingFromEnd(axis, on: runtime), try positions.movingFromEnd(axis, on: runtime)
    )
  }
}

/// Whether b is larger than a, where NaN is the largest.
private func follows(_ a: Float, _ b: Float) -> Bool { a < b || (b.isNaN && !a.isNaN) }

/// The k positions that no other is preferred to, in order, the first of equals first: a heap whose root is the worst of
/// the best so far, then taken apart.
private func selectTop(
  _ line: UnsafePointer<Float>, _ count: Int, _ k: Int, _ heap: UnsafeMutablePointer<Int64>,
  _ isBetter: (Int, Int) -> Bool
) {
  /// Whether a comes after b in the result.
  func isWorse(_ a: Int64, _ b: Int64) -> Bool {
    let (a, b) = (Int(a), Int(b))
    return isBetter(b, a) || (!isBetter(a, b) && a > b)
  }
  func sink(_ start: Int, _ size: Int) {
    var parent = start
    while 2 * parent + 1 < size {
      var child = 2 * parent + 1
      if child + 1 < size, isWorse(heap[child + 1], heap[child]) { child += 1 }
      guard isWorse(heap[child], heap[parent]) else { return }
      (heap[parent], heap[child]) = (heap[child], heap[parent])
      parent = child
    }
  }
  for i in 0..<k { heap[i] = Int64(i) }
  for i in (0..<k / 2).reversed() { sink(i, k) }
  for i in k..<count where isWorse(heap[0], Int64(i)) {
    heap[0] = Int64(i)
    sink(0, k)
  }
  for size in stride(from: k - 1, to: 0, by: -1) {
    (heap[0], heap[size]) = (heap[size], heap[0])
    sink(0, size)
  }
}
