import Testing

@testable import HoldfastTensor

/// Attention through a window, and with capped scores, does not depend on how keys and values are stored either.
@Suite struct WindowTests {
  private let heads = 6
  private let kvHeads = 2
  private let width = 16
  private let tokens = 150

  private struct Text {
    let q, k, v: Tensor
  }

  private func text(seed: UInt64) throws -> Text {
    var random = RandomSource(seed: seed)
    return Text(
      q: try random.tensor([tokens, heads * width], scale: 2),
      k: try random.tensor([tokens, kvHeads * width]),
      v: try random.tensor([tokens, kvHeads * width]))
  }

  /// Output and log-sum-exp of some rows, row by row.
  private func attend(
    _ text: Text, _ rows: Range<Int>, _ segments: [AttentionSegment], _ window: Int?, _ cap: Float?,
    _ runtime: Runtime
  ) throws -> [[Float]] {
    let (o, lse) = (try Tensor(zeros: [rows.count, heads * width]), try Tensor(zeros: [rows.count, heads]))
    runtime.attention(
      queries: text.q.rows(rows), keys: text.k.rows(rows), values: text.v.rows(rows), heads: heads,
      kvHeads: kvHeads, segments: segments, scale: 0.25, window: window, softcap: cap, into: o, logSumExp: lse
    )
    return (0..<rows.count).map { o.row($0).array + lse.row($0).array }
  }

  @Test(arguments: FixtureTests.candidates, [1, 2, 15, 16, 17, 40, 100, 149, 150])
  func cutsDoNotShow(_ candidate: Candidate, _ window: Int) throws {
    let text = try text(seed: 51)
    let runtime = candidate.runtime
    let cap: Float? = window % 2 == 0 ? 3 : nil
    let whole = try attend(text, 0..<tokens, [AttentionSegment(rows: 0..<tokens)], window, cap, runtime)
    func cache(_ rows: Range<Int>) -> KeyValueRange {
      KeyValueRange(keys: text.k, values: text.v, rows: rows)
    }
    for cut in [1, 16, 17, 47, 64, 131, 149] {
      let rest = cut..<tokens
      let contexts = [
        [cache(0..<cut)], [cache(0..<cut / 2), cache(cut / 2..<cut / 2), cache(cut / 2..<cut)],
        [cache(0..<1)] + (1..<cut).map { cache($0..<$0 + 1) },
      ]
      for context in contexts {
        let rows = try attend(
          text, rest, [AttentionSegment(rows: 0..<rest.count, context: context)], window, cap, runtime)
        for (row, position) in rest.enumerated() {
          expectSameBits(rows[row], whole[position], "row \(position) behind \(cut) in \(context.count)")
        }
      }
      let branches = [
        AttentionSegment(rows: 0..<cut), AttentionSegment(rows: rest, context: [cache(0..<cut)]),
      ]
      for (row, expected) in zip(try attend(text, 0..<tokens, branches, window, cap, runtime), whole) {
        expectSameBits(row, expected, "parent of \(cut)")
      }
    }
    for position in [1, 31, 32, 99, 149] {
      let one = try attend(
        text, position..<position + 1, [AttentionSegment(rows: 0..<1, context: [cache(0..<position)])],
        window, cap,
        runtime)
      expectSameBits(one[0], whole[position], "token \(position)")
    }
  }

  @Test(arguments: FixtureTests.candidates)
  func aRowSeesItsWindowAndNothingElse(_ candidate: Candidate) throws {
    let window = 21
    let text = try text(seed: 52)
    let all = [AttentionSegment(rows: 0..<tokens)]
    let before = try attend(text, 0..<tokens, all, window, nil, candidate.runtime)
    // Not a number, at positions 40 ..< 43, reaches the rows that see one of them.
    text.k.rows(40..<43).fill(.nan)
    text.v.rows(40..<43).fill(.infinity)
    let after = try attend(text, 0..<tokens, all, window, nil, candidate.runtime)
    let reached = 40..<42 + window
    for position in 0..<tokens {
      if reached.contains(position) {
        #expect(after[position].allSatisfy { !$0.isFinite }, "row \(position)")
      } else {
        expectSameBits(after[position], before[position], "row \(position)")
      }
    }
  }

  @Test(arguments: FixtureTests.candidates)
  func aWindowOfTheWholeTextIsNone(_ candidate: Candidate) throws {
    let text = try text(seed: 53)
    let all = [AttentionSegment(rows: 0..<tokens)]
    let plain = try attend(text, 0..<tokens, all, nil, nil, candidate.runtime)
    for window in [tokens, tokens + 1, .max] {
      let wide = try attend(text, 0..<tokens, all, window, nil, candidate.runtime)
      expectSameBits(wide.flatMap { $0 }, plain.flatMap { $0 }, "window of \(window)")
    }
  }

  @Test(arguments: [1, 100, 257, 599])
  func longTextsHaveTheBitsOfTheReference(_ window: Int) throws {
    let (tokens, width) = (600, 8)
    var random = RandomSource(seed: 54)
    let (q, d) = (try random.tensor([tokens, 2 * width]), try random.tensor([tokens, 2 * width]))
    let (k, v) = (try random.tensor([tokens, width]), try random.tensor([tokens, width]))
    let segments = [AttentionSegment(rows: 0..<tokens)]
    func run(_ runtime: Runtime) throws -> [[Float]] {
      let (o, lse) = (try Tensor(zeros: [tokens, 2 * width]), try Tensor(zeros: [tokens, 2]))
      let (dq, dk, dv) = (try q.copy(), try k.copy(), try v.copy())
      runtime.attention(
        queries: q, keys: k, values: v, heads: 2, kvHeads: 1, segments: segments, scale: 0.3, window: window,
        into: o, logSumExp: lse)
      runtime.attentionBackward(
        d, queries: q, keys: k, values: v, output: o, logSumExp: lse, heads: 2, kvHeads: 1,
        segments: segments,
        scale: 0.3, window: window, into: dq, dk, dv)
      return [o.array, lse.array, dq.array, dk.array, dv.array]
    }
    let reference = try run(Candidate.reference.runtime)
    for candidate in Candidate.others {
      for (result, expected) in zip(try run(candidate.runtime), reference) {
        expectSameBits(result, expected, candidate.testDescription)
      }
    }
  }
}
