/// The arithmetic of shapes, with every overflow an error.
enum Extents {
  /// Axes an array may have.
  static let mostAxes = 64

  /// The number of elements of a shape of elements of a size; throws `invalidArgument` for a shape no array can have.
  static func count(_ shape: [Int], size: Int) throws(HoldfastError) -> Int {
    guard shape.count <= mostAxes else {
      throw HoldfastError(.invalidArgument, "\(shape.count) axes; a tensor has at most \(mostAxes)")
    }
    // An extent of 0 must not hide others that overflow: views of the array could leave it out.
    var (count, isEmpty) = (size, false)
    for extent in shape {
      guard extent >= 0 else {
        throw HoldfastError(.invalidArgument, "\(shape) is not the shape of a tensor: an extent is negative")
      }
      if extent == 0 { isEmpty = true }
      let (product, overflow) = count.multipliedReportingOverflow(by: Swift.max(extent, 1))
      guard !overflow else {
        throw HoldfastError(
          .invalidArgument, "a tensor of shape \(shape) would have more bytes than a pointer can reach")
      }
      count = product
    }
    return isEmpty ? 0 : count / size
  }

  /// The strides, in elements, of a row-major array; the shape must have passed ``count(_:size:)``.
  static func rowMajor(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in stride(from: shape.count - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * Swift.max(shape[axis + 1], 1)
    }
    return strides
  }

  /// The lowest and the highest offset, in elements, that a shape and strides reach; nil for an array without elements or
  /// an overflow, also of the step behind an axis' last element.
  static func reach(_ shape: [Int], _ strides: [Int]) -> ClosedRange<Int>? {
    var (low, high) = (0, 0)
    for (extent, stride) in zip(shape, strides) {
      guard extent > 0 else { return nil }
      guard case (_, false) = extent.multipliedReportingOverflow(by: stride) else { return nil }
      let distance = (extent - 1) * stride
      let (end, beyond) = (distance < 0 ? low : high).addingReportingOverflow(distance)
      guard !beyond else { return nil }
      if distance < 0 { low = end } else { high = end }
    }
    return low...high
  }

  /// The axis a number names, which counts from the end when negative.
  static func axis(_ axis: Int, of rank: Int) throws(HoldfastError) -> Int {
    guard axis >= -rank, axis < rank else {
      throw HoldfastError(.invalidArgument, "axis \(axis) of a tensor of \(rank) axes")
    }
    return axis < 0 ? axis + rank : axis
  }

  /// The shape two arrays have together, as NumPy broadcasts: axes are matched from the last, and 1 fits anything.
  static func broadcast(_ a: [Int], _ b: [Int]) throws(HoldfastError) -> [Int] {
    let rank = Swift.max(a.count, b.count)
    var shape: [Int] = []
    for axis in 0..<rank {
      let x = axis < rank - a.count ? 1 : a[axis - rank + a.count]
      let y = axis < rank - b.count ? 1 : b[axis - rank + b.count]
      guard x == y || x == 1 || y == 1 else {
        throw HoldfastError(
          .invalidArgument,
          "tensors of the shapes \(a) and \(b) do not broadcast: axis \(axis - rank) has \(x) and \(y)")
      }
      shape.append(x == 1 ? y : x)
    }
    return shape
  }

  /// The offset of the element at a position in row-major order.
  static func offset(_ position: Int, _ shape: [Int], _ strides: [Int]) -> Int {
    var (rest, offset) = (position, 0)
    for axis in shape.indices.reversed() {
      offset += rest % shape[axis] * strides[axis]
      rest /= shape[axis]
    }
    return offset
  }
}
