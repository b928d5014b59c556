import HoldfastStorage
import Testing

@testable import HoldfastText

/// Tokenizers trained by `Fixtures/scripts/text_tiny.py`, one for each rule, against Hugging Face `tokenizers` 0.23.
@Suite struct TinyTokenizerTests {
  static let names = [
    "tiny-gpt2", "tiny-smollm", "tiny-llama3", "tiny-qwen2", "tiny-prefix-space", "tiny-sentencepiece",
  ]

  @Test(arguments: names)
  func encodesAsHuggingFace(name: String) throws {
    let directory = "\(Files.fixtures)/\(name)"
    let tokenizer = try Tokenizer(huggingFaceDirectory: directory)
    let cases = try Case.read(directory + "/expected.json")
    #expect(cases.count > 200)
    for expected in cases {
      #expect(try tokenizer.encode(expected.text) == expected.ids, "\(expected.text.debugDescription)")
    }
  }

  @Test(arguments: names)
  func decodesAsHuggingFace(name: String) throws {
    let directory = "\(Files.fixtures)/\(name)"
    let tokenizer = try Tokenizer(huggingFaceDirectory: directory)
    for expected in try Case.read(directory + "/expected.json") {
      let text = try tokenizer.decode(expected.ids)
      #expect(same(text, expected.decoded), "\(text.debugDescription) \(expected.decoded.debugDescription)")
    }
  }

  @Test(arguments: names)
  func survivesSerialization(name: String) throws {
    let directory = "\(Files.fixtures)/\(name)"
    let tokenizer = try Tokenizer(huggingFaceDirectory: directory)
    let json = try JSON.parse(tokenizer.serialized().serialized(), name: "copy")
    let copy = try Tokenizer(serialized: json)
    #expect(copy.serialized() == tokenizer.serialized())
    #expect(copy.vocabularySize == tokenizer.vocabularySize)
    #expect(copy.preTokenizerName == tokenizer.preTokenizerName)
    for expected in try Case.read(directory + "/expected.json") {
      #expect(try copy.encode(expected.text) == expected.ids)
    }
  }
}
