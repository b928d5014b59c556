import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastModel

/// Interventions as data against the same changes written out in PyTorch, and what holds of them whatever they do.
@Suite struct InterventionTests {
  static let fixtures = ArchitectureFixture.all.filter { FileSystem.exists($0.path("interventions.json")) }

  /// The cases of a fixture, by name.
  private func cases(_ fixture: ArchitectureFixture) throws -> [(name: ByteString, value: Interventions)] {
    let path = fixture.path("interventions.json")
    return try JSONNode(try JSON.read(path), document: path).members().map {
      ($0.key, try Interventions($0.value))
    }
  }

  @Test(arguments: fixtures)
  func logitsAreThoseOfPyTorch(fixture: ArchitectureFixture) throws {
    let model = try fixture.model()
    let expected = try ArchitectureFixture.Reference(fixture.path("interventions.safetensors"))
    let tokens = try expected.integers("tokens")
    let segments = [Segment(tokens, outputs: .all)]
    let session = try model.makeSession()
    var worst = 0.0
    let cases = try cases(fixture)
    #expect(cases.count == caseCount(model))
    let vocabulary = model.configuration.vocabularySize
    for (name, interventions) in cases {
      let wanted = try expected.floats(name)
      let attached = try model.with(interventions).makeSession().logits(segments)
      // Every third logit is stored.
      let kept = stride(from: 0, to: attached.count, by: vocabulary).flatMap { row in
        stride(from: row, to: row + vocabulary, by: 3).map { attached[$0] }
      }
      let deviation = kept.deviation(from: wanted)
      #expect(deviation < 1e-4, "\(name.text): \(deviation)")
      worst = max(worst, deviation)
      let scoped = try session.logits(segments, hooks: session.hooks(interventions))
      #expect(scoped.array.bits.elementsEqual(attached.array.bits), "\(name.text) for one call")
      // What is written is what was read.
      let again = try Interventions(
        JSONNode(JSON.parse(interventions.json.text(), name: "written"), document: "written"))
      #expect(again == interventions, "\(name.text)")
    }
    figure("\(fixture.name) interventions", ["worst": worst])
    #expect(
      try session.logits(segments).array.bits.elementsEqual(model.makeSession().logits(segments).array.bits),
      "an intervention outlived its call")
  }

  /// The cases of `interventions.py`, less those for sites that a model lacks.
  private func caseCount(_ model: Model) -> Int {
    let present = { (kind: Site.Kind) in kind.exists(model.configuration) ? 1 : 0 }
    return 28 + 2 * present(.rotatedQuery) + present(.preLinear) + present(.residMid)
      + present(.positionEmbed)
      + 4 * (present(.attentionNormScale) + present(.feedForwardNormScale))
  }

  /// One of each operation, seen by prompts of any length.
  private func everyOperation(_ model: Model, layer: Int) throws -> [Interventions] {
    let width = model.configuration.width
    let vector = (0..<width).map { Float($0 % 5) / 4 - 0.5 }
    let texts = InterventionSource.texts(.init([.tokens([3, 5, 7, 9, 11, 2]), .tokens([8, 4, 6])]))
    let resid = "blocks.0.hook_resid_post"
    return [
      Intervention(.zero, at: "blocks.\(layer).hook_attn_out", positions: .range(from: 2, to: nil)),
      Intervention(.mean, at: resid, positions: .at([1]), source: texts, strength: 0.5),
      Intervention(.patch, at: resid, source: .texts(.init([.tokens([3, 5, 7, 9])]))),
      Intervention(.add, at: resid, source: .directions([vector])),
      Intervention(.scale, at: "blocks.\(layer).attn.hook_pattern", heads: [0], strength: 0.5),
      Intervention(.projectOut, at: resid, source: .directions([vector])),
      Intervention(.clamp, at: "blocks.\(layer).mlp.hook_post", bounds: -0.01...0.01),
      Intervention(.noise, at: "hook_embed", strength: 0.3, seed: 7),
      Intervention(.resample, at: resid, positions: .prompt, source: texts, seed: 3),
      Intervention(.noise, at: resid, positions: .last, strength: 0.3, seed: 8),
    ].map { Interventions([$0]) }
  }

  @Test(arguments: fixtures)
  func bitsDependOnTheTextAlone(fixture: ArchitectureFixture) throws {
    let model = try fixture.model()
    let prompt: [Int32] = [5, 9, 12, 3, 44, 20, 7]
    let more: [Int32] = [31, 2, 18]
    let others: [[Int32]] = [[1, 2, 3], [5, 9, 12, 3, 44, 20, 8, 9, 10]]
    for interventions in try everyOperation(model, layer: fixture.deepLayer(model)) {
      let changed = try model.with(interventions)
      let session = try changed.makeSession()
      let name = interventions.json.text()
      let whole = try session.logits([
        Segment(prompt + more, outputs: .all, promptLength: prompt.count)
      ])
      // In a batch with others, and in another order.
      let batch = try session.logits(
        others.map { Segment($0, outputs: .none) } + [
          Segment(prompt + more, outputs: .all, promptLength: prompt.count)
        ])
      #expect(batch.array.bits.elementsEqual(whole.array.bits), "in a batch: \(name)")
      // As a trunk with branches.
      let tree = try session.logits([
        Segment(prompt, outputs: .all, promptLength: prompt.count),
        Segment([1], after: .batch(0), outputs: .none),
        Segment(more, after: .batch(0), outputs: .all, promptLength: prompt.count),
      ])
      #expect(tree.array.bits.elementsEqual(whole.array.bits), "as a tree: \(name)")
      // Token by token behind the prompt.
      let cache = try session.cache(capacity: 4)
      var last = try session.extend([(cache, prompt)])
      #expect(last.array.bits.elementsEqual(whole.row(prompt.count - 1).array.bits), "decoding: \(name)")
      for (i, token) in more.enumerated() {
        last = try session.extend([(cache, [token])])
        #expect(last.array.bits.elementsEqual(whole.row(prompt.count + i).array.bits), "decoding: \(name)")
      }
      // Behind a shared beginning, where there may be one.
      let beginning = Array(prompt[..<4])
      if interventions.needsWholePrompt {
        #expect(throws: HoldfastError.self) { try session.prefix(beginning) }
      } else {
        let prefix = try session.prefix(beginning)
        let rest = try session.logits([
          Segment(
            Array(prompt[4...]) + more, after: .cache(prefix), outputs: .all, promptLength: prompt.count)
        ])
        #expect(
          rest.array.bits.elementsEqual(whole.rows(4..<whole.shape[0]).array.bits), "behind a prefix: \(name)"
        )
        #expect {
          try model.makeSession().logits([Segment(more, after: .cache(prefix))])
        } throws: {
          ($0 as? HoldfastError)?.message.contains("other interventions") == true
        }
      }
      let plain = try model.makeSession().logits([Segment(prompt + more, outputs: .all)])
      #expect(!plain.array.bits.elementsEqual(whole.array.bits), "changes nothing: \(name)")
      #expect(
        try changed.with(Interventions()).makeSession().logits([Segment(prompt + more, outputs: .all)]).array
          .bits.elementsEqual(plain.array.bits), "taken off")
    }
  }
}

