extension NDArray {
  /// A row-major copy with elements of another type.
  ///
  /// Floats round to the nearest value, ties to even, once, and may become infinite. Floats become integers by rounding
  /// towards zero, NaN as 0, what is out of range as the nearest end of it. Integers keep their low bits in a smaller
  /// type. Anything but 0 is true, NaN too.
  public func cast(to type: ElementType, on runtime: Runtime = .shared) throws(HoldfastError) -> NDArray {
    let result = try NDArray(uninitialized: shape, type: type)
    convert(into: result, on: runtime)
    return result
  }

  /// A row-major copy.
  public func copied(on runtime: Runtime = .shared) throws(HoldfastError) -> NDArray {
    try cast(to: type, on: runtime)
  }

  /// The array itself if it is row-major, else a row-major copy.
  public func contiguous(on runtime: Runtime = .shared) throws(HoldfastError) -> NDArray {
    isContiguous ? self : try copied(on: runtime)
  }

  /// The elements as the ops take them: float32, row-major; the array's own memory where it already is.
  ///
  /// - Throws: `invalidArgument` for a type whose values float32 may not hold.
  public func tensor(_ name: String = "operand", on runtime: Runtime = .shared) throws(HoldfastError)
    -> Tensor
  {
    let array = try float32(name, on: runtime).contiguous(on: runtime)
    return Tensor(
      wrapping: array.pointer.assumingMemoryBound(to: Float.self), shape: array.shape, owner: array.owner)
  }

  /// The array itself if its elements are float32, else a copy of elements that float32 holds.
  func float32(_ name: String, on runtime: Runtime) throws(HoldfastError) -> NDArray {
    guard type.widens else {
      throw HoldfastError(
        .invalidArgument,
        "`\(name)` is \(type.name), which float32 cannot hold exactly; cast it first if rounding is acceptable"
      )
    }
    return type == .float32 ? self : try cast(to: .float32, on: runtime)
  }

  /// The elements as whole numbers, in row-major order.
  func integers(_ name: String, on runtime: Runtime) throws(HoldfastError) -> NDArray {
    guard type == .int32 || type == .int64 || type == .uint8 else {
      throw HoldfastError(.invalidArgument, "`\(name)` is \(type.name); pass int32, int64 or uint8")
    }
    return type == .int64 ? try contiguous(on: runtime) : try cast(to: .int64, on: runtime)
  }

  /// Writes the elements into another array of the same shape, converted to its type.
  func convert(into result: NDArray, on runtime: Runtime) {
    let rows = StridedRows(shape, [strides, result.strides])
    if type == result.type, type != .bool {
      switch type.size {
      case 1: copy(UInt8.self, rows, into: result, runtime)
      case 2: copy(UInt16.self, rows, into: result, runtime)
      case 4: copy(UInt32.self, rows, into: result, runtime)
      default: copy(UInt64.self, rows, into: result, runtime)
      }
      return
    }
    switch type {
    case .float32: convert(Float.self, rows, into: result, runtime)
    case .float16: convert(Float16Bits.self, rows, into: result, runtime)
    case .bfloat16: convert(BFloat16Bits.self, rows, into: result, runtime)
    case .float64: convert(Double.self, rows, into: result, runtime)
    case .int32: convert(Int32.self, rows, into: result, runtime)
    case .int64: convert(Int64.self, rows, into: result, runtime)
    case .uint8: convert(UInt8.self, rows, into: result, runtime)
    case .bool: convert(TruthByte.self, rows, into: result, runtime)
    }
  }

  private func copy<T: BitwiseCopyable>(
    _: T.Type, _ rows: StridedRows, into result: NDArray, _ runtime: Runtime
  ) {
    let (source, target) = (SharedBytes(pointer: pointer), SharedBytes(pointer: result.pointer))
    runtime.forEachPiece(rows) { offsets, count in
      let from = source.pointer.assumingMemoryBound(to: T.self) + offsets[0]
      let to = target.pointer.assumingMemoryBound(to: T.self) + offsets[1]
      let (step, stride) = (rows.steps[0], rows.steps[1])
      if step == 1 && stride == 1 || count == 1 {
        to.update(from: from, count: count)
      } else {
        for i in 0..<count { to[i * stride] = from[i * step] }
      }
    }
  }

  private func convert<S: ArrayElement>(
    _: S.Type, _ rows: StridedRows, into result: NDArray, _ runtime: Runtime
  ) {
    switch result.type {
    case .float32: convert(S.self, Float.self, rows, result, runtime)
    case .float16: convert(S.self, Float16Bits.self, rows, result, runtime)
    case .bfloat16: convert(S.self, BFloat16Bits.self, rows, result, runtime)
    case .float64: convert(S.self, Double.self, rows, result, runtime)
    case .int32: convert(S.self, Int32.self, rows, result, runtime)
    case .int64: convert(S.self, Int64.self, rows, result, runtime)
    case .uint8: convert(S.self, UInt8.self, rows, result, runtime)
    case .bool: convert(S.self, TruthByte.self, rows, result, runtime)
    }
  }

  private func convert<S: ArrayElement, T: ArrayElement>(
    _: S.Type, _: T.Type, _ rows: StridedRows, _ result: NDArray, _ runtime: Runtime
  ) {
    let (source, target) = (SharedBytes(pointer: pointer), SharedBytes(pointer: result.pointer))
    runtime.forEachPiece(rows) { offsets, count in
      let from = source.pointer.assumingMemoryBound(to: S.self) + offsets[0]
      let to = target.pointer.assumingMemoryBound(to: T.self) + offsets[1]
      let (step, stride) = (rows.steps[0], rows.steps[1])
      for i in 0..<count {
        let value = from[i * step]
        to[i * stride] = S.isInteger ? T(low: value.integer) : T(nearest: value.double)
      }
    }
  }
}
