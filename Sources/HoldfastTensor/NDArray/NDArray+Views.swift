extension NDArray {
  /// The number of axes.
  public var rank: Int { shape.count }

  /// Whether the elements lie one after another in row-major order.
  public var isContiguous: Bool {
    guard count > 0 else { return true }
    return zip(zip(shape, strides), Extents.rowMajor(shape)).allSatisfy { $0.0 == 1 || $0.1 == $1 }
  }

  /// A view whose axes are these, in this order; nil reverses them.
  public func transposed(_ axes: [Int]? = nil) throws(HoldfastError) -> NDArray {
    var order: [Int] = []
    for axis in axes ?? Array((0..<rank).reversed()) { order.append(try Extents.axis(axis, of: rank)) }
    guard order.count == rank, Set(order).count == rank else {
      throw HoldfastError(.invalidArgument, "axes \(order) do not name each of the \(rank) axes once")
    }
    return view(order.map { shape[$0] }, order.map { strides[$0] })
  }

  /// A view of every `step`th index of one axis, from `start` towards `stop` without reaching it.
  ///
  /// As in Python, negative bounds count from the end, and bounds outside the axis are moved to its ends; nil stands for
  /// the end that the step comes from or goes to.
  public func slice(axis: Int, start: Int? = nil, stop: Int? = nil, step: Int = 1) throws(HoldfastError)
    -> NDArray
  {
    let axis = try Extents.axis(axis, of: rank)
    guard step != 0, step != .min else {
      throw HoldfastError(.invalidArgument, "a slice with a step of \(step)")
    }
    let extent = shape[axis]
    let (low, high) = step > 0 ? (0, extent) : (-1, extent - 1)
    func place(_ bound: Int?, _ missing: Int) -> Int {
      guard let bound else { return missing }
      return Swift.min(Swift.max(bound < 0 ? bound + extent : bound, low), high)
    }
    let first = place(start, step > 0 ? low : high)
    let last = place(stop, step > 0 ? high : low)
    let distance = step > 0 ? last - first : first - last
    let length = distance <= 0 ? 0 : (distance - 1) / Int(step.magnitude) + 1
    var (shape, strides) = (shape, strides)
    shape[axis] = length
    // With fewer than two elements the stride is of no use, and step * stride could overflow.
    strides[axis] = length > 1 ? strides[axis] * step : self.strides[axis]
    return view(shape, strides, offset: length == 0 ? 0 : first * self.strides[axis])
  }

  /// A view of any layout within the elements this one spans.
  ///
  /// - Parameter offset: from this view's first element to the new one's, in elements.
  public func strided(_ shape: [Int], _ strides: [Int], offset: Int) throws(HoldfastError) -> NDArray {
    let count = try Extents.count(shape, size: type.size)
    guard strides.count == shape.count else {
      throw HoldfastError(.invalidArgument, "\(strides.count) strides for the shape \(shape)")
    }
    guard count > 0 else { return view(shape, Extents.rowMajor(shape)) }
    guard let mine = Extents.reach(self.shape, self.strides), let wanted = Extents.reach(shape, strides),
      case (let low, false) = wanted.lowerBound.addingReportingOverflow(offset),
      case (let high, false) = wanted.upperBound.addingReportingOverflow(offset),
      mine.contains(low), mine.contains(high)
    else {
      throw HoldfastError(
        .invalidArgument,
        "a view of shape \(shape), strides \(strides) and offset \(offset) leaves the tensor of shape \(self.shape)"
      )
    }
    return view(shape, strides, offset: offset)
  }

  /// A view that repeats this array along axes that are missing or have an extent of 1, as NumPy broadcasts.
  public func broadcast(to wanted: [Int]) throws(HoldfastError) -> NDArray {
    _ = try Extents.count(wanted, size: type.size)
    let extra = wanted.count - rank
    guard extra >= 0, (0..<rank).allSatisfy({ shape[$0] == wanted[$0 + extra] || shape[$0] == 1 }) else {
      throw HoldfastError(.invalidArgument, "a tensor of shape \(shape) does not broadcast to \(wanted)")
    }
    let steps = (0..<wanted.count).map { axis in
      axis < extra || shape[axis - extra] != wanted[axis] ? 0 : strides[axis - extra]
    }
    return view(wanted, steps)
  }

  /// The same elements in row-major order under another shape: a view where the layout allows one, else a copy.
  ///
  /// One extent may be -1, which is then what is left.
  public func reshaped(_ wanted: [Int]) throws(HoldfastError) -> NDArray {
    var wanted = wanted
    if let free = wanted.firstIndex(of: -1) {
      wanted[free] = 1
      let others = try Extents.count(wanted, size: type.size)
      guard others > 0, count % others == 0 else {
        throw HoldfastError(
          .invalidArgument, "a tensor of shape \(shape) cannot become \(wanted) with a free axis \(free)")
      }
      wanted[free] = count / others
    }
    guard try Extents.count(wanted, size: type.size) == count else {
      throw HoldfastError(
        .invalidArgument, "a tensor of shape \(shape) cannot become \(wanted): the counts differ")
    }
    if let strides = steps(for: wanted) { return view(wanted, strides) }
    return try copied().reshaped(wanted)
  }

  /// A view without axis, or with a new axis of extent 1 there.
  func inserting(axis: Int) -> NDArray {
    var (shape, strides) = (shape, strides)
    shape.insert(1, at: axis)
    strides.insert(0, at: axis)
    return view(shape, strides)
  }

  /// A view with one axis moved to the end.
  func movingToEnd(_ axis: Int) throws(HoldfastError) -> NDArray {
    try transposed((0..<rank).filter { $0 != axis } + [axis])
  }

  /// Strides that make this layout look like another shape of equal count; nil when there are none.
  private func steps(for wanted: [Int]) -> [Int]? {
    guard count > 0 else { return Extents.rowMajor(wanted) }
    let mine = zip(shape, strides).filter { $0.0 != 1 }
    var steps = [Int](repeating: 0, count: wanted.count)
    var (from, to) = (0, 0)
    while from < mine.count {
      // The fewest axes of both shapes with as many elements.
      var (end, next) = (from + 1, to)
      var (here, there) = (mine[from].0, 1)
      while here != there {
        if there < here, next < wanted.count {
          there *= wanted[next]
          next += 1
        } else if here < there, end < mine.count {
          here *= mine[end].0
          end += 1
        } else {
          return nil
        }
      }
      for axis in from..<end - 1 where mine[axis].1 != mine[axis + 1].1 * mine[axis + 1].0 { return nil }
      var step = mine[end - 1].1
      for axis in (to..<next).reversed() {
        steps[axis] = step
        step = wanted[axis] == 1 ? step : step * wanted[axis]
      }
      (from, to) = (end, next)
    }
    return steps
  }

  /// A view of a checked layout.
  func view(_ shape: [Int], _ strides: [Int], offset: Int = 0) -> NDArray {
    NDArray(
      type, shape, strides, count: shape.reduce(1, *), pointer + offset * type.size, isReadOnly: isReadOnly,
      owner: owner)
  }
}
