internal import CHoldfastKernels

/// What becomes of the elements along some axes.
public enum Reduction: Int32, Sendable, CaseIterable {
  /// Their sum, kept in double precision and rounded once; 0 of none.
  case sum = 0
  /// Their mean, likewise; NaN of none.
  case mean = 1
  /// The largest; NaN if there is one, as in NumPy and PyTorch.
  case maximum = 2
  /// The smallest; NaN if there is one.
  case minimum = 3
  /// log(Σ exp(x)), without overflow; -∞ of none.
  case logSumExp = 4
  /// The int64 position of the largest, the first of equals; a NaN counts as the largest.
  case argmax = 5
  /// The int64 position of the smallest, the first of equals; a NaN counts as the smallest.
  case argmin = 6
}

extension NDArray {
  /// Reduces some axes; nil stands for all.
  ///
  /// - Parameter keepAxes: whether reduced axes stay, with an extent of 1.
  /// - Throws: `invalidArgument` for an axis there is not or named twice, the largest or smallest of no elements, or a
  ///   position along several axes that are not all.
  public func reduced(
    _ reduction: Reduction, axes: [Int]? = nil, keepAxes: Bool = false, on runtime: Runtime = .shared
  ) throws(HoldfastError) -> NDArray {
    var named: [Int] = []
    for axis in axes ?? Array(0..<rank) {
      let axis = try Extents.axis(axis, of: rank)
      guard !named.contains(axis) else {
        throw HoldfastError(.invalidArgument, "axis \(axis) is reduced twice")
      }
      named.append(axis)
    }
    let isPosition = reduction == .argmax || reduction == .argmin
    guard !isPosition || named.count == 1 || named.count == rank else {
      throw HoldfastError(
        .invalidArgument, "a position along the axes \(named) of \(rank); name one axis or all")
    }
    named.sort()
    let kept = (0..<rank).filter { !named.contains($0) }
    let length = named.reduce(1) { $0 * shape[$1] }
    let result = kept.map { shape[$0] }
    if length == 0, reduction != .sum, reduction != .mean, reduction != .logSumExp,
      result.allSatisfy({ $0 > 0 })
    {
      throw HoldfastError(
        .invalidArgument, "there is no largest or smallest of the elements along axes \(named) of \(shape)")
    }
    let x = try transposed(kept + named).tensor("x", on: runtime)
    let rows = result.reduce(1, *)
    let y = try NDArray(uninitialized: result, type: isPosition ? .int64 : .float32)
    try runtime.reduce(x, reduction, rows: rows, length: length, into: SharedBytes(pointer: y.pointer))
    guard keepAxes else { return y }
    return try y.reshaped(shape.indices.map { named.contains($0) ? 1 : shape[$0] })
  }

  /// The sum over what broadcasting from a shape repeated, in that shape.
  func summed(to wanted: [Int], on runtime: Runtime) throws(HoldfastError) -> NDArray {
    let extra = rank - wanted.count
    let axes = (0..<rank).filter { $0 < extra || (wanted[$0 - extra] == 1 && shape[$0] != 1) }
    return axes.isEmpty ? self : try reduced(.sum, axes: axes, on: runtime).reshaped(wanted)
  }
}

extension Runtime {
  /// Reduces each of some rows of x, one after another in memory.
  func reduce(_ x: Tensor, _ reduction: Reduction, rows: Int, length: Int, into result: SharedBytes)
    throws(HoldfastError)
  {
    let y = SharedMemory(pointer: result.pointer.assumingMemoryBound(to: Float.self))
    let kernels = KernelTable(kernels)
    switch reduction {
    case .sum: try sums(x, rows: rows, length: length) { y.pointer[$0] = Float($1) }
    case .mean: try sums(x, rows: rows, length: length) { y.pointer[$0] = Float($1 / Double(length)) }
    case .logSumExp:
      parallel(rows, grain: grain(length)) { range in
        for row in range {
          let values = x.pointer + row * length
          y.pointer[row] = length == 0 ? -.infinity : kernels.table.pointee.log_sum_exp(values, length)
          // A row of -∞ alone, or with ∞, has a difference of infinities inside.
          if y.pointer[row].isNaN, let top = extreme(values, length, by: >) { y.pointer[row] = values[top] }
        }
      }
    case .maximum, .minimum, .argmax, .argmin:
      let isLargest = reduction == .maximum || reduction == .argmax
      parallel(rows, grain: grain(length)) { range in
        for row in range {
          let values = x.pointer + row * length
          guard let place = isLargest ? extreme(values, length, by: >) : extreme(values, length, by: <) else {
            continue
          }
          if reduction == .argmax || reduction == .argmin {
            result.pointer.storeBytes(of: Int64(place), toByteOffset: 8 * row, as: Int64.self)
          } else {
            y.pointer[row] = values[place]
          }
        }
      }
    }
  }

  /// The sum of each row: of blocks of 65,536 elements in order, each of eight strided sums, all in double precision.
  func sums(_ x: Tensor, rows: Int, length: Int, _ put: (Int, Double) -> Void) throws(HoldfastError) {
    let block = 65_536
    let blocks = Swift.max(1, (length + block - 1) / block)
    let memory = try TensorMemory(floats: 2 * rows * blocks)
    let partial = SharedBytes(pointer: UnsafeMutableRawPointer(memory.pointer))
    parallel(rows * blocks, grain: grain(Swift.min(length, block))) { range in
      for index in range {
        let start = index % blocks * block
        let sum = laneSum(x.pointer + index / blocks * length + start, Swift.min(block, length - start))
        partial.pointer.storeBytes(of: sum, toByteOffset: 8 * index, as: Double.self)
      }
    }
    let sums = partial.pointer.assumingMemoryBound(to: Double.self)
    for row in 0..<rows {
      var sum = 0.0
      for index in row * blocks..<(row + 1) * blocks { sum += sums[index] }
      put(row, sum)
    }
    withExtendedLifetime(memory) {}
  }
}

/// The sum of some elements in double precision, in an order that depends on their number alone.
func laneSum(_ x: UnsafePointer<Float>, _ count: Int) -> Double {
  var lanes = SIMD8<Double>.zero
  let whole = count & ~7
  for i in stride(from: 0, to: whole, by: 8) {
    lanes += SIMD8<Double>(UnsafeRawPointer(x + i).loadUnaligned(as: SIMD8<Float>.self))
  }
  for i in whole..<count { lanes[i - whole] += Double(x[i]) }
  return lanes.sum()
}

/// The position of the first NaN, or else of the first element that no other precedes; nil of none.
private func extreme(_ x: UnsafePointer<Float>, _ count: Int, by precedes: (Float, Float) -> Bool) -> Int? {
  guard count > 0 else { return nil }
  var best = 0
  for i in 0..<count {
    if x[i].isNaN { return i }
    if precedes(x[i], x[best]) { best = i }
  }
  return best
}
