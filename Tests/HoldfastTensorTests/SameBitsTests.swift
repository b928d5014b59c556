import CHoldfastKernels
import Testing

@testable import HoldfastTensor

/// Every kernel, on any number of threads, gives the bits of the scalar reference.
@Suite struct SameBitsTests {
  static let shapes = [
    (1, 1, 1), (1, 8, 5), (1, 300, 64), (2, 33, 31), (3, 129, 40), (4, 70, 17), (5, 96, 100), (6, 64, 48),
    (7, 31, 9),
    (11, 130, 33), (12, 32, 16), (13, 100, 800), (25, 47, 1700), (97, 65, 20), (200, 3, 50), (50, 70, 512),
    (500, 1024, 70), (29, 1024, 1536),
  ]

  @Test(arguments: Candidate.others, shapes)
  func products(_ candidate: Candidate, _ shape: (Int, Int, Int)) throws {
    let (m, n, k) = shape
    var random = RandomSource(seed: UInt64(m * 1000 + n))
    let x = try random.tensor([m, k])
    let w = try random.tensor([n, k])
    let dy = try random.tensor([m, n])
    let start = try random.tensor([m, n])
    func run(_ runtime: Runtime) throws -> [[Float]] {
      let (y, z) = (try Tensor(zeros: [m, n]), try start.copy())
      let packed = try Tensor(zeros: [m, n])
      let (dx, dw) = (try x.copy(), try w.copy())
      runtime.linear(x, w, into: y)
      runtime.linear(x, w, into: z, accumulate: true)
      runtime.linear(x, try PackedMatrix(w, runtime: runtime), into: packed)
      expectSameBits(y.array, packed.array, "packed")
      let filled = try PackedMatrix(outputs: n, inputs: k, runtime: runtime) { rows, buffer in
        for (i, row) in rows.enumerated() { for l in 0..<k { buffer[i * k + l] = w[row * k + l] } }
      }
      runtime.linear(x, filled, into: packed)
      expectSameBits(y.array, packed.array, "filled")
      runtime.linearBackwardInput(dy, w, into: dx, accumulate: true)
      let fresh = try Tensor(zeros: [m, k])
      runtime.linearBackwardInput(dy, w, into: fresh)
      runtime.linearBackwardWeight(dy, x, into: dw)
      return [y.array, z.array, dx.array, fresh.array, dw.array]
    }
    let names = ["linear", "accumulated linear", "input gradient +=", "input gradient", "weight gradient"]
    for (name, pair) in zip(names, zip(try run(candidate.runtime), try run(Candidate.reference.runtime))) {
      expectSameBits(pair.0, pair.1, name)
    }
  }

  @Test(arguments: Candidate.others)
  func aRowsBitsDependOnTheRowAlone(_ candidate: Candidate) throws {
    var random = RandomSource(seed: 5)
    let (m, n, k) = (61, 100, 900)
    let x = try random.tensor([m, k])
    let w = try PackedMatrix(try random.tensor([n, k]), runtime: candidate.runtime)
    let all = try Tensor(zeros: [m, n])
    candidate.runtime.linear(x, w, into: all)
    for rows in [0..<1, 5..<7, 13..<16, 20..<33, 1..<61] {
      let some = try Tensor(zeros: [rows.count, n])
      candidate.runtime.linear(x.rows(rows), w, into: some)
      expectSameBits(some.array, all.rows(rows).array, "rows \(rows)")
    }
  }

  @Test(arguments: Candidate.others, [1, 15, 16, 17, 64, 100, 576, 1000, 2061])
  func rows(_ candidate: Candidate, _ width: Int) throws {
    var random = RandomSource(seed: UInt64(width))
    let rows = 7
    let x = try random.tensor([rows, width], scale: 3)
    let dy = try random.tensor([rows, width])
    let weight = try random.tensor([width])
    let gate = try random.tensor([rows, width], scale: 30)
    func run(_ runtime: Runtime) throws -> [[Float]] {
      let (y, inverse) = (try Tensor(zeros: [rows, width]), try Tensor(zeros: [rows]))
      runtime.rmsNorm(x, weight: weight, epsilon: 1e-5, into: y, inverseRMS: inverse)
      let (dx, dweight) = (try dy.copy(), try weight.copy())
      runtime.rmsNormBackward(
        dy, x: x, weight: weight, inverseRMS: inverse, into: dx, accumulate: true, weightGradient: dweight)
      let sum = try x.copy()
      runtime.add(gate, into: sum)
      let logits = try gate.copy()
      let targets = (0..<rows).map { Int32($0 * 31 % width) }
      let plain = runtime.crossEntropy(logits: logits, targets: targets, scale: 0.3, gradient: false)
      let losses = runtime.crossEntropy(logits: logits, targets: targets, scale: 0.3, gradient: true)
      #expect(plain == losses)
      let (far, other) = (try gate.copy(), try x.copy())
      let penalized = runtime.crossEntropy(
        logits: far, base: other, targets: targets, scale: 0.3, weight: 0.7)
      #expect(penalized.map(\.loss) == losses)
      let picked = runtime.logSoftmax(gate, pick: targets.enumerated().map { ($0.offset, $0.element) })
      let rotated = try Tensor(zeros: [rows, 2 * width])
      rotated.rows(0..<3).copy(from: try Tensor((0..<6 * width).map { gate[$0] }, shape: [3, 2 * width]))
      runtime.rotate(
        rotated, positions: [0, 3, 1, 2, 6, 5, 4], cosines: x, sines: dy, heads: 1, inverse: true)
      return [
        y.array, inverse.array, dx.array, dweight.array, sum.array, logits.array, losses, picked,
        rotated.array, far.array, penalized.map(\.divergence),
      ]
    }
    let names = [
      "norm", "inverse RMS", "norm gradient", "norm weight gradient", "sum", "logit gradient", "losses",
      "log softmax", "rotation", "penalized logit gradient", "divergences",
    ]
    for (name, pair) in zip(names, zip(try run(candidate.runtime), try run(Candidate.reference.runtime))) {
      expectSameBits(pair.0, pair.1, name)
    }
  }

