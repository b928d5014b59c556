import Glibc
import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastText

/// A tokenizer written for transformers tokenises as the one that was read, whatever it was read from.
@Suite struct ExportedTokenizerTests {
  /// The fixtures that are Hugging Face directories or SentencePiece models.
  static let names = ((try? FileSystem.list(Files.fixtures)) ?? []).map(\.text)
    .filter { FileSystem.exists("\(Files.fixtures)/\($0)/expected.json") }

  /// What is read from the files that `tokenizer` writes.
  private func written(_ tokenizer: Tokenizer, _ name: String) throws -> Tokenizer {
    let folder = getenv("HOLDFAST_EXPORTED").map { String(cString: $0) } ?? "/tmp/holdfast-text-tests"
    let directory = "\(folder)/\(name)-\(UInt64.random(in: 0...UInt64.max))"
    try FileSystem.makeDirectory(directory)
    for file in try tokenizer.huggingFaceFiles(contextLength: 512) {
      try AtomicFile.write(file.bytes, to: "\(directory)/\(file.name)")
    }
    return try Tokenizer(huggingFaceDirectory: directory)
  }

  private func expectAlike(_ a: Tokenizer, _ b: Tokenizer, _ texts: [String]) throws {
    #expect(b.vocabularySize == a.vocabularySize)
    #expect(b.bosToken == a.bosToken && b.eosToken == a.eosToken && b.addsBOS == a.addsBOS)
    for text in texts {
      let ids = try a.encode(text)
      #expect(try b.encode(text) == ids, "\(text.debugDescription)")
      #expect(same(try b.decode(ids), try a.decode(ids)), "\(text.debugDescription)")
    }
  }

  @Test(arguments: names) func writtenFilesMeanTheSame(name: String) throws {
    let tokenizer = try Tokenizer(huggingFaceDirectory: "\(Files.fixtures)/\(name)")
    var texts = try Case.read("\(Files.fixtures)/\(name)/expected.json").map(\.text)
    if case .sentencePiece(let normalizer) = tokenizer.definition.normalization.first,
      normalizer.putsSpaceBehind, normalizer.addsDummyPrefix
    {
      #expect { try written(tokenizer, name) } throws: { ($0 as? HoldfastError)?.code == .unsupported }
      return
    }
    if case .unigram = tokenizer.definition.ranking, tokenizer.definition.fallsBackToBytes {
      // Unigram models in tokenizer.json find byte pieces that a text spells out, SentencePiece does not.
      texts.removeAll { $0.contains("<0x") }
    }
    try expectAlike(tokenizer, try written(tokenizer, name), texts)
  }

  @Test(arguments: ["gpt-2", "llama-spm"]) func vocabulariesOfGGUFFiles(name: String) throws {
    guard let path = Files.shared("tokenizers/ggml-vocab-\(name).gguf") else { return }
    let tokenizer = try Tokenizer(gguf: GGUFFile(path: path))
    let all = try MappedFile(path: path + ".inp").withBytes { String(decoding: $0, as: UTF8.self) }
    try expectAlike(
      tokenizer, try written(tokenizer, name), [all] + all.split(separator: "\n").map(String.init))
  }

  @Test func theTemplateGoesAlong() throws {
    var definition = try Tokenizer(huggingFaceDirectory: Files.fixtures + "/tiny-llama3").definition
    definition.chatTemplate = "{{ messages }}"
    let copy = try written(try Tokenizer(definition), "template")
    #expect(copy.chatTemplate == "{{ messages }}")
  }

  @Test func whatCannotBeSaidIsRefused() throws {
    var definition = try Tokenizer(huggingFaceDirectory: Files.fixtures + "/tiny-sentencepiece").definition
    var normalizer = SentencePieceNormalizer()
    normalizer.putsSpaceBehind = true
    definition.normalization = [.sentencePiece(normalizer)]
    #expect { _ = try definition.huggingFace() } throws: { ($0 as? HoldfastError)?.code == .unsupported }
  }
}
