import Glibc
import Testing

@testable import HoldfastTensor

/// The ops against PyTorch in float64 (`Tests/Fixtures/scripts/tensor_ops.py`), on every kernel.
@Suite struct FixtureTests {
  static let candidates = [Candidate.reference] + Candidate.others.filter { $0.runtime.threadCount == 2 }

  private func fixture() throws -> Fixture { try Fixture(named: "ops") }

  @Test(arguments: candidates)
  func linear(_ candidate: Candidate) throws {
    let (runtime, fixture) = (candidate.runtime, try fixture())
    let x = try fixture.tensor("linear.x", [5, 11])
    let w = try fixture.tensor("linear.w", [7, 11])
    let d = try fixture.tensor("linear.d", [5, 7])
    let (y, dx, dw) = (try Tensor(zeros: [5, 7]), try Tensor(zeros: [5, 11]), try Tensor(zeros: [7, 11]))
    runtime.linear(x, w, into: y)
    runtime.linearBackwardInput(d, w, into: dx)
    runtime.linearBackwardWeight(d, x, into: dw)
    expectClose(y.array, try fixture.numbers("linear.y"), within: 3e-7, "y")
    expectClose(dx.array, try fixture.numbers("linear.dx"), within: 3e-7, "dx")
    expectClose(dw.array, try fixture.numbers("linear.dw"), within: 3e-7, "dw")
  }

  @Test(arguments: candidates)
  func norm(_ candidate: Candidate) throws {
    let (runtime, fixture) = (candidate.runtime, try fixture())
    let x = try fixture.tensor("norm.x", [3, 21])
    let w = try fixture.tensor("norm.w", [21])
    let d = try fixture.tensor("norm.d", [3, 21])
    let (y, inverse) = (try Tensor(zeros: [3, 21]), try Tensor(zeros: [3]))
    let (dx, dw) = (try Tensor(zeros: [3, 21]), try Tensor(zeros: [21]))
    runtime.rmsNorm(x, weight: w, epsilon: 1e-5, into: y, inverseRMS: inverse)
    runtime.rmsNormBackward(
      d, x: x, weight: w, inverseRMS: inverse, into: dx, accumulate: false, weightGradient: dw)
    expectClose(y.array, try fixture.numbers("norm.y"), within: 3e-7, "y")
    expectClose(dx.array, try fixture.numbers("norm.dx"), within: 5e-7, "dx")
    expectClose(dw.array, try fixture.numbers("norm.dw"), within: 3e-7, "dw")
  }

  @Test(arguments: candidates)
  func normWithAnOffset(_ candidate: Candidate) throws {
    let (runtime, fixture) = (candidate.runtime, try fixture())
    let x = try fixture.tensor("offset_norm.x", [5, 9])
    let w = try fixture.tensor("offset_norm.w", [9])
    let d = try fixture.tensor("offset_norm.d", [5, 9])
    let (y, inverse) = (try Tensor(zeros: [5, 9]), try Tensor(zeros: [5]))
    let (dx, dw) = (try Tensor(zeros: [5, 9]), try Tensor(zeros: [9]))
    runtime.rmsNorm(x, weight: w, offset: 1, epsilon: 1e-6, into: y, inverseRMS: inverse)
    runtime.rmsNormBackward(
      d, x: x, weight: w, offset: 1, inverseRMS: inverse, into: dx, accumulate: false, weightGradient: dw)
    expectClose(y.array, try fixture.numbers("offset_norm.y"), within: 3e-7, "y")
    expectClose(dx.array, try fixture.numbers("offset_norm.dx"), within: 5e-7, "dx")
    expectClose(dw.array, try fixture.numbers("offset_norm.dw"), within: 3e-7, "dw")
  }