  @Test(arguments: Candidate.others, [1, 15, 16, 17, 64, 100, 577])
  func layerRows(_ candidate: Candidate, _ width: Int) throws {
    var random = RandomSource(seed: UInt64(width))
    let rows = 5
    let x = try random.tensor([rows, width], scale: 30)
    let dy = try random.tensor([rows, width])
    let (weight, bias) = (try random.tensor([width]), try random.tensor([width]))
    let table = try random.tensor([rows, width])
    func run(_ runtime: Runtime) throws -> [(String, [Float])] {
      let (y, mean, inverse) = (try dy.copy(), try Tensor(zeros: [rows]), try Tensor(zeros: [rows]))
      var results: [(String, [Float])] = []
      func note(_ name: String, _ tensor: Tensor) { results.append((name, tensor.array)) }
      runtime.layerNorm(x, weight: weight, bias: nil, epsilon: 1e-5, into: y)
      note("layer norm without bias", y)
      runtime.layerNorm(
        x, weight: weight, bias: bias, epsilon: 1e-5, into: y, mean: mean, inverseDeviation: inverse)
      note("layer norm", y)
      note("mean", mean)
      note("deviation", inverse)
      let (dx, dweight, dbias) = (try dy.copy(), try weight.copy(), try bias.copy())
      runtime.layerNormBackward(
        dy, x: x, weight: weight, mean: mean, inverseDeviation: inverse, into: dx, accumulate: true,
        weightGradient: dweight, biasGradient: dbias)
      note("layer norm gradient", dx)
      note("layer norm weight gradient", dweight)
      note("bias gradient", dbias)
      runtime.rmsNorm(x, weight: weight, offset: 1, epsilon: 1e-5, into: y, inverseRMS: inverse)
      runtime.rmsNormBackward(
        dy, x: x, weight: weight, offset: 1, inverseRMS: inverse, into: dx, accumulate: false)
      note("norm with an offset", y)
      note("its gradient", dx)
      runtime.addBias(bias, into: y)
      runtime.scale(y, by: 1.7)
      note("biased, scaled", y)
      runtime.softcap(y, cap: 2)
      note("capped", y)
      runtime.softcapBackward(dx, capped: y, cap: 2)
      note("cap gradient", dx)
      runtime.dropout(x, probability: 0.3, seed: 5, stream: 6, firstRow: 7, into: y)
      note("dropout", y)
      let turned = try Tensor([x, dy, table].flatMap(\.array), shape: [rows, 3 * width])
      runtime.rotate(turned, positions: [4, 0, 1, 2, 2], cosines: table, sines: dy, heads: 1)
      note("partial rotation", turned)
      for a in Activation.allCases {
        runtime.activate(a, x, into: y)
        note("\(a)", y)
        runtime.activateBackward(dy, a, x, into: y)
        note("\(a) gradient", y)
        runtime.gated(a, gate: x, up: table, into: y)
        note("gated \(a)", y)
        runtime.gatedBackward(dy, a, gate: x, up: table, into: y, dx)
        note("gate gradient of \(a)", y)
        note("up gradient of \(a)", dx)
      }
      return results
    }
    for (a, b) in zip(try run(candidate.runtime), try run(Candidate.reference.runtime)) {
      expectSameBits(a.1, b.1, a.0)
    }
  }

  static let limits: [(Int?, Float?)] = [
    (nil, nil), (nil, 3), (1, nil), (7, 2), (16, nil), (33, nil), (64, 0.5), (99, nil),
  ]

