import Synchronization
import Testing

@testable import HoldfastTensor

/// Products with a matrix that is written on demand.
@Suite struct MatrixSourceTests {
  private func source(_ w: Tensor, note: @escaping @Sendable (Range<Int>) -> Void = { _ in }) -> MatrixSource
  {
    let k = w.columns
    return MatrixSource(outputs: w.shape[0], inputs: k) { rows, buffer in
      note(rows)
      precondition(buffer.count == rows.count * k)
      for i in buffer.indices { buffer[i] = w[rows.lowerBound * k + i] }
    }
  }

  @Test(
    arguments: Candidate.others,
    [(1, 1, 1), (1, 1600, 2000), (2, 33, 31), (7, 31, 9), (13, 100, 800), (25, 1700, 47), (650, 40, 1000)])
  func bitsAreThoseOfTheMatrix(_ candidate: Candidate, _ shape: (Int, Int, Int)) throws {
    let ((m, n, k), runtime) = (shape, candidate.runtime)
    var random = RandomSource(seed: UInt64(m + 1000 * n))
    let (x, dy) = (try random.tensor([m, k]), try random.tensor([m, n]))
    let w = try random.tensor([n, k])
    let source = source(w)
    for accumulate in [false, true] {
      let (y, y2) = (try dy.copy(), try dy.copy())
      runtime.linear(x, w, into: y, accumulate: accumulate)
      runtime.linear(x, source, into: y2, accumulate: accumulate)
      expectSameBits(y2.array, y.array, "linear")
      let (dx, dx2) = (try x.copy(), try x.copy())
      runtime.linearBackwardInput(dy, w, into: dx, accumulate: accumulate)
      runtime.linearBackwardInput(dy, source, into: dx2, accumulate: accumulate)
      expectSameBits(dx2.array, dx.array, "input gradient")
    }
  }

  @Test(arguments: Candidate.others)
  func aProductWritesEachRowOnce(_ candidate: Candidate) throws {
    var random = RandomSource(seed: 31)
    for (m, n, k) in [(1, 1000, 40), (700, 1000, 40), (700, 1600, 900)] {
      let counts = Mutex([Int](repeating: 0, count: n))
      let w = try random.tensor([n, k])
      let source = source(w) { rows in counts.withLock { for row in rows { $0[row] += 1 } } }
      let (x, y) = (try random.tensor([m, k]), try Tensor(zeros: [m, n]))
      candidate.runtime.linear(x, source, into: y)
      #expect(counts.withLock { $0.allSatisfy { $0 == 1 } })
      candidate.runtime.linearBackwardInput(y, source, into: x)
      #expect(counts.withLock { $0.allSatisfy { $0 == 2 } })
    }
  }
}
