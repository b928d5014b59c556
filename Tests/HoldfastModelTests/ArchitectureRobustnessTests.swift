import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastModel

/// A configuration that makes no sense is an error or a model, never a trap, a hang or a crash.
@Suite struct ArchitectureRobustnessTests {
  @Test(arguments: ArchitectureFixture.all)
  func everySettingMayBeAnything(fixture: ArchitectureFixture) throws {
    let mutations = Self.mutations(of: try JSON.read(fixture.path("config.json")))
    #expect(mutations.count > 200)
    try withScratchDirectory { scratch in
      try fixture.link(["model.safetensors", "tokenizer.json"], into: scratch)
      for (place, hostile) in mutations {
        try AtomicFile.write(hostile.serialized(), to: "\(scratch)/config.json")
        expectErrorOrModel(scratch, place)
      }
    }
  }

  @Test(arguments: ArchitectureFixture.gguf)
  func damagedMetadataIsAnErrorOrAModel(fixture: ArchitectureFixture) throws {
    let whole = try MappedFile(path: fixture.path("model.gguf")).withBytes { Array($0) }
    let keys = try #require(whole.firstRange(of: "tokenizer.ggml.model".utf8))
    var random = RandomSource(seed: 11)
    try withScratchDirectory { scratch in
      for _ in 0..<250 {
        var bytes = whole
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          bytes[Int.random(in: 0..<keys.lowerBound, using: &random)] = UInt8.random(
            in: 0...255, using: &random)
        }
        try AtomicFile.write(bytes, to: "\(scratch)/model.gguf")
        expectErrorOrModel("\(scratch)/model.gguf", "seed 11")
      }
    }
  }

  /// Loads what lies there and computes with it; only Holdfast's own errors may come of it.
  private func expectErrorOrModel(_ path: String, _ place: String) {
    do {
      let model = try Model.load(path)
      let session = try model.makeSession()
      _ = try session.logits([Segment([3, 1, 2, 5, 4], outputs: .last)])
      _ = try model.lossAndGradients(TrainingSequence(tokens: [3, 1, 2], labels: [-100, 1, 2]))
    } catch {
      #expect(error.code != .internal, "\(place): \(error.message)")
    }
  }

  /// The document with each of its values, at any depth, replaced by each hostile one.
  private static func mutations(of json: JSON) -> [(place: String, JSON)] {
    let hostile: [JSON] = [
      nil, true, "x", [], [:], 0, -1, 1, 3, 1e30, -0.5, 1e-30, .integer(.max), .integer(.min),
    ]
    switch json {
    case .object(let members):
      return members.flatMap { key, value in
        (hostile.map { ("", $0) } + mutations(of: value)).map { inner in
          var copy = json
          copy.set(key, inner.1)
          return ("\(key.text) \(inner.0)", copy)
        }
      }
    case .array(let elements):
      return elements.indices.prefix(1).flatMap { i in
        (hostile.map { ("", $0) } + mutations(of: elements[i])).map { inner in
          var copy = elements
          copy[i] = inner.1
          return ("[\(i)] \(inner.0)", JSON.array(copy))
        }
      }
    default: return []
    }
  }
}
