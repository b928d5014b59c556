import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastModel

/// Gradients with respect to activations against PyTorch, and attribution patching against what it foretells.
@Suite(.serialized) struct ActivationGradientTests {
  private static let answer = AnswerMetric(.logProbability, answer: 3)
  private static let difference = AnswerMetric(.logitDifference, answer: 3, other: 40)

  private func site(_ name: ByteString, _ model: Model) throws -> Site {
    let c = model.configuration
    let all =
      [Site(.embed)]
      + Site.Kind.allCases.filter(\.isOfBlock).flatMap { kind in (0..<c.layers).map { Site(kind, layer: $0) }
      }
    return try #require(all.first { ByteString($0.name) == name }, "\(name.text)")
  }

  @Test(arguments: ArchitectureFixture.all)
  func gradientsAreThoseOfPyTorch(fixture: ArchitectureFixture) throws {
    let model = try fixture.model()
    let path = fixture.path("gradients.safetensors")
    let expected = try ArchitectureFixture.Reference(path)
    let tokens = try expected.integers("tokens")
    let names = try SafetensorsFile(path: path).tensors.map(\.name).filter {
      $0.text.hasPrefix("blocks.") || $0.text == "hook_embed"
    }
    let sites = try names.map { try site($0, model) }
    #expect(sites.count == 1 + 6 * model.configuration.layers)
    let found = try model.activationGradients(tokens, metric: Self.answer, sites: sites)
    #expect(abs(found.value - Double(try expected.floats("value")[0])) < 1e-4)
    var worst = 0.0
    for (name, site) in zip(names, sites) {
      let deviation = try #require(found.gradients[site]).array.deviation(from: try expected.floats(name))
      #expect(deviation < 1e-4, "\(name.text): \(deviation)")
      worst = max(worst, deviation)
    }
    let other = try model.activationGradients(tokens, metric: Self.difference, sites: [Site(.embed)])
    #expect(
      try #require(other.gradients[Site(.embed)]).array.deviation(
        from: expected.floats("difference.hook_embed"))
        < 1e-4)
    figure("\(fixture.name) activation gradients", ["worst": worst])
  }

  /// A small step along a direction changes the metric by what the gradient says, at every site that has one.
  @Test(arguments: ArchitectureFixture.all)
  func smallStepsChangeTheMetricAsForetold(fixture: ArchitectureFixture) throws {
    let model = try fixture.model()
    let tokens = try ArchitectureFixture.Reference(fixture.path("gradients.safetensors")).integers("tokens")
    let layer = model.configuration.layers - 1
    let kinds = Site.Kind.allCases.filter { $0.hasGradient && $0.exists(model.configuration) }
    let sites = kinds.map { Site($0, layer: layer) }
    let found = try model.activationGradients(tokens, metric: Self.difference, sites: sites)
    let session = try model.makeSession()
    for site in sites {
      let gradient = try #require(found.gradients[site])
      var random = RandomSource(seed: 9)
      let direction = (0..<gradient.count).map { _ in Float(random.normal()) }
      func value(_ step: Float) throws -> Double {
        let hook = Hook([site]) { _, x, _ in
          for i in 0..<x.count { x[i] += step * direction[i] }
        }
        let logits = try session.logits([Segment(tokens)], hooks: [hook])
        return Double(logits[3]) - Double(logits[40])
      }
      let step: Float = 1e-2 / Float(direction.count).squareRoot()
      let slope = try (value(step) - value(-step)) / Double(2 * step)
      let foretold = zip(gradient.array, direction).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      let size = zip(gradient.array, gradient.array).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        .squareRoot()
      #expect(size > 0, "\(site.name)")
      #expect(
        abs(slope - foretold) < 0.02 * size + 2e-3, "\(site.name): \(slope), foretold \(foretold), \(size)")
    }
  }

  @Test func attributionForetellsSmallPatches() throws {
    let model = try ArchitectureFixture(name: "llama").model()
    let session = try model.makeSession()
    let expected = try ArchitectureFixture.Reference(
      ArchitectureFixture(name: "llama").path("analysis.safetensors"))
    let (clean, corrupted) = (try expected.integers("clean"), try expected.integers("corrupted"))
    for (kind, byHead) in [(Site.Kind.residPre, false), (.attentionOut, false), (.attended, true)] {
      let sweep = try session.patchingSweep(
        clean: clean, corrupted: corrupted, kind: kind, byHead: byHead, metric: Self.difference)
      let estimate = try session.attributionPatching(
        clean: clean, corrupted: corrupted, kind: kind, byHead: byHead, metric: Self.difference)
      #expect(estimate.isEstimate && !sweep.isEstimate)
      #expect(estimate.clean == sweep.clean && estimate.corrupted == sweep.corrupted)
      #expect(estimate.values.map(\.count) == sweep.values.map(\.count))
      // With steps the sum over a whole layer of the stream is the whole difference (the fundamental theorem of calculus).
      let path = try session.attributionPatching(
        clean: clean, corrupted: corrupted, kind: kind, byHead: byHead, metric: Self.difference, steps: 200)
      if kind == .residPre {
        let whole = path.values[0].reduce(0) { $0 + $1 - path.corrupted }
        #expect(abs(whole - (path.clean - path.corrupted)) < 0.02 * abs(path.clean - path.corrupted) + 1e-3)
      }
      let error = { (one: PatchingSweep) in
        zip(one.values.joined(), sweep.values.joined()).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
          .squareRoot()
      }
      let spread = sweep.values.joined().reduce(0) { $0 + ($1 - sweep.corrupted) * ($1 - sweep.corrupted) }
        .squareRoot()
      #expect(error(estimate) < spread, "\(kind): \(error(estimate)) of \(spread)")
    }
  }

  /// Behind the last block of a model without final norm's curvature nothing but the last token counts.
  @Test func onlyTheLastTokenCountsBehindTheLastBlock() throws {
    let model = try ArchitectureFixture(name: "qwen2").model()
    let tokens: [Int32] = [5, 9, 12, 3, 44]
    let site = Site(.residPost, layer: model.configuration.layers - 1)
    let gradient = try #require(
      model.activationGradients(tokens, metric: Self.answer, sites: [site]).gradients[site])
    for t in 0..<4 { #expect(gradient.row(t).array.allSatisfy { $0 == 0 }) }
    #expect(gradient.row(4).array.contains { $0 != 0 })
  }

  @Test func threadsDoNotShow() throws {
    let model = try ArchitectureFixture(name: "gemma2").model()
    let tokens: [Int32] = [5, 9, 12, 3, 44, 2, 8]
    let sites = [Site(.embed), Site(.attended, layer: 0), Site(.post, layer: 1)]
    let before = Runtime.shared.threadCount
    defer { try? Runtime.shared.setThreadCount(before) }
    var seen: [[[UInt32]]] = []
    for threads in [1, 3] {
      try Runtime.shared.setThreadCount(threads)
      let found = try model.activationGradients(tokens, metric: Self.answer, sites: sites)
      seen.append(sites.map { found.gradients[$0]?.array.map(\.bitPattern) ?? [] })
    }
    #expect(seen[0] == seen[1] && seen[0].allSatisfy { !$0.isEmpty })
  }

  @Test func whatHasNoGradientIsRefused() throws {
    let model = try ArchitectureFixture(name: "gpt-neox").model()
    func code(_ tokens: [Int32], _ sites: [Site], _ model: Model) -> HoldfastError? {
      #expect(throws: HoldfastError.self) {
        try model.activationGradients(tokens, metric: Self.answer, sites: sites)
      }
    }
    let pattern = code([1, 2], [Site(.pattern, layer: 0)], model)
    #expect(pattern?.code == .invalidArgument && pattern?.message.contains("hook_resid_pre") == true)
    #expect(code([1, 2], [Site(.residMid, layer: 0)], model)?.code == .invalidArgument)
    #expect(code([1, 2], [Site(.residPre, layer: 99)], model)?.code == .invalidArgument)
    #expect(code([], [Site(.embed)], model)?.code == .invalidArgument)
    #expect(code([1, -4], [Site(.embed)], model)?.code == .invalidArgument)
    let long = [Int32](repeating: 1, count: model.configuration.contextLength + 1)
    #expect(code(long, [Site(.embed)], model)?.code == .contextLength)
    let changed = try model.with(Interventions([Intervention(.zero, at: "blocks.0.hook_mlp_out")]))
    #expect(code([1, 2], [Site(.embed)], changed)?.code == .unsupported)
  }
}