  @Test(arguments: candidates)
  func layerNorm(_ candidate: Candidate) throws {
    let (runtime, fixture) = (candidate.runtime, try fixture())
    let shape = [3, 37]
    let (x, d) = (try fixture.tensor("layer_norm.x", shape), try fixture.tensor("layer_norm.d", shape))
    let (w, b) = (try fixture.tensor("layer_norm.w", [37]), try fixture.tensor("layer_norm.b", [37]))
    let (y, plain, dx) = (try Tensor(zeros: shape), try Tensor(zeros: shape), try d.copy())
    let (mean, inverse) = (try Tensor(zeros: [3]), try Tensor(zeros: [3]))
    let (dw, db) = (try Tensor(zeros: [37]), try Tensor(zeros: [37]))
    runtime.layerNorm(x, weight: w, bias: b, epsilon: 1e-5, into: y, mean: mean, inverseDeviation: inverse)
    runtime.layerNorm(x, weight: w, bias: nil, epsilon: 1e-5, into: plain)
    // In place of dy, and then once more on top.
    runtime.layerNormBackward(
      dx, x: x, weight: w, mean: mean, inverseDeviation: inverse, into: dx, accumulate: false,
      weightGradient: dw, biasGradient: db)
    expectClose(y.array, try fixture.numbers("layer_norm.y"), within: 5e-7, "y")
    expectClose(plain.array, try fixture.numbers("layer_norm.plain"), within: 5e-7, "without bias")
    let expected = try fixture.numbers("layer_norm.dx")
    expectClose(dx.array, expected, within: 1e-6, "dx")
    expectClose(dw.array, try fixture.numbers("layer_norm.dw"), within: 5e-7, "dw")
    expectClose(db.array, try fixture.numbers("layer_norm.db"), within: 3e-7, "db")
    runtime.layerNormBackward(
      d, x: x, weight: w, mean: mean, inverseDeviation: inverse, into: dx, accumulate: true,
      weightGradient: nil, biasGradient: nil)
    expectClose(dx.array, expected.map { 2 * $0 }, within: 1e-6, "dx += dx")
  }

  @Test(arguments: candidates, Activation.allCases)
  func activations(_ candidate: Candidate, _ a: Activation) throws {
    let (runtime, fixture, name) = (candidate.runtime, try fixture(), a.rawValue)
    let shape = [5, 19]
    let gate = try fixture.tensor("\(name).g", shape)
    let up = try fixture.tensor("\(name).u", shape)
    let d = try fixture.tensor("\(name).d", shape)
    let (h, dgate, dup) = (try Tensor(zeros: shape), try Tensor(zeros: shape), try Tensor(zeros: shape))
    runtime.activate(a, gate, into: h)
    runtime.activateBackward(d, a, gate, into: dgate)
    expectClose(h.array, try fixture.numbers("\(name).a"), within: 2e-7, "alone")
    expectClose(dgate.array, try fixture.numbers("\(name).a.dg"), within: 3e-7, "alone, gradient")
    runtime.gated(a, gate: gate, up: up, into: h)
    runtime.gatedBackward(d, a, gate: gate, up: up, into: dgate, dup)
    expectClose(h.array, try fixture.numbers("\(name).h"), within: 3e-7, "h")
    expectClose(dgate.array, try fixture.numbers("\(name).dg"), within: 3e-7, "dgate")
    expectClose(dup.array, try fixture.numbers("\(name).du"), within: 3e-7, "dup")
    // In place.
    runtime.gatedBackward(d, a, gate: gate, up: up, into: gate, up)
    expectSameBits(gate.array, dgate.array, "dgate in place")
    expectSameBits(up.array, dup.array, "dup in place")
  }

  @Test(arguments: candidates)
  func biasAndSoftcap(_ candidate: Candidate) throws {
    let (runtime, fixture) = (candidate.runtime, try fixture())
    let (y, b) = (try fixture.tensor("bias.y", [6, 35]), try fixture.tensor("bias.b", [35]))
    let db = try Tensor(zeros: [35])
    runtime.addBias(b, into: y)
    runtime.biasBackward(try fixture.tensor("bias.d", [6, 35]), into: db)
    expectClose(y.array, try fixture.numbers("bias.sum"), within: 1e-7, "sum")
    expectClose(db.array, try fixture.numbers("bias.db"), within: 3e-7, "bias gradient")
    let x = try fixture.tensor("softcap.x", [3, 21])
    let d = try fixture.tensor("softcap.d", [3, 21])
    runtime.softcap(x, cap: 30)
    runtime.softcapBackward(d, capped: x, cap: 30)
    expectClose(x.array, try fixture.numbers("softcap.y"), within: 2e-7, "capped")
    expectClose(d.array, try fixture.numbers("softcap.dx"), within: 3e-7, "gradient")
    runtime.scale(x, by: 3)
    expectClose(x.array, try fixture.numbers("softcap.y").map { 3 * $0 }, within: 2e-7, "scaled")
  }

