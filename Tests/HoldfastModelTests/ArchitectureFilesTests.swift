import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastModel

/// The ways a Hugging Face directory may spell the same weights.
@Suite struct ArchitectureFilesTests {
  /// Sixteen-bit files compute what float32 files of the rounded values do, whatever the layout of a tensor.
  @Test(arguments: ArchitectureFixture.all, [FloatPrecision.float16, .bfloat16])
  func halfPrecisionIsReadExactly(fixture: ArchitectureFixture, precision: FloatPrecision) throws {
    let text = [Segment(try fixture.reference().sequences()[1].tokens, outputs: .all)]
    try withScratchDirectory { scratch in
      try fixture.link(["config.json", "tokenizer.json"], into: scratch)
      try rewrite(fixture.path("model.safetensors"), to: "\(scratch)/model.safetensors", precision)
      let narrow = try Model.load(scratch)
      let found = try narrow.makeSession().logits(text).array.bits
      try rewrite("\(scratch)/model.safetensors", to: "\(scratch)/model.safetensors", .float32)
      let wide = try Model.load(scratch)
      #expect(wide.weights.storageSummary != narrow.weights.storageSummary)
      #expect(try wide.makeSession().logits(text).array.bits.elementsEqual(found))
      let exact = try fixture.model().makeSession().logits(text).array.bits
      #expect(!exact.elementsEqual(found), "values were rounded")
    }
  }

  /// Names with and without the prefixes that files of different age write.
  @Test(arguments: [
    ("gemma3-nested", "language_model.model.", "model.language_model."), ("gpt2", "transformer.", ""),
    ("gpt2-bare", "h.", "transformer.h."),
  ])
  func prefixesDoNotMatter(name: String, written: String, other: String) throws {
    let fixture = ArchitectureFixture(name: name)
    let text = [Segment(try fixture.reference().sequences()[1].tokens, outputs: .all)]
    let wanted = try fixture.model().makeSession().logits(text).array.bits
    try withScratchDirectory { scratch in
      try fixture.link(["config.json", "tokenizer.json"], into: scratch)
      try rewrite(fixture.path("model.safetensors"), to: "\(scratch)/model.safetensors") { old in
        old.hasPrefix(written) ? other + old.dropFirst(written.count) : old
      }
      let found = try Model.load(scratch).makeSession().logits(text).array.bits
      #expect(found.elementsEqual(wanted))
    }
  }

  /// A tensor that is missing or has another shape is named.
  @Test(arguments: ArchitectureFixture.all)
  func missingAndMisshapenTensorsAreNamed(fixture: ArchitectureFixture) throws {
    let whole = try outputs(fixture.path("model.safetensors"), .float32) { $0 }
    let names = try fixture.model().parameterNames.map(\.text)
    try withScratchDirectory { scratch in
      try fixture.link(["config.json", "tokenizer.json"], into: scratch)
      for name in names {
        func isIt(_ file: ByteString) -> Bool { file.text.hasSuffix(name) || name.hasSuffix(file.text) }
        func expectNamed(_ tensors: [SafetensorsFile.Output]) throws {
          try SafetensorsFile.write(path: "\(scratch)/model.safetensors", tensors: tensors)
          #expect("\(name)") { try Model.load(scratch) } throws: {
            guard let error = $0 as? HoldfastError else { return false }
            return error.code == .corruptData && error.message.contains(name)
          }
        }
        try expectNamed(whole.filter { !isIt($0.name) })
        try expectNamed(
          whole.map { tensor in
            guard isIt(tensor.name) else { return tensor }
            let shape = [tensor.shape[0] + 1] + tensor.shape.dropFirst()
            return .init(
              name: tensor.name, shape: shape, values: [Float](repeating: 0.5, count: shape.reduce(1, *)))
          })
      }
    }
  }

  private func rewrite(
    _ source: String, to path: String, _ precision: FloatPrecision = .float32,
    renaming: (String) -> String = { $0 }
  ) throws {
    try SafetensorsFile.write(path: path, tensors: outputs(source, precision, renaming))
  }

  private func outputs(
    _ source: String, _ precision: FloatPrecision, _ renaming: (String) -> String
  ) throws -> [SafetensorsFile.Output] {
    try SafetensorsFile(path: source).tensors.map {
      .init(
        name: ByteString(renaming($0.name.text)), shape: $0.shape, precision: precision,
        values: try $0.values())
    }
  }
}
