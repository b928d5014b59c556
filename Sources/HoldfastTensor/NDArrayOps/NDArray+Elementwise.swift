internal import CHoldfastKernels

/// An operation on two elements; comparisons give bool.
public enum BinaryOperation: Int32, Sendable, CaseIterable {
  /// a + b.
  case add = 0
  /// a - b.
  case subtract = 1
  /// a · b.
  case multiply = 2
  /// a / b, as IEEE 754 has it.
  case divide = 3
  /// The larger; NaN if either is.
  case maximum = 4
  /// The smaller; NaN if either is.
  case minimum = 5
  /// a = b; NaN equals nothing.
  case equal = 6
  /// Not a = b.
  case notEqual = 7
  /// a < b.
  case less = 8
  /// a ≤ b.
  case lessEqual = 9
  /// a > b.
  case greater = 10
  /// a ≥ b.
  case greaterEqual = 11

  /// What the results are.
  public var resultType: ElementType { rawValue < BinaryOperation.equal.rawValue ? .float32 : .bool }
}

/// An operation on one element.
public enum UnaryOperation: Int32, Sendable, CaseIterable {
  /// -x.
  case negate = 0
  /// |x|.
  case absolute = 1
  /// The exponential, within 1 ulp; 0 where the result would be no normal number.
  case exp = 2
  /// The natural logarithm, rounded once; -∞ of 0, NaN below.
  case log = 3
  /// The square root, rounded once.
  case squareRoot = 4
  /// 1 / x.
  case reciprocal = 5
  /// The hyperbolic tangent, within 1.4 ulp.
  case tanh = 6
  /// 1 / (1 + exp(-x)).
  case sigmoid = 7
  /// x above 0, else 0; NaN stays.
  case relu = 8
  /// ``Activation/silu``.
  case silu = 9
  /// ``Activation/gelu``.
  case gelu = 10
  /// ``Activation/geluTanh``.
  case geluTanh = 11

  /// The activation of a feed-forward block that this is.
  var activation: Activation? {
    switch self {
    case .silu: .silu
    case .gelu: .gelu
    case .geluTanh: .geluTanh
    default: nil
    }
  }
}

extension NDArray {
  /// The operation on every pair of elements; shapes broadcast.
  public func combined(_ operation: BinaryOperation, _ other: NDArray, on runtime: Runtime = .shared)
    throws(HoldfastError) -> NDArray
  {
    let shape = try Extents.broadcast(self.shape, other.shape)
    let a = try float32("a", on: runtime).broadcast(to: shape)
    let b = try other.float32("b", on: runtime).broadcast(to: shape)
    let result = try NDArray(uninitialized: shape, type: operation.resultType)
    let rows = StridedRows(shape, [a.strides, b.strides, result.strides])
    let operands = Operands(a, b, result)
    switch operation {
    case .add: runtime.combine(rows, operands) { $0 + $1 }
    case .subtract: runtime.combine(rows, operands) { $0 - $1 }
    case .multiply: runtime.combine(rows, operands) { $0 * $1 }
    case .divide: runtime.combine(rows, operands) { $0 / $1 }
    case .maximum: runtime.combine(rows, operands) { $0 > $1 || $0.isNaN ? $0 : $1 }
    case .minimum: runtime.combine(rows, operands) { $0 < $1 || $0.isNaN ? $0 : $1 }
    case .equal: runtime.combine(rows, operands) { $0 == $1 ? UInt8(1) : 0 }
    case .notEqual: runtime.combine(rows, operands) { $0 != $1 ? UInt8(1) : 0 }
    case .less: runtime.combine(rows, operands) { $0 < $1 ? UInt8(1) : 0 }
    case .lessEqual: runtime.combine(rows, operands) { $0 <= $1 ? UInt8(1) : 0 }
    case .greater: runtime.combine(rows, operands) { $0 > $1 ? UInt8(1) : 0 }
    case .greaterEqual: runtime.combine(rows, operands) { $0 >= $1 ? UInt8(1) : 0 }
    }
    return result
  }

  /// The elements of one array where this one is not 0, of another where it is; shapes broadcast.
  public func selected(_ a: NDArray, _ b: NDArray, on runtime: Runtime = .shared) throws(HoldfastError)
    -> NDArray
  {
    let shape = try Extents.broadcast(self.shape, try Extents.broadcast(a.shape, b.shape))
    let condition = try float32("condition", on: runtime).broadcast(to: shape)
    let (x, y) = (
      try a.float32("a", on: runtime).broadcast(to: shape),
      try b.float32("b", on: runtime).broadcast(to: shape)
    )
    let result = try NDArray(uninitialized: shape, type: .float32)
    let rows = StridedRows(shape, [condition.strides, x.strides, y.strides, result.strides])
    let memory = [condition, x, y, result].map {
      SharedMemory(pointer: $0.pointer.assumingMemoryBound(to: Float.self))
    }
    runtime.forEachPiece(rows) { offsets, count in
      let (c, a, b) = (
        memory[0].pointer + offsets[0], memory[1].pointer + offsets[1], memory[2].pointer + offsets[2]
      )
      let (out, steps) = (memory[3].pointer + offsets[3], rows.steps)
      for i in 0..<count { out[i] = c[i * steps[0]] != 0 ? a[i * steps[1]] : b[i * steps[2]] }
    }
    return result
  }

