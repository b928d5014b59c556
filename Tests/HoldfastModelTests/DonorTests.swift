import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastModel

/// Activations and weights taken from another model.
@Suite struct DonorTests {
  private static let llama = ArchitectureFixture(name: "llama")

  /// The fixture with every weight of its blocks scaled, as a second model of the same shape.
  private func models() throws -> (base: Model, tuned: Model) {
    let base = try Self.llama.model()
    let parameters = try Parameters(copying: base)
    for (name, tensor) in zip(parameters.names, parameters.tensors) where name.text.contains("layers") {
      Runtime.shared.scale(tensor, by: 1.25)
    }
    return (base, base.with(parameters))
  }

  private func patch(
    _ layer: Int, _ donor: Model, _ operation: Intervention.Operation = .patch,
    site: String = "hook_resid_post", positions: InterventionPositions = .all
  ) -> Interventions {
    Interventions([
      Intervention(
        operation, at: "blocks.\(layer).\(site)", positions: positions, source: .model(.init(donor)))
    ])
  }

  @Test func activationsOfAnotherModelAreThoseByHand() throws {
    let (base, tuned) = try models()
    let tokens: [Int32] = [5, 9, 12, 3, 44, 20, 7]
    let segments = [Segment(tokens, outputs: .all)]
    for (site, kind) in [("hook_resid_post", Site.Kind.residPost), ("hook_mlp_out", .feedForwardOut)] {
      for layer in 0..<3 {
        let place = Site(kind, layer: layer)
        let seen = try base.makeSession().logitsAndActivations(segments, sites: [place]).activations[place]
        let source = try #require(seen)
        let hook = Hook([place]) { _, x, _ throws(HoldfastError) in x.copy(from: source) }
        let wanted = try tuned.makeSession().logits(segments, hooks: [hook]).array
        let patched = try tuned.with(patch(layer, base, site: site)).makeSession()
        let found = try patched.logits(segments).array
        #expect(found.bits.elementsEqual(wanted.bits), "\(site) \(layer)")
        // In a tree, in a batch, and token by token behind a cache.
        let tree = try patched.logits([
          Segment([8, 1, 2]), Segment(Array(tokens[..<4]), outputs: .none),
          Segment(Array(tokens[4...]), after: .batch(1), outputs: .all),
        ])
        #expect(
          tree.rows(1..<4).array.bits.elementsEqual(wanted.suffix(3 * tree.columns).bits), "\(site) \(layer)")
        let cache = try patched.cache(after: try patched.prefix(Array(tokens[..<2])), capacity: 8)
        _ = try patched.extend([(cache, Array(tokens[2..<6]))])
        let last = try patched.extend([(cache, [tokens[6]])])
        #expect(last.array.bits.elementsEqual(wanted.suffix(tree.columns).bits), "\(site) \(layer)")
        // Whoever looks at layers that are passed over sees them computed.
        let early = Site(.residPost, layer: 0)
        let looked = try patched.logitsAndActivations(segments, sites: [early])
        #expect(looked.logits.array.bits.elementsEqual(wanted.bits))
        if layer > 0 {
          let own = try tuned.makeSession().logitsAndActivations(segments, sites: [early]).activations[early]
          #expect(
            try #require(looked.activations[early]).array.bits.elementsEqual(try #require(own).array.bits))
        }
      }
    }
    // Behind the last layer nothing of the model itself is left but its final norm and output, which are the same here.
    let whole = try tuned.with(patch(2, base)).makeSession().logits(segments).array
    #expect(whole.bits.elementsEqual(try base.makeSession().logits(segments).array.bits))
  }

  @Test func aRandomPatchGoesAsFar() throws {
    let (base, tuned) = try models()
    let site = Site(.residPost, layer: 1)
    let segments = [Segment([5, 9, 12, 3], outputs: .all)]
    func stream(_ model: Model) throws -> Tensor {
      try #require(try model.makeSession().logitsAndActivations(segments, sites: [site]).activations[site])
    }
    let (own, theirs) = (try stream(tuned), try stream(base))
    let random = try stream(tuned.with(patch(1, base, .patchRandom, positions: .at([1, -1]))))
    for row in 0..<4 {
      let wanted = Runtime.shared.squaredDistance(own.row(row), theirs.row(row)).squareRoot()
      let found = Runtime.shared.squaredDistance(own.row(row), random.row(row)).squareRoot()
      #expect(row == 1 || row == 3 ? abs(found / wanted - 1) < 1e-4 : found == 0, "row \(row)")
    }
    let angle = Runtime.shared.cosines(
      try difference(random, own).rows(3..<4), try difference(theirs, own).rows(3..<4))[0]
    #expect(abs(angle) < 0.7, "\(angle)")
  }

  private func difference(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    try Tensor(zip(a.array, b.array).map { $0 - $1 }, shape: a.shape)
  }

  @Test func weightsAreTakenPartByPart() throws {
    let (base, tuned) = try models()
    let segments = [Segment([5, 9, 12, 3], outputs: .all)]
    let all = base.parameterNames(.block, layers: [0, 1, 2])
    #expect(
      all.count == base.parameterNames(.attention, layers: [0, 1, 2]).count
        + base.parameterNames(.feedForward, layers: [0, 1, 2]).count)
    // A norm, and four projections with their biases.
    #expect(base.parameterNames(.attention, layers: [1]).count == 9)
    // All blocks of the base make the base again; one block of the base is what a patch of weights by hand gives.
    let whole = try tuned.taking(all, from: base).makeSession().logits(segments).array
    #expect(whole.bits.elementsEqual(try base.makeSession().logits(segments).array.bits))
    let none = try tuned.taking([], from: base).makeSession().logits(segments).array
    #expect(none.bits.elementsEqual(try tuned.makeSession().logits(segments).array.bits))
    // The first block of the base in the tuned model is its residual stream there.
    let first = try tuned.taking(base.parameterNames(.block, layers: [0]), from: base)
    let patched = try tuned.with(patch(0, base))
    #expect(
      try first.makeSession().logits(segments).array.bits.elementsEqual(
        patched.makeSession().logits(segments).array.bits))
    #expect(throws: HoldfastError.self) { try tuned.taking(["no.such.weight"], from: base) }
  }

  @Test func modelsThatDoNotFitAreRefused() throws {
    let (base, _) = try models()
    let other = try ArchitectureFixture(name: "gpt-neox").model()
    #expect {
      try base.with(patch(0, other)).makeSession()
    } throws: {
      ($0 as? HoldfastError)?.message.contains("no such activation of the same shape") == true
    }
    #expect {
      try base.makeSession().hooks(patch(0, base))
    } throws: {
      ($0 as? HoldfastError)?.message.contains("must be put on the model") == true
    }
    // In JSON a model goes by its path.
    let written = patch(0, base).json.text()
    #expect(written.contains("\"model\":") && written.contains("llama"))
    let read = try base.with(Interventions.parse(written))
    #expect(
      try read.makeSession().logits([Segment([5, 9])]).array.bits.elementsEqual(
        base.makeSession().logits([Segment([5, 9])]).array.bits))
  }
}
