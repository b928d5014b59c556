// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase
// The documentation is in include/holdfast/gradients.h.
public import CHoldfast
import Holdfast

/// Gradients with their names and shapes in C memory.
final class GradientsHandle: Handle, @unchecked Sendable {
  override class var type: String { "holdfast_gradients" }
  let gradients: Gradients
  let names: CStrings
  private let extents: CArray<Int64>
  private let starts: [Int]

  init(_ gradients: Gradients) throws(HoldfastError) {
    self.gradients = gradients
    names = try CStrings(gradients.names.map(\.text))
    var all: [Int64] = []
    var starts: [Int] = []
    for tensor in gradients.tensors {
      starts.append(all.count)
      all += tensor.shape.map { Int64($0) }
    }
    extents = try CArray(all)
    self.starts = starts
  }

  func tensor(_ index: Int) -> Tensor? {
    gradients.tensors.indices.contains(index) ? gradients.tensors[index] : nil
  }

  func shape(_ index: Int) -> UnsafePointer<Int64>? {
    starts.indices.contains(index) ? extents.pointer(at: starts[index]) : nil
  }
}

@c @implementation
public func holdfast_model_loss_and_gradients(
  _ model: OpaquePointer?, _ tokens: UnsafePointer<Int32>?, _ labels: UnsafePointer<Int32>?, _ count: Int,
  _ loss: UnsafeMutablePointer<Double>?, _ gradients: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    loss?.pointee = 0
    let output = try Output(gradients, "gradients")
    let handle = try handle(model, "model", as: ModelHandle.self)
    let sequence = TrainingSequence(
      tokens: try elements(tokens, count, "tokens"), labels: try elements(labels, count, "labels"))
    try sequence.validate(handle.model.configuration)
    let trainable =
      handle.model.parameters == nil ? handle.model.with(try Parameters(copying: handle.model)) : handle.model
    let result = try Gradients(trainable)
    let sum = try GradientPass(trainable).accumulate(
      [sequence], scale: 1 / Float(sequence.targetCount), into: result)
    try result.finish()
    try output.set(GradientsHandle(result))
    loss?.pointee = sum / Double(sequence.targetCount)
  }
}

@c @implementation
public func holdfast_gradients_free(_ gradients: OpaquePointer?) {
  HandleTable.remove(gradients, GradientsHandle.self)
}

@c @implementation
public func holdfast_gradients_count(_ gradients: OpaquePointer?) -> Int {
  known(gradients, as: GradientsHandle.self)?.gradients.tensors.count ?? 0
}

@c @implementation
public func holdfast_gradients_name(_ gradients: OpaquePointer?, _ index: Int) -> UnsafePointer<CChar>? {
  known(gradients, as: GradientsHandle.self)?.names[index]
}

@c @implementation
public func holdfast_gradients_shape(
  _ gradients: OpaquePointer?, _ index: Int, _ rank: UnsafeMutablePointer<Int>?
)
  -> UnsafePointer<Int64>?
{
  rank?.pointee = 0
  guard let handle = known(gradients, as: GradientsHandle.self), let tensor = handle.tensor(index) else {
    return nil
  }
  rank?.pointee = tensor.shape.count
  return handle.shape(index)
}

@c @implementation
public func holdfast_gradients_data(_ gradients: OpaquePointer?, _ index: Int) -> UnsafePointer<Float>? {
  known(gradients, as: GradientsHandle.self)?.tensor(index).map { UnsafePointer($0.pointer) }
}
