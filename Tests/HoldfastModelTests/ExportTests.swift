import HoldfastStorage
import HoldfastTensor
import HoldfastText
import Testing

@testable import HoldfastModel

/// What is written for others is what was read: tensors to the bit, in the layout of their files.
@Suite struct ExportTests {
  private func tensors(_ directory: String) throws -> [ByteString: StoredTensor] {
    let file = try ShardedSafetensors(directory: directory)
    return Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0) })
  }

  private func sameBytes(_ a: StoredTensor, _ b: StoredTensor) -> Bool {
    a.shape == b.shape && a.type == b.type && a.bytes.elementsEqual(b.bytes)
  }

  /// The usual names differ from those of two fixtures, whose files were written from a part of the model.
  private func tensor(_ all: [ByteString: StoredTensor], _ name: ByteString, _ model: Model) -> StoredTensor?
  {
    model.weights.architecture.aliases(name).lazy.compactMap { all[$0] }.first
  }

  @Test(arguments: ArchitectureFixture.all)
  func exportedFilesAreThoseOfTransformers(fixture: ArchitectureFixture) throws {
    let model = try fixture.model()
    try withScratchDirectory { scratch in
      let directory = "\(scratch)/export"
      try model.exportHuggingFace(to: directory)
      let original = try tensors(FileSystem.parent(of: fixture.path("config.json")) ?? "")
      let exported = try tensors(directory)
      #expect(exported.count == model.parameterNames.count)
      for (name, stored) in exported {
        let wanted = try #require(tensor(original, name, model), "\(name)")
        #expect(sameBytes(stored, wanted), "\(name)")
      }
      let config = try JSON.read("\(directory)/config.json")
      #expect(config["architectures"] == [.text(model.weights.architecture.className)])
      #expect(config["torch_dtype"] == "float32")
      let tokenizer = try MappedFile(path: "\(directory)/tokenizer.json").withBytes { Array($0) }
      let source = try MappedFile(path: fixture.path("tokenizer.json")).withBytes { Array($0) }
      #expect(tokenizer.elementsEqual(source))
      #expect(try sameLogits(model, try Model.load(directory), fixture))
    }
  }

  private func sameLogits(_ a: Model, _ b: Model, _ fixture: ArchitectureFixture) throws -> Bool {
    let tokens = try fixture.reference().sequences()[1].tokens
    let first = try a.makeSession().logits([Segment(tokens, outputs: .all)]).array.bits
    return first.elementsEqual(try b.makeSession().logits([Segment(tokens, outputs: .all)]).array.bits)
  }

  @Test(arguments: ArchitectureFixture.gguf)
  func modelsFromGGUFComeBackToTheSameBits(fixture: ArchitectureFixture) throws {
    let model = try Model.load(fixture.path("model.gguf"))
    try withScratchDirectory { scratch in
      let directory = "\(scratch)/export"
      try model.exportHuggingFace(to: directory)
      let again = try Model.load(directory)
      #expect(try sameLogits(model, again, fixture))
      let text = "Gravity pulls 9.81 m/s².\n"
      #expect(try again.tokenizer.encode(text) == model.tokenizer.encode(text))
    }
  }

  @Test(arguments: [FloatPrecision.float16, .bfloat16], ["llama", "gpt2", "gpt-neox", "gemma3"])
  func halvesAreRoundedOnce(precision: FloatPrecision, name: String) throws {
    let model = try ArchitectureFixture(name: name).model()
    try withScratchDirectory { scratch in
      try model.exportHuggingFace(to: "\(scratch)/a", precision: precision, shardBytes: 2000)
      let first = try tensors("\(scratch)/a")
      let whole = try model.materialized(model.weights.slots[0], copy: false).array
      let rounded = whole.map { value -> Float in
        precision == .float16
          ? Float(Float16(value)) : Float(bitPattern: UInt32(HalfFloat.bfloat16(value)) << 16)
      }
      #expect(try #require(first[model.parameterNames[0]]).values().bits.elementsEqual(rounded.bits))
      #expect(try FileSystem.list("\(scratch)/a").contains("model.safetensors.index.json"))
      // A model that is stored in this precision loses nothing more, by either format.
      let again = try Model.load("\(scratch)/a")
      try again.exportHuggingFace(to: "\(scratch)/b", precision: precision)
      try again.save(to: "\(scratch)/c.h5", precision: precision)
      let saved = try Model.load("\(scratch)/c.h5")
      try saved.exportHuggingFace(to: "\(scratch)/d", precision: precision)
      for other in ["b", "d"] {
        let second = try tensors("\(scratch)/\(other)")
        #expect(second.count == first.count)
        for (name, tensor) in second { #expect(sameBytes(tensor, try #require(first[name])), "\(name)") }
      }
      #expect(saved.weights.storageSummary.hasPrefix(precision.storageType.name))
      #expect(try sameLogits(again, saved, ArchitectureFixture(name: name)))
    }
  }

  @Test func theOverlayIsWhatIsWritten() throws {
    let base = try Fixture.model("tiny-tied")
    let parameters = try Parameters(copying: base)
    parameters.tensors[3].fill(0.25)
    try withScratchDirectory { scratch in
      let directory = "\(scratch)/tuned"
      try base.with(parameters).exportHuggingFace(to: directory)
      let tuned = try Parameters(copying: try Model.load(directory))
      #expect(tuned.tensors[3].array.allSatisfy { $0 == 0.25 })
      for name in ["tokenizer.json", "tokenizer_config.json"] {
        #expect(FileSystem.exists("\(directory)/\(name)"))
      }
    }
  }

  @Test func whatCannotBeWrittenIsToldAndLeavesNothing() throws {
    let base = try Fixture.model("tiny-tied")
    let parameters = try Parameters(copying: base)
    parameters.tensors[1].pointer[2] = 70000
    try withScratchDirectory { scratch in
      let model = base.with(parameters)
      let error = #expect(throws: HoldfastError.self) {
        try model.exportHuggingFace(to: "\(scratch)/a", precision: .float16)
      }
      #expect(error?.code == .numerical)
      for part in [parameters.names[1].text, "70000", "element 2", "bfloat16"] {
        #expect(error?.message.contains(part) == true)
      }
      #expect { try model.save(to: "\(scratch)/a.h5", precision: .float16) } throws: {
        ($0 as? HoldfastError)?.code == .numerical
      }
      #expect { try model.exportHuggingFace(to: "\(scratch)/a", progress: { $0.done < 3 }) } throws: {
        ($0 as? HoldfastError)?.code == .cancelled
      }
      #expect(try FileSystem.list(scratch).isEmpty)
      try model.exportHuggingFace(to: "\(scratch)/a", precision: .bfloat16)
      #expect { try model.exportHuggingFace(to: "\(scratch)/a") } throws: {
        ($0 as? HoldfastError)?.code == .invalidArgument
      }
    }
  }
}