  /// The operation on every element.
  public func mapped(_ operation: UnaryOperation, on runtime: Runtime = .shared) throws(HoldfastError)
    -> NDArray
  {
    let x = try tensor("x", on: runtime)
    let y = try Tensor(uninitialized: shape)
    let kernels = KernelTable(runtime.kernels)
    switch operation {
    case .negate: runtime.map(x, y) { -$0 }
    case .absolute: runtime.map(x, y) { abs($0) }
    case .squareRoot: runtime.map(x, y) { $0.squareRoot() }
    case .reciprocal: runtime.map(x, y) { 1 / $0 }
    case .log: runtime.map(x, y) { holdfast_log($0) }
    case .relu: runtime.map(x, y) { $0 < 0 ? 0 : $0 }
    case .tanh:
      y.copy(from: x)
      runtime.softcap(y, cap: 1)
    case .exp:
      runtime.parallel(x.count, grain: 16_384) { r in
        kernels.table.pointee.exp(x.pointer + r.lowerBound, r.count, y.pointer + r.lowerBound)
      }
    case .sigmoid:
      runtime.map(x, y) { -$0 }
      runtime.parallel(x.count, grain: 16_384) { r in
        kernels.table.pointee.exp(y.pointer + r.lowerBound, r.count, y.pointer + r.lowerBound)
      }
      runtime.map(y, y) { 1 / (1 + $0) }
    case .silu, .gelu, .geluTanh:
      if let activation = operation.activation { runtime.activate(activation, x, into: y) }
    }
    return NDArray(y)
  }

  /// The gradient of the argument of an activation, from that of its result; throws `invalidArgument` for another
  /// operation than SiLU and the two GELUs.
  public static func mappedBackward(
    _ gradient: NDArray, _ operation: UnaryOperation, _ x: NDArray, on runtime: Runtime = .shared
  ) throws(HoldfastError) -> NDArray {
    guard let activation = operation.activation else {
      throw HoldfastError(
        .invalidArgument, "there is a backward pass of silu, gelu and geluTanh only, not of \(operation)")
    }
    try gradient.expect(x.shape, "gradient")
    let (dy, x) = (try gradient.tensor("gradient", on: runtime), try x.tensor("x", on: runtime))
    let dx = try Tensor(uninitialized: x.shape)
    runtime.activateBackward(dy, activation, x, into: dx)
    return NDArray(dx)
  }

  /// Throws `invalidArgument` unless the array has the shape.
  func expect(_ wanted: [Int], _ name: String) throws(HoldfastError) {
    guard shape == wanted else {
      throw HoldfastError(.invalidArgument, "`\(name)` has the shape \(shape), where \(wanted) is needed")
    }
  }
}

/// Two operands and a result in memory.
private struct Operands: @unchecked Sendable {
  let a: UnsafeMutablePointer<Float>
  let b: UnsafeMutablePointer<Float>
  let result: UnsafeMutableRawPointer

  init(_ a: NDArray, _ b: NDArray, _ result: NDArray) {
    self.a = a.pointer.assumingMemoryBound(to: Float.self)
    self.b = b.pointer.assumingMemoryBound(to: Float.self)
    self.result = result.pointer
  }
}

extension Runtime {
  /// result = body(a, b), element by element; the result is row-major.
  @inline(__always)
  fileprivate func combine<T: BitwiseCopyable>(
    _ rows: StridedRows, _ operands: Operands, _ body: @escaping @Sendable (Float, Float) -> T
  ) {
    let (aStep, bStep) = (rows.steps[0], rows.steps[1])
    forEachPiece(rows) { offsets, count in
      let (a, b) = (operands.a + offsets[0], operands.b + offsets[1])
      let result = operands.result.assumingMemoryBound(to: T.self) + offsets[2]
      switch (aStep, bStep) {
      case (1, 1): for i in 0..<count { result[i] = body(a[i], b[i]) }
      case (1, 0): for i in 0..<count { result[i] = body(a[i], b[0]) }
      case (0, 1): for i in 0..<count { result[i] = body(a[0], b[i]) }
      default: for i in 0..<count { result[i] = body(a[i * aStep], b[i * bStep]) }
      }
    }
  }

  /// y = body(x), element by element; y may be x.
  @inline(__always)
  fileprivate func map(_ x: Tensor, _ y: Tensor, _ body: @escaping @Sendable (Float) -> Float) {
    parallel(x.count, grain: 16_384) { r in
      for i in r { y.pointer[i] = body(x.pointer[i]) }
    }
  }
}