  @Test(arguments: candidates)
  func rotation(_ candidate: Candidate) throws {
    let (runtime, fixture) = (candidate.runtime, try fixture())
    let x = try fixture.tensor("rotate.x", [3, 12])
    let start = x.array
    // The tables have one row per position; the fixture's three rows stand for positions 0, 1 and 2.
    let cosines = try fixture.tensor("rotate.cos", [3, 3])
    let sines = try fixture.tensor("rotate.sin", [3, 3])
    runtime.rotate(x, positions: [0, 1, 2], cosines: cosines, sines: sines, heads: 2)
    expectClose(x.array, try fixture.numbers("rotate.y"), within: 3e-7, "rotated")
    runtime.rotate(x, positions: [0, 1, 2], cosines: cosines, sines: sines, heads: 2, inverse: true)
    expectClose(x.array, start.map(Double.init), within: 3e-7, "rotated back")
  }

  @Test(arguments: candidates)
  func partialRotation(_ candidate: Candidate) throws {
    let (runtime, fixture) = (candidate.runtime, try fixture())
    let x = try fixture.tensor("partial.x", [3, 22])
    let start = x.array
    let (cosines, sines) = (
      try fixture.tensor("rotate.cos", [3, 3]), try fixture.tensor("rotate.sin", [3, 3])
    )
    runtime.rotate(x, positions: [0, 1, 2], cosines: cosines, sines: sines, heads: 2)
    expectClose(x.array, try fixture.numbers("partial.y"), within: 3e-7, "rotated")
    runtime.rotate(x, positions: [0, 1, 2], cosines: cosines, sines: sines, heads: 2, inverse: true)
    expectClose(x.array, start.map(Double.init), within: 3e-7, "rotated back")
  }

  @Test(arguments: candidates)
  func attention(_ candidate: Candidate) throws {
    let (runtime, fixture) = (candidate.runtime, try fixture())
    let q = try fixture.tensor("attention.q", [9, 32])
    let k = try fixture.tensor("attention.k", [9, 16])
    let v = try fixture.tensor("attention.v", [9, 16])
    let d = try fixture.tensor("attention.d", [9, 32])
    let (o, lse) = (try Tensor(zeros: [9, 32]), try Tensor(zeros: [9, 4]))
    let (dq, dk, dv) = (try Tensor(zeros: [9, 32]), try Tensor(zeros: [9, 16]), try Tensor(zeros: [9, 16]))
    let segments = [AttentionSegment(rows: 0..<3), AttentionSegment(rows: 3..<9)]
    runtime.attention(
      queries: q, keys: k, values: v, heads: 4, kvHeads: 2, segments: segments, scale: 0.7, into: o,
      logSumExp: lse)
    runtime.attentionBackward(
      d, queries: q, keys: k, values: v, output: o, logSumExp: lse, heads: 4, kvHeads: 2, segments: segments,
      scale: 0.7, into: dq, dk, dv)
    expectClose(o.array, try fixture.numbers("attention.o"), within: 5e-7, "o")
    expectClose(lse.array, try fixture.numbers("attention.lse"), within: 5e-7, "log sum")
    expectClose(dq.array, try fixture.numbers("attention.dq"), within: 1e-6, "dq")
    expectClose(dk.array, try fixture.numbers("attention.dk"), within: 1e-6, "dk")
    expectClose(dv.array, try fixture.numbers("attention.dv"), within: 1e-6, "dv")
  }

  @Test(
    arguments: candidates,
    [("window", 5, nil), ("capped", nil, 2.5), ("both", 9, 1.5)] as [(String, Int?, Float?)])
  func limitedAttention(_ candidate: Candidate, _ limits: (String, Int?, Float?)) throws {
    let (runtime, fixture, (name, window, cap)) = (candidate.runtime, try fixture(), limits)
    let (q, d) = (try fixture.tensor("window.q", [26, 20]), try fixture.tensor("window.d", [26, 20]))
    let (k, v) = (try fixture.tensor("window.k", [26, 10]), try fixture.tensor("window.v", [26, 10]))
    let (o, lse) = (try Tensor(zeros: [26, 20]), try Tensor(zeros: [26, 4]))
    let (dq, dk, dv) = (
      try Tensor(zeros: [26, 20]), try Tensor(zeros: [26, 10]), try Tensor(zeros: [26, 10])
    )
    let segments = [0..<1, 1..<4, 4..<26].map { AttentionSegment(rows: $0) }
    runtime.attention(
      queries: q, keys: k, values: v, heads: 4, kvHeads: 2, segments: segments, scale: 0.6, window: window,
      softcap: cap, into: o, logSumExp: lse)
    runtime.attentionBackward(
      d, queries: q, keys: k, values: v, output: o, logSumExp: lse, heads: 4, kvHeads: 2, segments: segments,
      scale: 0.6, window: window, softcap: cap, into: dq, dk, dv)
    expectClose(o.array, try fixture.numbers("\(name).o"), within: 5e-7, "o")
    expectClose(lse.array, try fixture.numbers("\(name).lse"), within: 5e-7, "log sum")
    expectClose(dq.array, try fixture.numbers("\(name).dq"), within: 1e-6, "dq")
    expectClose(dk.array, try fixture.numbers("\(name).dk"), within: 1e-6, "dk")
    expectClose(dv.array, try fixture.numbers("\(name).dv"), within: 1e-6, "dv")
  }

