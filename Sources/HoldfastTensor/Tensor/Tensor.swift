import Glibc

/// Float32 numbers, contiguous and row-major: a view with reference semantics (copies share memory).
///
/// Views made with ``rows(_:)``, ``row(_:)`` and ``reshaped(_:)`` keep the memory alive. Writing through one view while
/// another thread uses an overlapping one is a race the caller must exclude, as with any buffer.
public struct Tensor: @unchecked Sendable {
  /// The extent of each axis, outermost first.
  public let shape: [Int]
  /// The number of elements.
  public let count: Int
  /// The first element; valid as long as the tensor or any view of its memory lives.
  public let pointer: UnsafeMutablePointer<Float>
  private let owner: AnyObject

  private init(shape: [Int], count: Int, pointer: UnsafeMutablePointer<Float>, owner: AnyObject) {
    self.shape = shape
    self.count = count
    self.pointer = pointer
    self.owner = owner
  }

  /// Makes a tensor whose elements have no defined value yet; throws `outOfMemory`, or `invalidArgument` for a
  /// negative or overflowing shape.
  public init(uninitialized shape: [Int]) throws(HoldfastError) {
    let count = try Tensor.count(shape)
    let memory = try TensorMemory(floats: count)
    self.init(shape: shape, count: count, pointer: memory.pointer, owner: memory)
  }

  /// Makes a tensor of zeros.
  public init(zeros shape: [Int]) throws(HoldfastError) {
    try self.init(uninitialized: shape)
    fill(0)
  }

  /// Makes a tensor of the given values, whose number must be that of the shape.
  public init(_ values: [Float], shape: [Int]) throws(HoldfastError) {
    let count = try Tensor.count(shape)
    guard values.count == count else {
      throw HoldfastError(
        .invalidArgument,
        "\(values.count) values do not fill a tensor of shape \(shape), which takes \(count)")
    }
    try self.init(uninitialized: shape)
    values.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      pointer.update(from: base, count: count)
    }
  }

  /// Borrows memory that `owner` keeps alive.
  public init(wrapping pointer: UnsafeMutablePointer<Float>, shape: [Int], owner: AnyObject) {
    self.init(shape: shape, count: shape.reduce(1, *), pointer: pointer, owner: owner)
  }

  /// The number of elements of a shape.
  static func count(_ shape: [Int]) throws(HoldfastError) -> Int {
    var count = 1
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflow else {
        throw HoldfastError(.invalidArgument, "\(shape) is not the shape of a tensor")
      }
      count = product
    }
    return count
  }
}

// MARK: - Views

extension Tensor {
  /// The extent of the last axis; 1 for a scalar.
  public var columns: Int { shape.last ?? 1 }

  /// A view of some rows of the leading axis.
  public func rows(_ range: Range<Int>) -> Tensor {
    precondition(
      !shape.isEmpty && range.lowerBound >= 0 && range.upperBound <= shape[0],
      "rows \(range) of a tensor of shape \(shape)")
    let stride = shape.dropFirst().reduce(1, *)
    return Tensor(
      shape: [range.count] + shape.dropFirst(), count: range.count * stride,
      pointer: pointer + range.lowerBound * stride, owner: owner)
  }

  /// A view of one row of the leading axis, without that axis.
  public func row(_ index: Int) -> Tensor {
    let view = rows(index..<index + 1)
    return Tensor(shape: Array(shape.dropFirst()), count: view.count, pointer: view.pointer, owner: owner)
  }

  /// The same elements under another shape of equal count.
  public func reshaped(_ shape: [Int]) -> Tensor {
    precondition(shape.reduce(1, *) == count, "a tensor of shape \(self.shape) cannot become \(shape)")
    return Tensor(shape: shape, count: count, pointer: pointer, owner: owner)
  }
}

// MARK: - Elements

extension Tensor {
  /// A copy of the elements.
  public var array: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }

  /// The element at a position in row-major order.
  public subscript(index: Int) -> Float {
    get {
      precondition(index >= 0 && index < count, "element \(index) of a tensor of \(count)")
      return pointer[index]
    }
    nonmutating set {
      precondition(index >= 0 && index < count, "element \(index) of a tensor of \(count)")
      pointer[index] = newValue
    }
  }

  /// Sets every element.
  public func fill(_ value: Float) { pointer.update(repeating: value, count: count) }

  /// Copies the elements of a tensor of equal count.
  public func copy(from other: Tensor) {
    precondition(other.count == count, "copying \(other.count) elements into \(count)")
    pointer.update(from: other.pointer, count: count)
  }

  /// Lends the elements for reading.
  public func withSpan<R: ~Copyable, E: Error>(_ body: (Span<Float>) throws(E) -> R) throws(E) -> R {
    try body(UnsafeBufferPointer(start: pointer, count: count).span)
  }

  /// Lends the elements for reading and writing.
  public func withMutableSpan<R: ~Copyable, E: Error>(
    _ body: (inout MutableSpan<Float>) throws(E) -> R
  ) throws(E) -> R {
    let buffer = UnsafeMutableBufferPointer(start: pointer, count: count)
    var span = buffer.mutableSpan
    return try body(&span)
  }
}

/// Memory of one tensor: 64-byte aligned, freed with its last view.
final class TensorMemory: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Float>

  init(floats: Int) throws(HoldfastError) {
    let (bytes, overflow) = Swift.max(floats, 1).multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
    var memory: UnsafeMutableRawPointer?
    guard !overflow, posix_memalign(&memory, 64, bytes) == 0, let memory else {
      throw HoldfastError(
        .outOfMemory,
        "a tensor of \(floats) float32 numbers (\(floats / 262_144) MiB) could not be allocated; close other programs "
          + "or use smaller batches")
    }
    pointer = memory.bindMemory(to: Float.self, capacity: Swift.max(floats, 1))
  }

  deinit { free(pointer) }
}
