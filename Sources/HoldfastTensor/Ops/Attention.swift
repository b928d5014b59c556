internal import CHoldfastKernels

/// Keys and values of some positions: rows of two tensors [rows, K * E].
public struct KeyValueRange: Sendable {
  /// The tensor that holds the keys.
  public var keys: Tensor
  /// The tensor that holds the values.
  public var values: Tensor
  /// The rows of both that count.
  public var rows: Range<Int>

  /// Makes a range.
  public init(keys: Tensor, values: Tensor, rows: Range<Int>) {
    self.keys = keys
    self.values = values
    self.rows = rows
  }
}

/// One sequence, or branch of one, in a ragged batch.
public struct AttentionSegment: Sendable {
  /// Its rows in the batch.
  public var rows: Range<Int>
  /// What precedes it, oldest first: a prefix cache, a parent segment's rows in the same batch, and so on.
  public var context: [KeyValueRange]

  /// Makes a segment.
  public init(rows: Range<Int>, context: [KeyValueRange] = []) {
    self.rows = rows
    self.context = context
  }
}

extension Runtime {
  /// Causal attention of a ragged batch: o = softmax(scale q kᵀ) v, where a row sees its segment's context, the
  /// segment's rows before it, and itself.
  ///
  /// A row's position is the number of keys before it: its segment's context, then the segment's rows. With a `window`, a
  /// row at position p sees only keys at positions above p - window (itself included, so the window is at least 1), and
  /// pays only for these. With a `softcap`, scores are softcap * tanh(scale q·k / softcap).
  ///
  /// Shapes: queries and output [T, H * E], keys and values [T, K * E], `logSumExp` [T, H] (of the scores; what the backward
  /// pass needs). H must be a multiple of K. A row's bits depend on the row and the keys and values it sees in
  /// order, not on where these are stored.
  public func attention(
    queries: Tensor, keys: Tensor, values: Tensor, heads: Int, kvHeads: Int, segments: [AttentionSegment],
    scale: Float, window: Int? = nil, softcap: Float? = nil, into output: Tensor, logSumExp: Tensor? = nil
  ) {
    let width = queries.columns / heads
    precondition(
      queries.columns == heads * width && heads % kvHeads == 0 && keys.columns == kvHeads * width
        && values.count == keys.count && output.count == queries.count,
      "attention of \(queries.shape) over \(keys.shape) with \(heads) heads, \(kvHeads) kv-heads")
    let group = heads / kvHeads
    let (window, cap) = attentionLimits(window, softcap)
    let block = Swift.max(1, 96 / group)
    let tasks = segments.enumerated().flatMap { index, segment in
      stride(from: 0, to: segment.rows.count, by: block).flatMap { first in
        (0..<kvHeads).map { head in
          AttentionTask(
            segment: index, first: first, count: min(block, segment.rows.count - first), head: head)
        }
      }
    }
    let kernels = KernelTable(kernels)
    parallel(tasks.count) { range in
      for task in tasks[range] {
        let segment = segments[task.segment]
        let row = segment.rows.lowerBound
        let context = segment.context.map { range in
          precondition(range.keys.columns == kvHeads * width && range.rows.upperBound <= range.keys.shape[0])
          let offset = (range.rows.lowerBound * kvHeads + task.head) * width
          return holdfast_kv_range(
            keys: range.keys.pointer + offset, values: range.values.pointer + offset, rows: range.rows.count)
        }
        let queryOffset = ((row + task.first) * heads + task.head * group) * width
        let keyOffset = (row * kvHeads + task.head) * width
        context.withUnsafeBufferPointer { context in
          var work = holdfast_attention()
          work.queries = UnsafePointer(queries.pointer + queryOffset)
          work.query_row = heads * width
          work.context = context.baseAddress
          work.contexts = context.count
          work.keys = UnsafePointer(keys.pointer + keyOffset)
          work.values = UnsafePointer(values.pointer + keyOffset)
          work.kv_row = kvHeads * width
          work.first = task.first
          work.count = task.count
          work.group = group
          work.width = width
          work.scale = scale
          work.cap = cap
          work.window = window
          work.output = output.pointer + queryOffset
          work.output_row = heads * width
          work.log_sum_exp = logSumExp.map { $0.pointer + (row + task.first) * heads + task.head * group }
          work.log_sum_exp_row = heads
          kernels.table.pointee.attention(&work)
        }
      }
    }
  }
}

/// A window and a cap as the kernels take them.
func attentionLimits(_ window: Int?, _ softcap: Float?) -> (window: Int, cap: Float) {
  precondition(window.map { $0 > 0 } ?? true, "an attention window of \(window ?? 0)")
  precondition(softcap.map { $0 > 0 } ?? true, "an attention softcap of \(softcap ?? 0)")
  return (window ?? .max, softcap ?? 0)
}

/// A block of queries of one segment and kv-head.
private struct AttentionTask {
  let segment: Int
  let first: Int
  let count: Int
  let head: Int
}
