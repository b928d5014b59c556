import Glibc

extension NDArray {
  /// Rotary position embedding of x [..., T, H, E]: pairs of the first R elements of each head turn by
  /// position · base^(-2i/R), and the rest stays.
  ///
  /// Angles follow transformers: base^(-2i/R) and its product with the position are rounded to float32.
  ///
  /// Source: Su et al., "RoFormer" (2021), arXiv 2104.09864.
  ///
  /// - Parameters:
  ///   - positions: whole numbers [T]; nil counts from 0.
  ///   - width: R, even and at most E; nil for E.
  ///   - interleaved: whether elements 2i and 2i + 1 are a pair, as in GPT-J, instead of i and i + R/2.
  ///   - inverse: whether to turn back, which is the gradient.
  public func rotated(
    positions: NDArray? = nil, base: Double = 10_000, width: Int? = nil, interleaved: Bool = false,
    inverse: Bool = false, on runtime: Runtime = .shared
  ) throws(HoldfastError) -> NDArray {
    guard rank >= 3 else {
      throw HoldfastError(
        .invalidArgument, "rotating a tensor of shape \(shape); it needs the axes [..., T, H, E]")
    }
    let (tokens, heads, headWidth) = (shape[rank - 3], shape[rank - 2], shape[rank - 1])
    let width = width ?? headWidth
    guard width >= 0, width <= headWidth, width % 2 == 0 else {
      throw HoldfastError(
        .invalidArgument, "rotating \(width) of the \(headWidth) elements of a head; the number must be even")
    }
    guard base > 0, Float(base).isFinite, Float(base) > 0 else {
      throw HoldfastError(.invalidArgument, "`base` is \(base); pass a positive number")
    }
    try positions?.expect([tokens], "positions")
    let numbers = try positions?.integers("positions", on: runtime)
    let half = width / 2
    guard count > 0, half > 0 else { return try cast(to: .float32, on: runtime) }
    let (cosines, sines) = (
      try Tensor(uninitialized: [tokens, half]), try Tensor(uninitialized: [tokens, half])
    )
    let frequencies = (0..<half).map { 1 / powf(Float(base), Float(2 * $0) / Float(width)) }
    for token in 0..<tokens {
      let position =
        numbers.map { $0.pointer.load(fromByteOffset: 8 * token, as: Int64.self) } ?? Int64(token)
      for (i, frequency) in frequencies.enumerated() {
        let angle = Double(Float(position) * frequency)
        cosines.pointer[token * half + i] = Float(cos(angle))
        sines.pointer[token * half + i] = Float(sin(angle))
      }
    }
    let x = try (interleaved ? swappingPairs(width, halves: half) : self).cast(to: .float32, on: runtime)
      .tensor()
    let batches = x.count / (tokens * heads * headWidth)
    guard let last = Int32(exactly: tokens - 1) else {
      throw HoldfastError(.invalidArgument, "rotating \(tokens) tokens")
    }
    let rows = (0..<batches).flatMap { _ in 0...last }
    runtime.rotate(x, positions: rows, cosines: cosines, sines: sines, heads: heads, inverse: inverse)
    let result = NDArray(x)
    return interleaved ? try result.swappingPairs(width, halves: 2).contiguous(on: runtime) : result
  }

  /// A copy whose first `width` elements of the last axis, as a matrix with `halves` rows or columns, are transposed:
  /// pairs that lie side by side become halves, or back.
  private func swappingPairs(_ width: Int, halves rows: Int) throws(HoldfastError) -> NDArray {
    let all = try copied()
    let lead = Array(shape.dropLast())
    let (from, to) = (try slice(axis: -1, stop: width), try all.slice(axis: -1, stop: width))
    let turned = try from.copied().reshaped(lead + [rows, width / rows])
    let order = Array(0..<lead.count) + [lead.count + 1, lead.count]
    try to.assign(try turned.transposed(order).reshaped(lead + [width]))
    return all
  }

  /// Overwrites the elements with those of an array of the same shape and type, whose memory is another.
  func assign(_ other: NDArray, on runtime: Runtime = .shared) throws(HoldfastError) {
    try other.expect(shape, "other")
    guard other.type == type else { throw HoldfastError(.internal, "assigning \(other.type) to \(type)") }
    other.convert(into: self, on: runtime)
  }
}
