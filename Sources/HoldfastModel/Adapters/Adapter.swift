import HoldfastTensor

/// The low-rank way beside a projection: y += s · B(A(dropout(x))).
///
/// Projections that are rows of one fused tensor share A and have rows of B each. The first of them computes what all
/// read, the last what all have gathered, so they must run one after another, in the order of their rows.
struct Adapter: @unchecked Sendable {
  /// A [r,K].
  let down: Matrix
  /// B, or rows of it [N,r].
  let up: Matrix
  /// r.
  let rank: Int
  /// s.
  let scale: Float
  /// What is dropped; `nil` outside of tuning.
  let dropout: Dropout?
  /// Whether no other rows of the same B come before, and after.
  let isFirst, isLast: Bool

  /// A mask that depends on the seed, the stream and the row of the optimiser step alone.
  struct Dropout {
    let probability: Float
    let seed: UInt64
    /// One for each module and step.
    let stream: UInt64
    /// The row of the step that the first row of x is.
    let firstRow: Int

    func apply(_ x: Tensor, into y: Tensor, _ runtime: Runtime) {
      runtime.dropout(
        x, probability: probability, seed: seed, stream: stream, firstRow: firstRow, into: y)
    }
  }

  /// Where the gradients of A and of the rows of B accumulate.
  struct Gradients {
    let down, up: Tensor
  }

  /// y[T,N] += s · B(A(dropout(x[T,K]))).
  func forward(_ x: Tensor, into y: Tensor, _ scratch: AdapterScratch, _ runtime: Runtime) {
    let low = scratch.low(x.shape[0], rank)
    if isFirst { lower(dropped(x, scratch, runtime), into: low, runtime) }
    runtime.linear(low, up, into: y, accumulate: true)
  }

  /// Adds the gradients of A and B, and to dx[T,K] that of x; of fused ones, the last does for all.
  func backward(
    _ dy: Tensor, x: Tensor, into dx: Tensor, _ gradients: Gradients?, _ scratch: AdapterScratch,
    _ runtime: Runtime
  ) {
    let low = scratch.low(x.shape[0], rank)
    let lowGradient = scratch.lowGradient(x.shape[0], rank)
    let read = isFirst ? dropped(x, scratch, runtime) : dropout == nil ? x : scratch.input(x.shape)
    if isFirst { lower(read, into: low, runtime) }
    if let gradients { runtime.linearBackwardWeight(dy, low, into: gradients.up) }
    runtime.linearBackwardInput(dy, up, into: lowGradient, accumulate: !isFirst)
    guard isLast else { return }
    runtime.scale(lowGradient, by: scale)
    if let gradients { runtime.linearBackwardWeight(lowGradient, read, into: gradients.down) }
    guard let dropout else {
      return runtime.linearBackwardInput(lowGradient, down, into: dx, accumulate: true)
    }
    runtime.linearBackwardInput(lowGradient, down, into: read, accumulate: false)
    dropout.apply(read, into: read, runtime)
    runtime.add(read, into: dx)
  }

  /// low = s · A(x).
  private func lower(_ x: Tensor, into low: Tensor, _ runtime: Runtime) {
    runtime.linear(x, down, into: low)
    runtime.scale(low, by: scale)
  }

  private func dropped(_ x: Tensor, _ scratch: AdapterScratch, _ runtime: Runtime) -> Tensor {
    guard let dropout else { return x }
    let room = scratch.input(x.shape)
    dropout.apply(x, into: room, runtime)
    return room
  }
}

/// Room for what adapters compute on the way; used by projection after projection.
struct AdapterScratch {
  private let inputs, lows, lowGradients: Tensor

  /// Room for the adapters of a model's parameters; none at all where there are none.
  init(_ model: Model, tokens: Int, training: Bool, arena: Arena) throws(HoldfastError) {
    let c = model.configuration
    let rank = model.parameters?.adapters.values.map(\.rank).max() ?? 0
    let drops = training && rank > 0 && (model.parameters?.adapter?.dropout ?? 0) > 0
    let width = drops ? max(c.width, c.queryWidth, c.feedForward) : 0
    inputs = try arena.tensor("adapter input", [tokens * width])
    lows = try arena.tensor("adapter low", [tokens * rank])
    lowGradients = training ? try arena.tensor("adapter low gradient", [tokens * rank]) : lows
  }

  func input(_ shape: [Int]) -> Tensor { inputs.rows(0..<shape.reduce(1, *)).reshaped(shape) }
  func low(_ tokens: Int, _ rank: Int) -> Tensor { lows.rows(0..<tokens * rank).reshaped([tokens, rank]) }
  func lowGradient(_ tokens: Int, _ rank: Int) -> Tensor {
    lowGradients.rows(0..<tokens * rank).reshaped([tokens, rank])
  }
}
