import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastModel

/// LoRA against PEFT on PyTorch: the numbers, and the files in both directions.
@Suite struct AdapterTests {
  @Test(arguments: AdapterFixture.all)
  func logitsLossAndGradientsEqualPEFT(_ fixture: AdapterFixture) throws {
    let model = try fixture.model()
    let reference = try fixture.reference()
    let sequences = try fixture.sequences()
    let logits = try model.allLogits(sequences[1].tokens)
    let far = logits.deviation(from: try reference.floats("logits"))
    #expect(far < 1e-5)
    let (loss, gradients) = try model.gradients(sequences)
    #expect(abs(loss - (try reference.loss())) < 1e-5)

    let kept = reference.names.filter { $0.hasPrefix("grad.") }
    #expect(Set(kept) == Set(gradients.names.map { "grad." + $0 }))
    var worst = 0.0
    for name in gradients.names {
      let values = try reference.floats("grad." + name)
      let found = try #require(gradients[name]).array
      let reordered =
        name.text.contains("query_key_value.lora_B")
        ? headwise(values, rows: model.configuration.heads) : values
      let distance = found.relativeDistance(to: reordered)
      #expect(distance < 1e-4, "\(name.text)")
      worst = max(worst, distance)
    }
    figure(
      "adapter \(fixture.name)",
      ["logits": far, "loss": abs(loss - (try reference.loss())), "gradients": worst])
  }

  /// The rows of a GPT-NeoX file's B in the engine's order.
  private func headwise(_ values: [Float], rows heads: Int) -> [Float] {
    let part = values.count / heads / 3
    return (0..<3).flatMap { kind in
      (0..<heads).flatMap { head in values[((3 * head + kind) * part)...].prefix(part) }
    }
  }

  @Test(arguments: AdapterFixture.all)
  func mergedEqualsBeside(_ fixture: AdapterFixture) throws {
    let model = try fixture.model()
    let tokens = try fixture.sequences()[1].tokens
    let merged = try model.merged()
    #expect(merged.parameters?.adapter == nil)
    let beside = try model.allLogits(tokens)
    #expect(try merged.allLogits(tokens).deviation(from: beside) < 1e-5)
    #expect(try model.with(nil).allLogits(tokens).deviation(from: beside) > 0.05)
  }

  @Test(arguments: AdapterFixture.all)
  func writtenAdaptersComeBackToTheBit(_ fixture: AdapterFixture) throws {
    let model = try fixture.model()
    try withScratchDirectory { scratch in
      try model.saveAdapter(to: scratch)
      let again = try model.with(nil).adapted(by: scratch)
      let (before, after) = (try #require(model.parameters), try #require(again.parameters))
      #expect(before.names == after.names)
      for (a, b) in zip(before.tensors, after.tensors) { #expect(a.array.bits.elementsEqual(b.array.bits)) }
      let tokens = try fixture.sequences()[1].tokens
      #expect(try model.allLogits(tokens).bits.elementsEqual(again.allLogits(tokens).bits))
      // What PEFT wrote and what is written here hold the same numbers under the same names.
      let theirs = try SafetensorsFile(path: "\(fixture.path)/\(AdapterFiles.tensors)")
      let ours = try SafetensorsFile(path: "\(scratch)/\(AdapterFiles.tensors)")
      #expect(Set(ours.tensors.map(\.name)) == Set(theirs.tensors.map(\.name)))
      for tensor in ours.tensors {
        let partner = try theirs.tensor(tensor.name)
        #expect(partner.shape == tensor.shape)
        #expect(try partner.values().elementsEqual(tensor.values()))
      }
    }
  }

  @Test(arguments: AdapterFixture.all)
  func aModelFileHoldsBaseAndAdapter(_ fixture: AdapterFixture) throws {
    let model = try fixture.model()
    try withScratchDirectory { scratch in
      try model.save(to: "\(scratch)/model.h5")
      let again = try Model.load("\(scratch)/model.h5")
      #expect(again.parameters?.names == model.parameters?.names)
      let tokens = try fixture.sequences()[1].tokens
      #expect(try model.allLogits(tokens).bits.elementsEqual(again.allLogits(tokens).bits))
      #expect(try model.base.allLogits(tokens).bits.elementsEqual(again.base.allLogits(tokens).bits))
    }
  }
}
