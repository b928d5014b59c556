import HoldfastStorage
import HoldfastTensor

extension Model {
  /// The tensor of a slot as float32, after making sure that it can be written in this precision.
  ///
  /// Throws `numerical`, naming the element, for a finite value that would become infinite.
  func materialized(_ slot: Slot, for precision: FloatPrecision) throws(HoldfastError) -> Tensor {
    let tensor = try materialized(slot, copy: false)
    let values = UnsafeBufferPointer(start: UnsafePointer(tensor.pointer), count: tensor.count)
    guard let index = precision.firstOverflow(in: values) else { return tensor }
    let other = precision == .float16 ? "bfloat16 or float32" : "float32"
    throw HoldfastError(
      .numerical,
      "tensor '\(slot.name)' holds \(values[index]) at element \(index), which is beyond the range of "
        + "\(precision.rawValue); choose \(other)")
  }

  /// The bytes the weights take in a precision.
  func byteCount(_ precision: FloatPrecision) -> Int { weights.parameterCount * precision.elementBytes }
}
