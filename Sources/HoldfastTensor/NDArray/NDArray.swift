/// Elements of any type in any strided layout: a view with reference semantics (copies share memory).
///
/// The memory is the array's own or borrowed, and lives as long as any view of it. Where ``Tensor`` is the float32
/// row-major buffer that the engine's ops compute on, an array is what crosses its border: operations on arrays check
/// what they are given, lay it out for an op, and throw instead of trapping.
public struct NDArray: @unchecked Sendable {
  /// What the elements are.
  public let type: ElementType
  /// The extent of each axis, outermost first.
  public let shape: [Int]
  /// The distance from one element to the next along each axis, in elements.
  public let strides: [Int]
  /// The number of elements.
  public let count: Int
  /// The first element; valid as long as the array or any view of its memory lives.
  public let pointer: UnsafeMutableRawPointer
  /// Whether the memory must not be written.
  public let isReadOnly: Bool
  let owner: AnyObject

  /// Shape and strides must have been checked.
  init(
    _ type: ElementType, _ shape: [Int], _ strides: [Int], count: Int, _ pointer: UnsafeMutableRawPointer,
    isReadOnly: Bool, owner: AnyObject
  ) {
    self.type = type
    self.shape = shape
    self.strides = strides
    self.count = count
    self.pointer = pointer
    self.isReadOnly = isReadOnly
    self.owner = owner
  }

  /// Makes a row-major array whose elements have no defined value yet; throws `outOfMemory`, or `invalidArgument` for a
  /// shape no array can have.
  public init(uninitialized shape: [Int], type: ElementType) throws(HoldfastError) {
    let count = try Extents.count(shape, size: type.size)
    let memory = try TensorMemory(floats: count * type.size / 4 + 1)
    self.init(
      type, shape, Extents.rowMajor(shape), count: count, UnsafeMutableRawPointer(memory.pointer),
      isReadOnly: false,
      owner: memory)
  }

  /// Makes an array of zeros.
  public init(zeros shape: [Int], type: ElementType = .float32) throws(HoldfastError) {
    try self.init(uninitialized: shape, type: type)
    pointer.initializeMemory(as: UInt8.self, repeating: 0, count: count * type.size)
  }

  /// Makes an array of one value, converted as ``cast(to:)`` does.
  public init(full shape: [Int], type: ElementType, value: Double) throws(HoldfastError) {
    let single = try NDArray(uninitialized: [], type: .float64)
    single.pointer.storeBytes(of: value, as: Double.self)
    self = try single.cast(to: type).broadcast(to: shape).cast(to: type)
  }

  /// Makes an array that shares the memory of a tensor.
  public init(_ tensor: Tensor) {
    self.init(
      .float32, tensor.shape, Extents.rowMajor(tensor.shape), count: tensor.count,
      UnsafeMutableRawPointer(tensor.pointer),
      isReadOnly: false, owner: TensorOwner(tensor))
  }

  /// Borrows memory that `owner` keeps alive.
  ///
  /// - Parameters:
  ///   - pointer: the first element (of index 0 on every axis); nil if there are no elements.
  ///   - strides: in elements, of any sign; nil stands for row-major.
  /// - Throws: `invalidArgument` for a shape or strides no array can have, or misaligned memory.
  public init(
    borrowing pointer: UnsafeMutableRawPointer?, type: ElementType, shape: [Int], strides: [Int]? = nil,
    isReadOnly: Bool = false, owner: AnyObject
  ) throws(HoldfastError) {
    let count = try Extents.count(shape, size: type.size)
    let strides = strides ?? Extents.rowMajor(shape)
    guard strides.count == shape.count else {
      throw HoldfastError(.invalidArgument, "\(strides.count) strides for the shape \(shape)")
    }
    guard count > 0 else {
      // Strides that lead nowhere were not checked, and views would calculate with them.
      let empty = try TensorMemory(floats: 0)
      self.init(
        type, shape, Extents.rowMajor(shape), count: 0, UnsafeMutableRawPointer(empty.pointer),
        isReadOnly: isReadOnly, owner: Owners(memory: empty, lender: owner))
      return
    }
    guard let pointer else {
      throw HoldfastError(.invalidArgument, "no memory for a tensor of shape \(shape): the data is NULL")
    }
    guard UInt(bitPattern: pointer) % UInt(type.size) == 0 else {
      throw HoldfastError(
        .invalidArgument,
        "the data is not aligned to the \(type.size) bytes of a \(type.name) element; copy it first")
    }
    guard let reach = Extents.reach(shape, strides), NDArray.fits(pointer, reach, size: type.size) else {
      throw HoldfastError(
        .invalidArgument, "strides \(strides) of shape \(shape) lead outside the address space")
    }
    self.init(type, shape, strides, count: count, pointer, isReadOnly: isReadOnly, owner: owner)
  }

  private static func fits(_ pointer: UnsafeMutableRawPointer, _ reach: ClosedRange<Int>, size: Int) -> Bool {
    let start = Int(bitPattern: pointer)
    let (low, under) = reach.lowerBound.multipliedReportingOverflow(by: size)
    let (high, over) = reach.upperBound.multipliedReportingOverflow(by: size)
    let (first, before) = start.addingReportingOverflow(low)
    let (last, behind) = start.addingReportingOverflow(high)
    return !under && !over && !before && !behind && first > 0 && last <= Int.max - size
  }
}

/// Keeps a tensor's memory alive for arrays that view it.
private final class TensorOwner {
  let tensor: Tensor
  init(_ tensor: Tensor) { self.tensor = tensor }
}

/// Keeps the memory that stands in for none, and whoever lent that.
private final class Owners {
  let memory: TensorMemory
  let lender: AnyObject
  init(memory: TensorMemory, lender: AnyObject) {
    self.memory = memory
    self.lender = lender
  }
}