  @Test(arguments: candidates)
  func crossEntropy(_ candidate: Candidate) throws {
    let (runtime, fixture) = (candidate.runtime, try fixture())
    let logits = try fixture.tensor("loss.l", [4, 33])
    let targets: [Int32] = [0, 32, 7, 16]
    let picked = runtime.logSoftmax(logits, pick: targets.enumerated().map { ($0.offset, $0.element) })
    let expected = try fixture.numbers("loss.losses")
    let losses = runtime.crossEntropy(logits: logits, targets: targets, scale: 0.25, gradient: true)
    expectClose(losses, expected, within: 2e-7, "losses")
    expectClose(picked.map { -$0 }, expected, within: 2e-7, "log softmax")
    expectClose(logits.array, try fixture.numbers("loss.dl"), within: 5e-7, "gradient")
  }

  @Test(arguments: candidates)
  func penalizedCrossEntropy(_ candidate: Candidate) throws {
    let (runtime, fixture) = (candidate.runtime, try fixture())
    let logits = try fixture.tensor("penalty.l", [4, 33])
    let base = try fixture.tensor("penalty.base", [4, 33])
    let results = runtime.crossEntropy(
      logits: logits, base: base, targets: [0, 32, 7, 16], scale: 0.25, weight: 1.5)
    expectClose(results.map(\.loss), try fixture.numbers("penalty.losses"), within: 2e-7, "losses")
    let divergences = try fixture.numbers("penalty.kl")
    expectClose(results.map(\.divergence), divergences, within: 5e-7, "divergences")
    #expect(abs(Double(results[3].divergence) - divergences[3]) < 2e-7, "near its base")
    expectClose(logits.array, try fixture.numbers("penalty.dl"), within: 5e-7, "gradient")
  }

  /// Where the model is its base, the penalty is 0 and leaves the gradient's bits alone.
  @Test(arguments: candidates)
  func thePenaltyBeginsAtNothing(_ candidate: Candidate) throws {
    let (runtime, fixture) = (candidate.runtime, try fixture())
    let targets: [Int32] = [0, 32, 7, 16]
    let (logits, base, plain) = (
      try fixture.tensor("loss.l", [4, 33]), try fixture.tensor("loss.l", [4, 33]),
      try fixture.tensor("loss.l", [4, 33])
    )
    let losses = runtime.crossEntropy(logits: plain, targets: targets, scale: 0.25, gradient: true)
    let results = runtime.crossEntropy(logits: logits, base: base, targets: targets, scale: 0.25, weight: 9)
    #expect(results.map(\.loss) == losses && results.allSatisfy { $0.divergence == 0 })
    expectSameBits(logits.array, plain.array, "gradient")
  }

  @Test(arguments: candidates)
  func adamW(_ candidate: Candidate) throws {
    let (runtime, fixture) = (candidate.runtime, try fixture())
    let p = try fixture.tensor("adamw.p", [20])
    let (m, v) = (try Tensor(zeros: [20]), try Tensor(zeros: [20]))
    for step in 1...5 {
      // A scale of 1/2 on a doubled gradient is exact: it must change nothing.
      let g = try fixture.tensor("adamw.g\(step)", [20])
      for i in 0..<20 { g[i] *= 2 }
      var options = Runtime.AdamWStep(number: step, learningRate: 3e-3)
      (options.beta2, options.weightDecay, options.gradientScale) = (0.95, 0.1, 0.5)
      runtime.adamW(options, parameter: p, gradient: g, firstMoment: m, secondMoment: v)
      for (a, b) in zip(p.array, try fixture.numbers("adamw.p\(step)")) {
        #expect(abs(Double(a) - b) <= 3e-7 * max(abs(b), 1e-2), "step \(step)")
      }
    }
    for (ours, name) in [(m, "adamw.m"), (v, "adamw.v")] {
      for (a, b) in zip(ours.array, try fixture.numbers(name)) {
        #expect(abs(Double(a) - b) <= 1e-6 * abs(b), "\(name)")
      }
    }
  }
}
