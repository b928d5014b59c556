internal import CHoldfastKernels

extension Runtime {
  /// Gradients of ``attention(queries:keys:values:heads:kvHeads:segments:scale:window:softcap:into:logSumExp:)`` for
  /// segments without context, whose rows must not overlap; the three results are overwritten.
  ///
  /// A key's and a value's gradient is one chain over the queries in order, and over the heads of its group in order for
  /// each.
  public func attentionBackward(
    _ outputGradient: Tensor, queries: Tensor, keys: Tensor, values: Tensor, output: Tensor,
    logSumExp: Tensor, heads: Int, kvHeads: Int, segments: [AttentionSegment], scale: Float,
    window: Int? = nil, softcap: Float? = nil, into queryGradient: Tensor, _ keyGradient: Tensor,
    _ valueGradient: Tensor
  ) {
    let width = queries.columns / heads
    let group = heads / kvHeads
    precondition(
      queries.columns == heads * width && heads % kvHeads == 0 && keys.columns == kvHeads * width,
      "attention of \(queries.shape) over \(keys.shape) with \(heads) heads, \(kvHeads) kv-heads")
    precondition(segments.allSatisfy { $0.context.isEmpty }, "the backward pass takes whole sequences")
    let (window, cap) = attentionLimits(window, softcap)
    let tasks = segments.flatMap { segment in
      (0..<kvHeads).map { head in
        let rows = segment.rows
        let queryOffset = (rows.lowerBound * heads + head * group) * width
        let keyOffset = (rows.lowerBound * kvHeads + head) * width
        var work = holdfast_attention_backward()
        work.queries = UnsafePointer(queries.pointer + queryOffset)
        work.keys = UnsafePointer(keys.pointer + keyOffset)
        work.values = UnsafePointer(values.pointer + keyOffset)
        work.output = UnsafePointer(output.pointer + queryOffset)
        work.log_sum_exp = UnsafePointer(logSumExp.pointer + rows.lowerBound * heads + head * group)
        work.output_gradient = UnsafePointer(outputGradient.pointer + queryOffset)
        work.query_row = heads * width
        work.kv_row = kvHeads * width
        work.log_sum_exp_row = heads
        work.count = rows.count
        work.group = group
        work.width = width
        work.scale = scale
        work.cap = cap
        work.window = window
        work.query_gradient = queryGradient.pointer + queryOffset
        work.key_gradient = keyGradient.pointer + keyOffset
        work.value_gradient = valueGradient.pointer + keyOffset
        return AttentionGradient(work, kernels)
      }
    }
    let threads = threadCount
    if threads > 1, tasks.count < 2 * threads {
      for task in tasks { task.run(on: self, threads: threads) }
    } else {
      parallel(tasks.count) { range in
        for task in tasks[range] { task.run() }
      }
    }
  }
}

/// The gradients of one segment and kv-head.
private struct AttentionGradient: @unchecked Sendable {
  private var work: holdfast_attention_backward
  private let kernels: KernelTable
  /// Queries of a block: what it leaves for the keys stays in the cache.
  private let block: Int
  /// Floats from one row of scores to the next.
  private let row: Int

  init(_ work: holdfast_attention_backward, _ table: UnsafePointer<holdfast_kernels>) {
    self.work = work
    kernels = KernelTable(table)
    block = Swift.max(1, (work.count <= 512 ? 96 : 48) / work.group)
    row = (work.count + kernels.panelColumns - 1) / kernels.panelColumns * kernels.panelColumns
  }

  /// Everything on the calling thread.
  func run() {
    guard let (task, scores) = placed(blocks: 1) else { return }
    task.pack(0..<work.count)
    for first in stride(from: 0, to: work.count, by: block) {
      let part = task.part(first, scores)
      task.queries(part)
      task.keys(part, 0..<work.count)
    }
  }

  /// The same, shared among threads: some blocks of queries at a time, one to a thread, then the keys they see.
  func run(on runtime: Runtime, threads: Int) {
    let size = 2 * block * work.group * row
    // Up to 64 MiB of scores.
    let blocks = Swift.max(
      1, Swift.min(threads, (1 << 24) / Swift.max(size, 1), (work.count + block - 1) / block))
    guard let (task, scores) = placed(blocks: blocks) else { return }
    let memory = SharedMemory(pointer: scores)
    runtime.parallel(work.count, grain: kernels.panelColumns) { task.pack($0) }
    for start in stride(from: 0, to: work.count, by: blocks * block) {
      let end = Swift.min(start + blocks * block, work.count)
      let firsts = Array(stride(from: start, to: end, by: block))
      runtime.parallel(firsts.count) { range in
        for i in range { task.queries(task.part(firsts[i], memory.pointer + i * size)) }
      }
      runtime.parallel(end, grain: Swift.max(64, end / (3 * threads))) { range in
        for (i, first) in firsts.enumerated() {
          task.keys(task.part(first, memory.pointer + i * size), range)
        }
      }
    }
  }

  /// The task with its packed keys, and room for the scores of some blocks, in memory this thread lends; nil without any.
  private func placed(blocks: Int) -> (AttentionGradient, UnsafeMutablePointer<Float>)? {
    let panels = kernels.table.pointee.attention_backward_panels(work.count, work.width)
    guard let memory = holdfast_lent_scratch(panels + blocks * 2 * block * work.group * row) else {
      return nil
    }
    var task = self
    task.work.panels = memory
    return (task, memory + panels)
  }

  private func part(_ first: Int, _ scores: UnsafeMutablePointer<Float>) -> holdfast_attention_block {
    holdfast_attention_block(
      first: first, count: Swift.min(block, work.count - first), probabilities: scores,
      slopes: scores + block * work.group * row, row: row)
  }

  private func pack(_ keys: Range<Int>) {
    withUnsafePointer(to: work) {
      kernels.table.pointee.attention_backward_pack($0, keys.lowerBound, keys.upperBound)
    }
  }

  private func queries(_ part: holdfast_attention_block) {
    withUnsafePointer(to: work) { work in
      withUnsafePointer(to: part) { kernels.table.pointee.attention_backward_queries(work, $0) }
    }
  }

  private func keys(_ part: holdfast_attention_block, _ keys: Range<Int>) {
    withUnsafePointer(to: work) { work in
      withUnsafePointer(to: part) {
        kernels.table.pointee.attention_backward_keys(work, $0, keys.lowerBound, keys.upperBound)
      }
    }
  }
}
