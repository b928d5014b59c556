import HoldfastStorage
import Testing

@testable import HoldfastText

/// Tokenizers of real models, which are not stored here; a test says so and passes when its file is absent.
@Suite struct RealTokenizerTests {
  @Test func smolLM2AsHuggingFace() throws {
    guard let path = Files.model else { return }
    let tokenizer = try Tokenizer(gguf: GGUFFile(path: path))
    #expect(tokenizer.preTokenizerName == "smollm")
    #expect(tokenizer.vocabularySize == 49152)
    #expect(tokenizer.bosToken == 1 && tokenizer.eosToken == 2 && !tokenizer.addsBOS)
    let turns = [
      Message(.user, "Hi"), Message(.assistant, "Hello!"), Message(.user, "Bye"), Message(.assistant, ""),
    ]
    let own = try ChatTemplate.resolve("auto", for: tokenizer)
    #expect(try tokenizer.encode(turns, template: own) == tokenizer.encode(turns, template: .smolLM2))
    let cases = try Case.read(Files.fixtures + "/smollm2.expected.json")
    #expect(cases.count > 300)
    for expected in cases {
      #expect(try tokenizer.encode(expected.text) == expected.ids, "\(expected.text.debugDescription)")
      #expect(same(try tokenizer.decode(expected.ids), expected.decoded))
    }
  }

  @Test func smolLM2SurvivesSerialization() throws {
    guard let path = Files.model else { return }
    let tokenizer = try Tokenizer(gguf: GGUFFile(path: path))
    let copy = try Tokenizer(serialized: JSON.parse(tokenizer.serialized().serialized(), name: "copy"))
    #expect(copy.serialized() == tokenizer.serialized())
    #expect(try copy.encode("It's 1234 o'clock.") == tokenizer.encode("It's 1234 o'clock."))
  }

  /// The 47 texts of llama.cpp (ggerganov/llama.cpp, models/ggml-vocab-*.gguf.inp and .out).
  @Test(arguments: ["gpt-2", "llama-spm"])
  func vocabulariesOfLlamaCpp(name: String) throws {
    guard let path = Files.shared("tokenizers/ggml-vocab-\(name).gguf") else { return }
    let tokenizer = try Tokenizer(gguf: GGUFFile(path: path))
    let inputs = try text(path + ".inp").components(separator: "\n__ggml_vocab_test__\n")
    let outputs = try text(path + ".out").components(separator: "\n")
    #expect(inputs.count == 47)
    for (input, output) in zip(inputs, outputs) {
      let ids = output.split(separator: " ").compactMap { Int32($0) }
      #expect(try tokenizer.encode(input, bos: .never) == ids, "\(input.debugDescription)")
    }
  }

  @Test func tinyStories() throws {
    guard let path = Files.shared("models/tinystories-656k") else { return }
    let tokenizer = try Tokenizer(huggingFaceDirectory: path)
    #expect(tokenizer.addsBOS)
    #expect(try tokenizer.encode("") == [1])
    // The end token is one of the normalised text, where a space stands before it.
    let ids = try tokenizer.encode("Once upon a time, Lily's ball was 3 ½. <|end_story|>")
    #expect(ids == [1, 80, 147, 201, 282, 215, 1837, 586, 115, 14, 80, 0, 10, 2])
    #expect(
      try tokenizer.decode(Array(ids.dropFirst().dropLast()))
        == "Once upon a time, Lily's ball was 3  <unk>.")
  }

  private func text(_ path: String) throws -> String {
    let file = try MappedFile(path: path)
    return file.withBytes { String(decoding: $0, as: UTF8.self) }
  }
}

extension String {
  /// The parts between occurrences of `separator`, found byte by byte.
  fileprivate func components(separator: String) -> [String] {
    var parts: [[UInt8]] = [[]]
    let bytes = Array(utf8)
    let mark = Array(separator.utf8)
    var i = 0
    while i < bytes.count {
      if bytes[i...].starts(with: mark) {
        parts.append([])
        i += mark.count
      } else {
        parts[parts.count - 1].append(bytes[i])
        i += 1
      }
    }
    return parts.map { String(decoding: $0, as: UTF8.self) }
  }
}
