extension NDArray {
  /// RMS normalisation of the last axis: x / sqrt(mean(x²) + epsilon) · (weight + offset).
  ///
  /// Shapes: x [..., D], weight [D]; no weight is one of ones. Gemma's weights are stored less an offset of 1.
  public func rmsNorm(weight: NDArray?, offset: Float = 0, epsilon: Float, on runtime: Runtime = .shared)
    throws(HoldfastError) -> NDArray
  {
    let norm = try NormOperands(self, weight, nil, epsilon, runtime)
    let y = try Tensor(uninitialized: shape)
    guard y.count > 0 else { return NDArray(y) }
    runtime.rmsNorm(norm.x, weight: norm.weight, offset: offset, epsilon: epsilon, into: y)
    return NDArray(y)
  }

  /// The gradients of ``rmsNorm(weight:offset:epsilon:on:)``: of x, and of the weight, a chain over the rows in order.
  public static func rmsNormBackward(
    _ gradient: NDArray, x: NDArray, weight: NDArray?, offset: Float = 0, epsilon: Float,
    on runtime: Runtime = .shared
  ) throws(HoldfastError) -> (x: NDArray, weight: NDArray) {
    let norm = try NormOperands(x, weight, nil, epsilon, runtime)
    try gradient.expect(x.shape, "gradient")
    let dy = try gradient.tensor("gradient", on: runtime)
    let (dx, dw) = (try Tensor(zeros: x.shape), try Tensor(zeros: norm.weight.shape))
    guard dx.count > 0 else { return (NDArray(dx), NDArray(dw)) }
    let inverse = try Tensor(uninitialized: [norm.rows])
    // Writes into dx what is overwritten below.
    runtime.rmsNorm(
      norm.x, weight: norm.weight, offset: offset, epsilon: epsilon, into: dx, inverseRMS: inverse)
    runtime.rmsNormBackward(
      dy, x: norm.x, weight: norm.weight, offset: offset, inverseRMS: inverse, into: dx, accumulate: false,
      weightGradient: dw)
    return (NDArray(dx), NDArray(dw))
  }

  /// Layer normalisation of the last axis: (x - mean) / sqrt(variance + epsilon) · weight + bias.
  ///
  /// Shapes: x [..., D], weight and bias [D]; no weight is one of ones, no bias one of zeros.
  public func layerNorm(weight: NDArray?, bias: NDArray?, epsilon: Float, on runtime: Runtime = .shared)
    throws(HoldfastError) -> NDArray
  {
    let norm = try NormOperands(self, weight, bias, epsilon, runtime)
    let y = try Tensor(uninitialized: shape)
    guard y.count > 0 else { return NDArray(y) }
    runtime.layerNorm(norm.x, weight: norm.weight, bias: norm.bias, epsilon: epsilon, into: y)
    return NDArray(y)
  }

  /// The gradients of ``layerNorm(weight:bias:epsilon:on:)``: of x, the weight and the bias, the latter two chains over
  /// the rows in order.
  public static func layerNormBackward(
    _ gradient: NDArray, x: NDArray, weight: NDArray?, epsilon: Float, on runtime: Runtime = .shared
  ) throws(HoldfastError) -> (x: NDArray, weight: NDArray, bias: NDArray) {
    let norm = try NormOperands(x, weight, nil, epsilon, runtime)
    try gradient.expect(x.shape, "gradient")
    let dy = try gradient.tensor("gradient", on: runtime)
    let (dx, dw) = (try Tensor(zeros: x.shape), try Tensor(zeros: norm.weight.shape))
    let db = try Tensor(zeros: norm.weight.shape)
    guard dx.count > 0 else { return (NDArray(dx), NDArray(dw), NDArray(db)) }
    let (mean, inverse) = (try Tensor(uninitialized: [norm.rows]), try Tensor(uninitialized: [norm.rows]))
    // Writes into dx what is overwritten below.
    runtime.layerNorm(
      norm.x, weight: norm.weight, bias: nil, epsilon: epsilon, into: dx, mean: mean,
      inverseDeviation: inverse)
    runtime.layerNormBackward(
      dy, x: norm.x, weight: norm.weight, mean: mean, inverseDeviation: inverse, into: dx, accumulate: false,
      weightGradient: dw, biasGradient: db)
    return (NDArray(dx), NDArray(dw), NDArray(db))
  }
}

/// What a norm takes, checked.
private struct NormOperands {
  let x: Tensor
  let weight: Tensor
  let bias: Tensor?
  let rows: Int

  init(_ x: NDArray, _ weight: NDArray?, _ bias: NDArray?, _ epsilon: Float, _ runtime: Runtime)
    throws(HoldfastError)
  {
    guard let width = x.shape.last else {
      throw HoldfastError(.invalidArgument, "a norm of a tensor of no axes; it goes along the last one")
    }
    guard epsilon >= 0, epsilon.isFinite else {
      throw HoldfastError(.invalidArgument, "`epsilon` is \(epsilon); pass 0 or a positive number")
    }
    try weight?.expect([width], "weight")
    try bias?.expect([width], "bias")
    self.x = try x.tensor("x", on: runtime)
    if let weight {
      self.weight = try weight.tensor("weight", on: runtime)
    } else {
      self.weight = try Tensor(uninitialized: [width])
      self.weight.fill(1)
    }
    self.bias = try bias?.tensor("bias", on: runtime)
    rows = width == 0 ? 0 : x.count / width
  }
}
