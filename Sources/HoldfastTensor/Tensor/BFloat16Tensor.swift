/// bfloat16 numbers in memory, contiguous and row-major: two bytes each, with reference semantics.
///
/// One thread may write while no other reads, as with any buffer.
public final class BFloat16Tensor: @unchecked Sendable {
  /// The extent of each axis, outermost first.
  public let shape: [Int]
  /// The number of elements.
  public let count: Int
  private let memory: TensorMemory

  /// Makes a tensor of zeros; throws `outOfMemory`, or `invalidArgument` for a shape that is none.
  public init(zeros shape: [Int]) throws(HoldfastError) {
    count = try Tensor.count(shape)
    self.shape = shape
    memory = try TensorMemory(floats: (count + 1) / 2)
    memory.pointer.update(repeating: 0, count: (count + 1) / 2)
  }

  var pointer: UnsafeMutablePointer<UInt16> {
    UnsafeMutableRawPointer(memory.pointer).assumingMemoryBound(to: UInt16.self)
  }

  /// Writes some elements as float32, exactly; the destination must hold as many.
  public func read(_ range: Range<Int>, into destination: UnsafeMutableBufferPointer<Float>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count && destination.count >= range.count)
    for (i, place) in range.enumerated() { destination[i] = Float(bitPattern: UInt32(pointer[place]) << 16) }
  }

  /// Takes elements from float32 that are bfloat16 numbers already; what is below their precision is cut off.
  public func write(_ range: Range<Int>, from source: UnsafeBufferPointer<Float>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count && source.count >= range.count)
    for (i, place) in range.enumerated() { pointer[place] = UInt16(source[i].bitPattern >> 16) }
  }
}
