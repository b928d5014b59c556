import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastText

@Suite struct TokenizerTests {
  let tokenizer: Tokenizer

  init() throws { tokenizer = try Tokenizer(huggingFaceDirectory: Files.fixtures + "/tiny-smollm") }

  @Test func tokensAreBytesNotCharacters() throws {
    let composed = "caf\u{E9}"
    let decomposed = "cafe\u{301}"
    #expect(composed == decomposed)
    #expect(try tokenizer.encode(composed) != tokenizer.encode(decomposed))
    #expect(same(try tokenizer.decode(tokenizer.encode(decomposed)), decomposed))
    #expect(same(try tokenizer.decode(tokenizer.encode("a\r\nb")), "a\r\nb"))
  }

  @Test func canonicallyEquivalentTokensStayApart() throws {
    // U+212B and U+00C5 are one String key; as added tokens they are two.
    var definition = tokenizer.definition
    for content: ByteString in ["\u{212B}", "\u{C5}", "A\u{30A}"] {
      definition.addedTokens.append(
        AddedToken(id: Int32(definition.tokens.count), content: content, isSpecial: false))
      definition.unmergeable.insert(Int32(definition.tokens.count))
      definition.tokens.append(content)
    }
    let extended = try Tokenizer(definition)
    let first = Int32(tokenizer.vocabularySize)
    #expect(try extended.encode("\u{C5}\u{212B}A\u{30A}") == [first + 1, first, first + 2])
    let copy = try Tokenizer(serialized: JSON.parse(extended.serialized().serialized(), name: "copy"))
    #expect(try copy.encode("\u{C5}\u{212B}A\u{30A}") == [first + 1, first, first + 2])
  }

  @Test func specialTokensCanBeLeftAsText() throws {
    let text = "<|im_start|>user"
    #expect(try tokenizer.encode(text).first == tokenizer.id(of: "<|im_start|>"))
    let plain = try tokenizer.encode(text, parseSpecial: false)
    #expect(!plain.contains { tokenizer.isSpecial($0) })
    #expect(try tokenizer.decode(plain) == text)
    #expect(try tokenizer.decode(tokenizer.encode(text), skipSpecial: true) == "user")
  }

  @Test func bosFollowsThePolicy() throws {
    let llama = try Tokenizer(huggingFaceDirectory: Files.fixtures + "/tiny-llama3")
    let plain = try llama.encode("hello", bos: .never)
    #expect(try llama.encode("hello") == llama.definition.prefix + plain)
    #expect(try llama.encode("hello", bos: .always) == [llama.bosToken].compactMap(\.self) + plain)
    var definition = tokenizer.definition
    definition.bosToken = nil
    let without = try Tokenizer(definition)
    #expect(throws: HoldfastError.self) { try without.encode("hello", bos: .always) }
  }

  @Test func invalidUTF8IsRefusedWithItsPlace() throws {
    #expect(try tokenizer.encode(bytes: Array("naïve".utf8)) == tokenizer.encode("naïve"))
    let error = #expect(throws: HoldfastError.self) { try tokenizer.encode(bytes: [0x61, 0x62, 0xC3, 0x28]) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("byte 2 of 4 is 0xc3") == true)
  }

  @Test func unknownIdsAreRefused() throws {
    for id in [-1, Int32(tokenizer.vocabularySize), .max, .min] {
      #expect(throws: HoldfastError.self) { try tokenizer.decode([0, id]) }
      #expect(throws: HoldfastError.self) { try tokenizer.bytes(of: id) }
    }
  }

  @Test func queueAndSearchMergeAlike() throws {
    // The same word by both ways: 48 symbols and fewer are searched, more are queued.
    let text = "thethecatcatandtheplantsandanimalsaaaaaaaaaaaaaa"
    var searched = BytePairMerger()
    var queued = BytePairMerger()
    let merges = MergeTable(try mergeList())
    for count in 2...48 {
      let symbols = try text.utf8.prefix(count).map { byte in
        try #require(tokenizer.definition.tokens.firstIndex(of: ByteString([byte])).map(Int32.init))
      }
      searched.symbols = symbols
      searched.merge(merges)
      // A symbol that merges with nothing fills the word up beyond the limit.
      queued.symbols = symbols + Array(repeating: -2, count: 60)
      queued.merge(merges)
      #expect(Array(queued.symbols.prefix { $0 >= 0 }) == searched.symbols)
    }
  }

  private func mergeList() throws -> [MergeTable.Merge] {
    guard case .merges(let pairs) = tokenizer.definition.ranking else { return [] }
    let tokens = tokenizer.definition.tokens
    return try pairs.enumerated().map { rank, pair in
      let merged = tokens[Int(pair.left)] + tokens[Int(pair.right)]
      let result = try #require(tokens.firstIndex(of: merged))
      return MergeTable.Merge(left: pair.left, right: pair.right, result: Int32(result), rank: UInt32(rank))
    }
  }

  @Test func characterClassesAreThoseOfHuggingFace() {
    // Counted with tokenizers 0.23: \p{L}, \p{N} and \s of its regular expressions, and its Digits rule.
    var counts = (letters: 0, numbers: 0, spaces: 0, digits: 0)
    for value in UInt32(0)...0x10FFFF where !(0xD800...0xDFFF).contains(value) {
      let kind = CharacterTable.shared(value)
      if kind.contains(.letter) { counts.letters += 1 }
      if kind.contains(.number) { counts.numbers += 1 }
      if kind.contains(.space) { counts.spaces += 1 }
      if kind.contains(.digit) { counts.digits += 1 }
    }
    #expect(counts == (141_028, 1911, 25, 1924))
  }
}
