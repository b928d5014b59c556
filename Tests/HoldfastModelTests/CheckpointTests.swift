import HoldfastStorage
import HoldfastTensor
import HoldfastText
import Testing

@testable import HoldfastModel

/// Holdfast's own file is a model: what comes back computes the same bits and tokenises alike.
@Suite struct CheckpointTests {
  private func temporary(_ name: String) throws -> String {
    let directory = "/tmp/holdfast-model-tests-\(UInt64.random(in: 0...UInt64.max))"
    try FileSystem.makeDirectory(directory)
    return "\(directory)/\(name)"
  }

  @Test(arguments: ["tiny-tied", "tiny-untied", "tiny-blocks.q8_0.gguf"])
  func savedModelLoadsToTheSameBits(name: String) throws {
    let model = try Fixture.model(name)
    let path = try temporary("model.h5")
    try model.save(to: path)
    let again = try Model.load(path)
    #expect(again.configuration == model.configuration)
    #expect(again.provenance.format == "holdfast")
    let text = "Question: what is the answer?\nAnswer: naïve 你好"
    let tokens = try model.tokenizer.encode(text)
    #expect(try again.tokenizer.encode(text) == tokens)
    let first = try model.makeSession().logits([Segment(tokens, outputs: .all)]).array.bits
    #expect(try again.makeSession().logits([Segment(tokens, outputs: .all)]).array.bits == first)
  }

  @Test func overlayIsWhatIsSaved() throws {
    let base = try Fixture.model("tiny-tied")
    let parameters = try Parameters(copying: base)
    parameters.tensors[3].fill(0.25)
    let path = try temporary("tuned.h5")
    try base.with(parameters).save(to: path)
    let tuned = try Parameters(copying: try Model.load(path))
    #expect(tuned.tensors[3].array.allSatisfy { $0 == 0.25 })
    #expect(tuned.names == parameters.names)
  }

  @Test func damageIsAnErrorAndCancelLeavesNothing() throws {
    let model = try Fixture.model("tiny-tied")
    let path = try temporary("model.h5")
    #expect { try model.save(to: path, progress: { $0.done < 3 }) } throws: {
      ($0 as? HoldfastError)?.code == .cancelled
    }
    #expect(!FileSystem.exists(path))
    #expect { try Model.load(path) } throws: { ($0 as? HoldfastError)?.code == .notFound }
    #expect { try Model.load(Fixture.path("README.md")) } throws: {
      ($0 as? HoldfastError)?.code == .unsupported
    }

    let parameters = try Parameters(copying: model)
    parameters.tensors[1].pointer[2] = .nan
    try model.with(parameters).save(to: path)
    #expect { try Model.load(path).makeSession() } throws: {
      guard let error = $0 as? HoldfastError else { return false }
      return error.code == .numerical && error.message.contains("model.layers.0.input_layernorm.weight")
    }
  }
}
