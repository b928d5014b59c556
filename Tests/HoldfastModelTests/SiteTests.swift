import CHoldfastKernels
import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastModel

/// Activations at every site and what changing them does, against forward hooks in transformers.
@Suite struct SiteTests {
  static let fixtures = ArchitectureFixture.all.filter { FileSystem.exists($0.path("sites.safetensors")) }

  @Test func everyTinyModelIsHeldToTransformers() {
    #expect(Self.fixtures.count == ArchitectureFixture.all.count && Self.fixtures.count >= 22)
  }

  private func reference(_ fixture: ArchitectureFixture) throws -> ArchitectureFixture.Reference {
    try ArchitectureFixture.Reference(fixture.path("sites.safetensors"))
  }

  @Test(arguments: fixtures)
  func everySiteShowsWhatTransformersComputes(fixture: ArchitectureFixture) throws {
    let model = try fixture.model()
    let expected = try reference(fixture)
    let sites = Site.all(model.configuration)
    let named = Set(expected.names.filter { $0.text.contains("hook_") })
    #expect(Set(sites.map { ByteString($0.name) }) == named)
    let tokens = try expected.integers("tokens")
    let segments = [Segment(tokens, outputs: .all)]
    let (logits, activations) = try model.makeSession().logitsAndActivations(segments, sites: sites)
    #expect(logits.array.deviation(from: try expected.floats("logits")) < 1e-4)
    var worst: [Site.Kind: Double] = [:]
    for site in sites {
      let found = try #require(activations[site])
      let wanted = try expected.floats(ByteString(site.name))
      let shape = site.kind.shape(model.configuration, keys: tokens.count)
      #expect(found.shape == [tokens.count] + shape, "\(site.name)")
      let hidden = zip(found.array, wanted).allSatisfy { ($0.0 == -.infinity) == ($0.1 == -.infinity) }
      #expect(hidden, "\(site.name) hides other keys")
      let deviation = found.array.map(\.orZero).deviation(from: wanted.map(\.orZero))
      #expect(deviation < 1e-4, "\(site.name): \(deviation)")
      worst[site.kind] = max(worst[site.kind] ?? 0, deviation)
    }
    for (kind, deviation) in worst { figure("\(fixture.name) site", ["\(kind.rawValue)": deviation]) }
    let plain = try model.makeSession().logits(segments)
    #expect(plain.array.bits.elementsEqual(logits.array.bits), "looking changed the answer")
  }