extension InterventionTests {
  private func llama() throws -> Model { try #require(Self.fixtures.first { $0.name == "llama" }).model() }

  @Test func onesTellTheSameThingTwice() throws {
    let model = try llama()
    let tokens: [Int32] = [5, 9, 12, 3, 44, 20, 7]
    let segments = [Segment(tokens, outputs: .all)]
    func logits(_ list: Intervention...) throws -> [Float] {
      try model.with(Interventions(list)).makeSession().logits(segments).array
    }
    // A head whose pattern is zero reads nothing.
    let pattern = try logits(Intervention(.zero, at: "blocks.1.attn.hook_pattern", heads: [2]))
    let read = try logits(Intervention(.zero, at: "blocks.1.attn.hook_z", heads: [2]))
    #expect(pattern.deviation(from: read) < 1e-6)
    // A patch from the text itself changes nothing; a resample from one text is a patch.
    let own = InterventionSource.texts(.init([.tokens(tokens)]))
    let plain = try model.makeSession().logits(segments).array
    for site in ["blocks.1.hook_resid_mid", "blocks.0.attn.hook_rot_k", "ln_final.hook_normalized"] {
      #expect(
        try logits(Intervention(.patch, at: site, source: own)).bits.elementsEqual(plain.bits), "\(site)")
    }
    for site in ["blocks.1.attn.hook_pattern", "blocks.1.attn.hook_attn_scores"] {
      #expect(
        try logits(Intervention(.patch, at: site, source: own)).deviation(from: plain) < 1e-6, "\(site)")
    }
    let other = InterventionSource.texts(.init([.tokens([8, 8, 4, 2, 1, 6, 3])]))
    #expect(
      try logits(Intervention(.resample, at: "blocks.0.hook_mlp_out", source: other, seed: 5)).bits
        .elementsEqual(logits(Intervention(.patch, at: "blocks.0.hook_mlp_out", source: other)).bits))
    // Patching the stream at all tokens of a layer gives the other text's answer.
    let patched = try logits(Intervention(.patch, at: "blocks.2.hook_resid_post", source: other))
    let theirs = try model.makeSession().logits([Segment([8, 8, 4, 2, 1, 6, 3], outputs: .all)])
    #expect(patched.bits.elementsEqual(theirs.array.bits))
    // Projecting out and onto the same directions add up to what was there.
    let vector = InterventionSource.directions([(0..<24).map { Float($0) - 11 }])
    let site = "blocks.0.hook_resid_post"
    let nothing = try logits(
      Intervention(.projectOut, at: site, source: vector),
      Intervention(.projectOnto, at: site, source: vector))
    #expect(nothing.deviation(from: try logits(Intervention(.zero, at: site))) < 1e-4)
  }

  @Test func noiseIsNormalAndDiffersFromTextToText() throws {
    let model = try llama()
    func noise(_ tokens: [Int32], seed: UInt64) throws -> [Float] {
      let session = try model.makeSession()
      let site = Site(.embed)
      let segments = [Segment(tokens)]
      let before = try session.logitsAndActivations(segments, sites: [site]).activations[site]
      let hooks = try session.hooks(Interventions([Intervention(.noise, at: "hook_embed", seed: seed)]))
      let after = try session.logitsAndActivations(segments, sites: [site], hooks: hooks).activations[site]
      return zip(try #require(after).array, try #require(before).array).map { $0 - $1 }
    }
    let tokens = (0..<60).map { Int32($0 % 23) }
    let drawn = try noise(tokens, seed: 1)
    let mean = drawn.reduce(0, +) / Float(drawn.count)
    let deviation = (drawn.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(drawn.count)).squareRoot()
    #expect(abs(mean) < 0.1 && abs(deviation - 1) < 0.08, "\(mean), \(deviation)")
    #expect(try noise(tokens, seed: 2) != drawn)
    var changed = tokens
    changed[10] = 50
    let other = try noise(changed, seed: 1)
    #expect(other[..<(10 * 24)] == drawn[..<(10 * 24)], "what comes later changes nothing before")
    #expect(zip(other[(10 * 24)...], drawn[(10 * 24)...]).allSatisfy { $0 != $1 })
  }

  @Test func errorsSayWhatDoesNotFit() throws {
    let model = try llama()
    let wrong: [(String, String)] = [
      ("{}", ".interventions is missing"), ("[{\"site\":\"hook_embed\"}]", "operation is missing"),
      (#"[{"operation":"erase","site":"hook_embed"}]"#, "must be one of 'zero'"),
      (#"[{"operation":"zero","site":"blocks.9.hook_mlp_out"}]"#, "no site of this model"),
      (#"[{"operation":"zero","site":"hook_embed","layers":[0]}]"#, "is in the layers"),
      (#"[{"operation":"zero","site":"blocks.*.hook_mlp_out","layers":[3]}]"#, "no layer 3"),
      (#"[{"operation":"zero","site":"hook_embed","heads":[0]}]"#, "no heads here"),
      (#"[{"operation":"zero","site":"blocks.0.attn.hook_z","heads":[4]}]"#, "no head 4 among 4"),
      (#"[{"operation":"zero","site":"hook_embed","dimensions":[24]}]"#, "no dimension 24 among 24"),
      (#"[{"operation":"zero","site":"hook_embed","strenght":1}]"#, "strenght is not known"),
      (#"[{"operation":"zero","site":"hook_embed","source":{"prompt":"x"}}]"#, "takes no source"),
      (#"[{"operation":"patch","site":"hook_embed"}]"#, "needs a source of one text"),
      (#"[{"operation":"mean","site":"hook_embed","source":{"prompts":[]}}]"#, "needs a source of texts"),
      (#"[{"operation":"add","site":"hook_embed","source":{"vector":[1,2]}}]"#, "2 numbers does not fit"),
      (#"[{"operation":"add","site":"hook_embed","source":{"vectors":[[1],[1,2]]}}]"#, "differ in length"),
      (#"[{"operation":"clamp","site":"hook_embed"}]"#, "needs bounds"),
      (#"[{"operation":"clamp","site":"hook_embed","bounds":[1,0]}]"#, "above the upper"),
      (#"[{"operation":"zero","site":"hook_embed","positions":"first"}]"#, "'first'"),
      (#"[{"operation":"zero","site":"hook_embed","positions":[]}]"#, "selects nothing"),
      (#"[{"operation":"zero","site":"hook_embed","positions":{"from":3,"to":2}}]"#, "are none"),
      (#"[{"operation":"noise","site":"blocks.0.attn.hook_pattern"}]"#, "hidden keys"),
      (#"[{"operation":"zero","site":"ln_final.hook_scale"}]"#, "divided by this"),
      (#"[{"operation":"add","site":"hook_embed","source":{"vector":[1],"prompt":"x"}}]"#, "another source"),
      (#"[{"operation":"zero","site":"hook_embed","seed":-1}]"#, "whole number"),
    ]
    for (text, part) in wrong {
      #expect {
        _ = try model.with(try Interventions.parse(text))
      } throws: { error in
        let message = (error as? HoldfastError)?.message ?? "\(error)"
        if !message.contains(part) { Issue.record("\(text): \(message)") }
        return message.contains(part)
      }
    }
    let far = Interventions([Intervention(.zero, at: "hook_embed", positions: .at([-9]))])
    #expect {
      try model.with(far).makeSession().logits([Segment([1, 2, 3])])
    } throws: {
      ($0 as? HoldfastError)?.message.contains("position -9 lies before") == true
    }
    let beyond = Interventions([
      Intervention(
        .patch, at: "hook_embed", positions: .at([2]), source: .texts(.init([.tokens([1, 2])])))
    ])
    #expect {
      try model.with(beyond).makeSession().logits([Segment([1, 2, 3])])
    } throws: {
      ($0 as? HoldfastError)?.message.contains("none that stands for position 2") == true
    }
  }

  @Test func whatHoldsWeightsAloneRefusesInterventions() throws {
    let model = try llama()
    let changed = try model.with(Interventions([Intervention(.zero, at: "blocks.1.hook_mlp_out")]))
    try withScratchDirectory { directory in
      #expect(throws: HoldfastError.self) { try changed.save(to: "\(directory)/a.h5") }
      #expect(throws: HoldfastError.self) { try changed.exportHuggingFace(to: "\(directory)/a") }
    }
    #expect {
      try changed.lossAndGradients(TrainingSequence(tokens: [1, 2, 3], labels: [1, 2, 3]))
    } throws: {
      ($0 as? HoldfastError)?.code == .unsupported
    }
    // Overlays keep them.
    #expect(changed.with(try Parameters(copying: model)).interventions == changed.interventions)
  }

  @Test func generationGoesOnUnderInterventions() throws {
    let model = try llama()
    let width = model.configuration.width
    let steer = Intervention(
      .add, at: "blocks.1.hook_resid_post", positions: .continuation,
      source: .directions([(0..<width).map { $0 % 2 == 0 ? 1 : -1 }]), strength: 4)
    var options = SamplingOptions()
    options.maxTokens = 6
    let prompt: [Int32] = [5, 9, 12]
    let plain = try model.makeSession().generate(prompt, options: options)
    let steered = try model.with(Interventions([steer])).makeSession().generate(prompt, options: options)
    #expect(plain.tokens.first == steered.tokens.first, "the prompt is left alone")
    #expect(plain.tokens != steered.tokens)
  }
}
