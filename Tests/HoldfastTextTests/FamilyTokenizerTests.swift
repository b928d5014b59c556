import HoldfastStorage
import Testing

@testable import HoldfastText

/// Tokenizers trained by `Fixtures/scripts/text_families.py`, configured as the published ones of each family, against
/// Hugging Face `tokenizers` 0.23 and, for those called `spm-`, sentencepiece 0.2.
@Suite struct FamilyTokenizerTests {
  static let names = [
    "deepseek-v2", "deepseek-v3", "forms", "gemma", "gpt-4o", "gpt-neox", "mistral", "olmo2", "phi-3",
    "unigram",
  ]
  static let models = ["spm-bpe", "spm-gemma", "spm-llama", "spm-unigram", "spm-unigram-bytes"]

  @Test(arguments: names)
  func encodesAndDecodesAsHuggingFace(name: String) throws {
    let tokenizer = try Tokenizer(huggingFaceDirectory: "\(Files.fixtures)/\(name)")
    for expected in try cases(name) {
      #expect(try tokenizer.encode(expected.text) == expected.ids, "\(expected.text.debugDescription)")
      let text = try tokenizer.decode(expected.ids)
      #expect(same(text, expected.decoded), "\(text.debugDescription) \(expected.decoded.debugDescription)")
    }
  }

  @Test(arguments: models)
  func encodesAsSentencePiece(name: String) throws {
    let tokenizer = try Tokenizer(path: "\(Files.fixtures)/\(name)/tokenizer.model")
    for expected in try cases(name) {
      let ids = try tokenizer.encode(expected.text, bos: .never, parseSpecial: false)
      #expect(ids == expected.ids, "\(expected.text.debugDescription)")
    }
  }

  @Test(arguments: ["spm-gemma", "spm-llama"])
  func encodesTheVocabularyOfAGGUFFileAsSentencePiece(name: String) throws {
    let tokenizer = try Tokenizer(path: "\(Files.fixtures)/\(name)/tokenizer.gguf")
    let model = try Tokenizer(path: "\(Files.fixtures)/\(name)/tokenizer.model")
    for expected in try cases(name) {
      let ids = try tokenizer.encode(expected.text, bos: .never, parseSpecial: false)
      #expect(ids == expected.ids, "\(expected.text.debugDescription)")
      #expect(same(try tokenizer.decode(ids), try model.decode(ids)))
    }
  }

  @Test(arguments: names + models)
  func survivesSerialization(name: String) throws {
    let tokenizer = try Tokenizer(huggingFaceDirectory: "\(Files.fixtures)/\(name)")
    let copy = try Tokenizer(serialized: JSON.parse(tokenizer.serialized().serialized(), name: "copy"))
    #expect(copy.serialized() == tokenizer.serialized())
    #expect(copy.preTokenizerName == tokenizer.preTokenizerName)
    for expected in try cases(name) {
      let ids = try tokenizer.encode(expected.text)
      #expect(try copy.encode(expected.text) == ids)
      #expect(same(try copy.decode(ids), try tokenizer.decode(ids)))
    }
  }

  @Test(arguments: names + models)
  func piecesOfAStreamJoinToTheWhole(name: String) throws {
    let tokenizer = try Tokenizer(huggingFaceDirectory: "\(Files.fixtures)/\(name)")
    for expected in try cases(name) {
      var decoder = StreamingDecoder(tokenizer)
      var joined = ""
      for id in expected.ids { joined += try decoder.append(id) }
      #expect(same(joined + decoder.finish(), try tokenizer.decode(expected.ids)))
    }
  }

  @Test func rulesAreCalledByTheirNames() throws {
    let expected = [
      "deepseek-v3": "deepseek-v3", "gpt-4o": "gpt-4o", "gpt-neox": "olmo", "olmo2": "dbrx",
      "gemma": "sentencepiece",
      "unigram": "unigram", "deepseek-v2": "custom",
    ]
    for (name, rule) in expected {
      #expect(try Tokenizer(huggingFaceDirectory: "\(Files.fixtures)/\(name)").preTokenizerName == rule)
    }
    #expect(KnownRule.all.count > 8)
  }

  @Test func configurationOfASentencePieceModel() throws {
    let model = try Tokenizer(huggingFaceDirectory: Files.fixtures + "/spm-llama")
    #expect(model.bosToken == 1 && model.eosToken == 2 && model.addsBOS)
    #expect(try model.encode("") == [1])
    #expect(try model.encode("a</s>", bos: .never).last == 2)
    #expect(try !model.encode("a</s>", bos: .never, parseSpecial: false).contains(2))
    #expect(try model.decode(model.encode(" a  b"), skipSpecial: true) == " a  b")
  }

  /// Runs of one character, on which merging, expressions and normalisation could take quadratic time.
  @Test(arguments: names + models + TinyTokenizerTests.names)
  func longRunsTakeNoLongerThanTheirLength(name: String) throws {
    let tokenizer = try Tokenizer(huggingFaceDirectory: "\(Files.fixtures)/\(name)")
    let clock = ContinuousClock()
    let count = 1 << 17
    for (unit, end) in [
      (" ", ""), (" ", "x"), ("a", ""), ("\n", " x"), ("é", ""), ("1", "a"), ("▁", "b"), ("'", ""),
    ] {
      let text = String(repeating: unit, count: count) + end
      let time = try clock.measure { _ = try tokenizer.encode(text) }
      #expect(time < .seconds(4), "\(unit.debugDescription) then \(end)")
    }
  }

  private func cases(_ name: String) throws -> [Case] {
    let cases = try Case.read("\(Files.fixtures)/\(name)/expected.json")
    #expect(cases.count > 100)
    return cases
  }
}
