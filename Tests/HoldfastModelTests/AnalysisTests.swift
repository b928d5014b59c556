import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastModel

/// Logit lens, attribution, sweeps and traces against PyTorch and against what must hold of them.
@Suite struct AnalysisTests {
  static let fixtures = ArchitectureFixture.all.filter { FileSystem.exists($0.path("analysis.safetensors")) }
  private static let targets: [Int32] = [3, 40]

  private func reference(_ fixture: ArchitectureFixture) throws -> ArchitectureFixture.Reference {
    try ArchitectureFixture.Reference(fixture.path("analysis.safetensors"))
  }

  @Test(arguments: fixtures)
  func theLensShowsWhatPyTorchComputes(fixture: ArchitectureFixture) throws {
    let model = try fixture.model()
    let expected = try reference(fixture)
    let tokens = try expected.integers("clean")
    let vocabulary = model.configuration.vocabularySize
    let all = (0..<vocabulary).map { Int32($0) }
    let lens = try model.makeSession().logitLens(tokens, positions: [-1], targets: all, top: 3)
    #expect(lens.cells.count == model.configuration.layers + 1)
    let found = lens.cells.flatMap { $0[0].targets.map { Float($0) } }
    let deviation = found.deviation(from: try expected.floats("lens"))
    #expect(deviation < 1e-4, "\(deviation)")
    for cells in lens.cells {
      let scores = cells[0].targets
      let order = scores.indices.sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
      #expect(cells[0].top.map { Int($0.token) } == Array(order[..<3]))
      #expect(cells[0].ranks[order[0]] == 0 && cells[0].ranks[order[5]] <= 5)
    }
    // Behind the last layer the lens is the model.
    let session = try model.makeSession()
    let logits = try session.logits([Segment(tokens)])
    let own = session.runtime.logSoftmax(logits, pick: all.map { (0, $0) })
    #expect(
      (lens.cells.last?[0].targets ?? []).map { Float($0) }.deviation(from: own) < 1e-6, "the last layer")
    #expect(throws: HoldfastError.self) { try session.logitLens(tokens, positions: [9]) }
    #expect(throws: HoldfastError.self) { try session.logitLens(tokens, targets: [-1]) }
  }

  @Test(arguments: fixtures)
  func thePartsAddUpToTheLogits(fixture: ArchitectureFixture) throws {
    let model = try fixture.model()
    let expected = try reference(fixture)
    let tokens = try expected.integers("clean")
    let session = try model.makeSession()
    let attribution = try session.logitAttribution(tokens, targets: Self.targets)
    let found = attribution.parts.flatMap { $0.values.map { Float($0) } }
    #expect(found.deviation(from: try expected.floats("attribution")) < 1e-4)
    for (sum, logit) in zip(attribution.sums, attribution.logits) { #expect(abs(sum - logit) < 1e-4) }
    let logits = try session.logits([Segment(tokens)])
    if model.configuration.logitSoftcap == nil {
      for (target, logit) in zip(Self.targets, attribution.logits) {
        #expect(abs(Double(logits[Int(target)]) - logit) < 1e-5)
      }
    }
    guard session.panels.blocks[0].attentionPostNorm == nil else {
      #expect(throws: HoldfastError.self) {
        try session.logitAttribution(tokens, targets: Self.targets, heads: true)
      }
      return
    }
    let heads = try session.logitAttribution(tokens, targets: Self.targets, heads: true)
    #expect(heads.parts.count > attribution.parts.count)
    for (sum, logit) in zip(heads.sums, heads.logits) { #expect(abs(sum - logit) < 1e-4) }
  }

  @Test(arguments: fixtures)
  func theSweepIsThatOfPyTorch(fixture: ArchitectureFixture) throws {
    let model = try fixture.model()
    let expected = try reference(fixture)
    let (clean, corrupted) = (try expected.integers("clean"), try expected.integers("corrupted"))
    let metric = AnswerMetric(.logitDifference, answer: Self.targets[0], other: Self.targets[1])
    let session = try model.makeSession()
    let sweep = try session.patchingSweep(
      clean: clean, corrupted: corrupted, kind: .attentionOut, metric: metric)
    let found = sweep.values.flatMap { $0.map { Float($0) } }
    #expect(found.deviation(from: try expected.floats("sweep")) < 1e-4)
    // The stream of the last token behind the last layer is all there is.
    let stream = try session.patchingSweep(
      clean: clean, corrupted: corrupted, kind: .residPost, metric: metric)
    let last = try #require(stream.values.last?.last)
    #expect(abs(last - stream.clean) < 1e-6)
    #expect(abs(try #require(stream.restored.last?.last) - 1) < 1e-4)
    // What stands before the difference is the same in both.
    #expect(stream.values.allSatisfy { abs($0[0] - stream.corrupted) < 1e-6 })
    let heads = try session.patchingSweep(
      clean: clean, corrupted: corrupted, kind: .attended, byHead: true, metric: metric)
    #expect(heads.values.allSatisfy { $0.count == model.configuration.heads })
    #expect(throws: HoldfastError.self) {
      try session.patchingSweep(clean: clean, corrupted: [1], metric: metric)
    }
    #expect(throws: HoldfastError.self) {
      try session.patchingSweep(clean: clean, corrupted: corrupted, kind: .pattern, metric: metric)
    }
  }

  @Test func aTraceIsItsDefinition() throws {
    let model = try ArchitectureFixture(name: "llama").model()
    let session = try model.makeSession()
    let tokens: [Int32] = [5, 9, 12, 3, 44, 20, 7]
    var options = CausalTrace.Options()
    options.draws = 3
    options.seed = 11
    let trace = try session.causalTrace(tokens, corrupted: [1, 2], options: options)
    #expect(trace.patched.count == 3 && trace.indirectEffects.count == 3)
    // By hand, through interventions as anybody would write them.
    let metric = AnswerMetric(answer: trace.answer)
    func probability(_ list: [Intervention]) throws -> Double {
      let logits = try model.with(Interventions(list)).makeSession().logits([Segment(tokens)])
      return metric.values(logits, session.runtime)[0]
    }
    #expect(try probability([]) == trace.clean)
    let strength = 3 * trace.sigma
    for draw in 0..<3 {
      let noise = Intervention(
        .noise, at: "hook_embed", positions: .at([1, 2]), strength: strength, seed: 11 + UInt64(draw))
      #expect(try probability([noise]) == trace.draws[draw])
      for (layer, place) in [(0, 1), (1, 2), (2, 6), (1, 4)] {
        let restore = Intervention(
          .patch, at: "blocks.\(layer).hook_resid_post", positions: .at([place]),
          source: .texts(.init([.tokens(tokens)])))
        #expect(abs(try probability([noise, restore]) - trace.patched[draw][layer][place]) < 1e-7)
      }
    }
    let embeddings = try #require(
      try session.logitsAndActivations([Segment(tokens)], sites: [Site(.embed)]).activations[Site(.embed)])
    let values = embeddings.rows(1..<3).array.map { Double($0) }
    let mean = values.reduce(0, +) / Double(values.count)
    let sigma = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
    #expect(abs(sigma - trace.sigma) < 1e-9)
    // The last token's stream behind the last layer brings everything back.
    #expect(abs(trace.indirectEffects[2][6] - trace.totalEffect) < 1e-6)
    options.window = 2
    options.kind = .feedForwardOut
    #expect(try session.causalTrace(tokens, corrupted: [-2], options: options).patched[0].count == 3)
    #expect(throws: HoldfastError.self) { try session.causalTrace(tokens, corrupted: []) }
    #expect(throws: HoldfastError.self) { try session.causalTrace(tokens, corrupted: [7]) }
  }
}