  @Test(arguments: fixtures)
  func lookingAtOneSiteLeavesTheOthersAlone(fixture: ArchitectureFixture) throws {
    let model = try fixture.model()
    let tokens = try reference(fixture).integers("tokens")
    let segments = [Segment(tokens, outputs: .all)]
    let plain = try model.makeSession().logits(segments).array.bits
    let session = try model.makeSession()
    for site in Site.all(model.configuration) {
      var seen: [Site] = []
      let look = Hook([site]) { site, _, _ throws(HoldfastError) in seen.append(site) }
      #expect(try session.logits(segments, hooks: [look]).array.bits == plain, "\(site.name)")
      #expect(seen == [site])
    }
    // A pass that nobody looks at has no hooks at all.
    #expect(
      Hooks([], rows: HookRows(segments: [], texts: [], promptLengths: []), arena: session.arena) == nil)
  }

  @Test(arguments: fixtures)
  func changesReachTheLogitsAsInPyTorch(fixture: ArchitectureFixture) throws {
    let model = try fixture.model()
    let expected = try reference(fixture)
    let tokens = try expected.integers("tokens")
    let segments = [Segment(tokens, outputs: .all)]
    let session = try model.makeSession()
    let zero = Hook([Site(.attentionOut, layer: fixture.deepLayer(model))]) {
      _, x, rows throws(HoldfastError) in
      for segment in rows.segments { x.row(segment.rows.upperBound - 1).fill(0) }
    }
    #expect(
      try session.logits(segments, hooks: [zero]).array.deviation(
        from: expected.floats("logits.zero_attn_out_last")) < 1e-4)
    let width = model.configuration.width
    let direction = try Tensor(
      (0..<width).map { 2 * (-1 + 2 * Float($0) / Float(width - 1)) }, shape: [width])
    let steer = Hook([Site(.residPost, layer: 0)]) { _, x, _ throws(HoldfastError) in
      for t in 0..<x.shape[0] { session.runtime.add(direction, into: x.row(t)) }
    }
    #expect(
      try session.logits(segments, hooks: [steer]).array.deviation(
        from: expected.floats("logits.steer_resid_post_0")) < 1e-4)
    #expect(
      try session.logits(segments).array.bits.elementsEqual(model.makeSession().logits(segments).array.bits),
      "a hook outlived its call")
  }

  @Test(arguments: fixtures)
  func derivedSitesCanBeChangedToo(fixture: ArchitectureFixture) throws {
    let model = try fixture.model()
    let tokens = try reference(fixture).integers("tokens")
    let segments = [Segment(tokens, outputs: .all)]
    let session = try model.makeSession()
    let plain = try session.logits(segments)
    let last = tokens.count - 1
    let layer = fixture.deepLayer(model)
    /// Logits after adding zero (which must not change a bit) or doubling the last row.
    func logits(_ kind: Site.Kind, factor: Float) throws -> Tensor {
      try session.logits(
        segments,
        hooks: [
          Hook([Site(kind, layer: layer)]) { _, x, _ throws(HoldfastError) in
            session.runtime.scale(x.rows(last..<(last + 1)), by: factor)
          }
        ])
    }
    for kind in [Site.Kind.attentionNormScale, .attentionNormed, .scores, .pattern, .result]
    where kind.exists(model.configuration) {
      let same = try logits(kind, factor: 1).array.bits
      #expect(same.elementsEqual(plain.array.bits), "\(kind.rawValue) left alone")
      let changed = try logits(kind, factor: 2)
      #expect(changed.rows(0..<last).array.bits.elementsEqual(plain.rows(0..<last).array.bits))
      #expect(
        !changed.row(last).array.bits.elementsEqual(plain.row(last).array.bits), "\(kind.rawValue) doubled")
    }
    // Doubling what every head writes is doubling what attention adds, less its bias, before the norm after it.
    if model.weights.slot(.attentionPostNorm, layer: layer) == nil,
      !model.configuration.biases.contains(.attentionOutput)
    {
      let heads = try logits(.result, factor: 2)
      let whole = try logits(.attentionOut, factor: 2)
      #expect(heads.array.deviation(from: whole.array) < 1e-5)
    }
  }

  /// Working memory that runs out under way is an error, and never an answer.
  @Test(arguments: [Site(.embed), Site(.residPost, layer: 0), Site(.finalNormed)])
  func exhaustedMemoryIsAnError(site: Site) throws {
    let session = try Fixture.model("tiny-tied").makeSession()
    let exhausting = Hook([site]) { _, _, _ in _ = holdfast_scratch(.max) }
    let segments = [Segment([1, 2, 3], outputs: .all)]
    for attempt in [
      { _ = try session.logits(segments, hooks: [exhausting]) },
      { _ = try session.logProbabilities(segments, pick: [[(row: 1, token: 5)]], hooks: [exhausting]) },
    ] {
      let error = #expect(throws: HoldfastError.self) { try attempt() }
      #expect(error?.code == .outOfMemory)
    }
    let logits = try session.logits(segments)
    #expect(logits.array.allSatisfy { $0.isFinite }, "the next call has nothing to do with it")
  }

  @Test func sitesAreFoundByPatternAndModulePath() throws {
    let model = try #require(Self.fixtures.first { $0.name == "llama" }).model()
    let c = model.configuration
    #expect(try Site.matching("blocks.*.hook_resid_post", c).count == c.layers)
    #expect(try Site.matching("blocks.1.attn.hook_?", c).map(\.kind) == [.query, .key, .value, .attended])
    #expect(try Site.matching("model.layers.1.mlp", c) == [Site(.feedForwardOut, layer: 1)])
    #expect(try Site.matching("model.layers.*.self_attn.q_proj", c).count == c.layers)
    #expect(try Site.matching("model.layers.0", c) == [Site(.residPost, layer: 0)])
    #expect { try Site.matching("blocks.9.hook_resid_post", c) } throws: {
      ($0 as? HoldfastError)?.code == .invalidArgument
    }
  }

  @Test(arguments: fixtures)
  func branchesAndPrefixesShowWhatWholeTextsShow(fixture: ArchitectureFixture) throws {
    let model = try fixture.model()
    let tokens = try reference(fixture).integers("tokens")
    let cut = tokens.count - 3
    let sites = Site.all(model.configuration)
    let session = try model.makeSession()
    let whole = try session.logitsAndActivations([Segment(tokens)], sites: sites).activations
    let prefix = try session.prefix(Array(tokens[..<cut]))
    let tail = try session.logitsAndActivations(
      [Segment(Array(tokens[cut...]), after: .cache(prefix))], sites: sites
    ).activations
    for site in sites where site.kind != .scores && site.kind != .pattern {
      let first = try #require(whole[site]).rows(cut..<tokens.count).array.bits
      let second = try #require(tail[site]).array.bits
      #expect(first.elementsEqual(second), "\(site.name)")
    }
  }
}

extension Float {
  /// What hides a key, made a number.
  fileprivate var orZero: Float { isFinite ? self : 0 }
}