  @Test(arguments: [(9, 3, 64), (4, 4, 8), (6, 1, 20), (2, 2, 33)], limits)
  func attention(_ shape: (Int, Int, Int), _ limits: (Int?, Float?)) throws {
    let ((heads, kvHeads, width), (window, cap)) = (shape, limits)
    var random = RandomSource(seed: 9)
    let lengths = [1, 40, 23, 65]
    let tokens = lengths.reduce(0, +)
    let q = try random.tensor([tokens, heads * width], scale: 2)
    let k = try random.tensor([tokens, kvHeads * width])
    let v = try random.tensor([tokens, kvHeads * width])
    let d = try random.tensor([tokens, heads * width])
    let cacheKeys = try random.tensor([50, kvHeads * width])
    let cacheValues = try random.tensor([50, kvHeads * width])
    var segments: [AttentionSegment] = []
    var start = 0
    for length in lengths {
      segments.append(AttentionSegment(rows: start..<start + length))
      start += length
    }
    let plain = segments
    segments[1].context = [KeyValueRange(keys: cacheKeys, values: cacheValues, rows: 3..<40)]
    segments[2].context = [
      KeyValueRange(keys: cacheKeys, values: cacheValues, rows: 0..<1),
      KeyValueRange(keys: k, values: v, rows: 1..<41),
    ]
    func run(_ runtime: Runtime) throws -> [[Float]] {
      let (o, lse) = (try Tensor(zeros: [tokens, heads * width]), try Tensor(zeros: [tokens, heads]))
      runtime.attention(
        queries: q, keys: k, values: v, heads: heads, kvHeads: kvHeads, segments: segments, scale: 0.2,
        window: window, softcap: cap, into: o, logSumExp: lse)
      let (o2, lse2) = (try o.copy(), try lse.copy())
      runtime.attention(
        queries: q, keys: k, values: v, heads: heads, kvHeads: kvHeads, segments: plain, scale: 0.2,
        window: window, softcap: cap, into: o2, logSumExp: lse2)
      let (dq, dk, dv) = (try q.copy(), try k.copy(), try v.copy())
      runtime.attentionBackward(
        d, queries: q, keys: k, values: v, output: o2, logSumExp: lse2, heads: heads, kvHeads: kvHeads,
        segments: plain, scale: 0.2, window: window, softcap: cap, into: dq, dk, dv)
      return [o.array, lse.array, o2.array, lse2.array, dq.array, dk.array, dv.array]
    }
    let names = ["output", "log sum", "plain output", "plain log sum", "query", "key", "value"]
    let reference = try run(Candidate.reference.runtime)
    for candidate in Candidate.others {
      for (name, pair) in zip(names, zip(try run(candidate.runtime), reference)) {
        expectSameBits(pair.0, pair.1, "\(name) of \(candidate.testDescription)")
      }
    }
  }

  @Test(arguments: Candidate.others, [1, 16, 37, 100_001])
  func wholeTensors(_ candidate: Candidate, _ count: Int) throws {
    var random = RandomSource(seed: UInt64(count))
    let (w, g) = (try random.tensor([count]), try random.tensor([count]))
    let (m, v) = (try random.tensor([count], scale: 0.1), try random.tensor([count], scale: 0.1))
    for i in 0..<count { v[i] = abs(v[i]) }
    func run(_ runtime: Runtime) throws -> ([[Float]], Double) {
      let (small, first, second) = (
        try w.copy(), try BFloat16Tensor(zeros: [count]), try BFloat16Tensor(zeros: [count])
      )
      let (w, m, v) = (try w.copy(), try m.copy(), try v.copy())
      for step in 1...2 {
        var step = Runtime.AdamWStep(number: step, learningRate: 1e-2)
        step.gradientScale = 0.7
        runtime.adamW(step, parameter: w, gradient: g, firstMoment: m, secondMoment: v)
        runtime.adamW(
          step, parameter: small, gradient: g, firstMoment: first, secondMoment: second,
          key: UInt64(step.number) << 33)
      }
      return ([w.array, m.array, v.array, small.array, first.array, second.array], runtime.sumOfSquares(g))
    }
    let (a, b) = (try run(candidate.runtime), try run(Candidate.reference.runtime))
    for (x, y) in zip(a.0, b.0) { expectSameBits(x, y, "AdamW") }
    #expect(a.1 == b.1)
    #expect(candidate.runtime.firstNonFinite(g) == nil)
    for (position, value) in [(count - 1, Float.nan), (count / 2, -Float.infinity), (0, .infinity)] {
      g[position] = value
      #expect(candidate.runtime.firstNonFinite(g) == position)
    }
  }

  @Test(arguments: Candidate.others)
  func exponentialOfEverything(_ candidate: Candidate) {
    // Every 977th of all bit patterns: all signs, exponents, NaN and infinities.
    var x = stride(from: UInt64(0), to: 1 << 32, by: 977).map { Float(bitPattern: UInt32($0)) }
    x += [.infinity, -.infinity, .nan, 0, -0.0, 88.72283, 88.72284, -87.33, -87.34]
    var (a, b) = ([Float](repeating: 0, count: x.count), [Float](repeating: 0, count: x.count))
    candidate.runtime.kernels.pointee.exp(x, x.count, &a)
    Candidate.reference.runtime.kernels.pointee.exp(x, x.count, &b)
    expectSameBits(a, b, "exp")
  }
}
