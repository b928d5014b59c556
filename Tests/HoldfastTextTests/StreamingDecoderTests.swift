import HoldfastStorage
import Testing

@testable import HoldfastText

@Suite struct StreamingDecoderTests {
  @Test(arguments: TinyTokenizerTests.names)
  func piecesJoinToTheWhole(name: String) throws {
    let tokenizer = try Tokenizer(huggingFaceDirectory: "\(Files.fixtures)/\(name)")
    for expected in try Case.read("\(Files.fixtures)/\(name)/expected.json") {
      var decoder = StreamingDecoder(tokenizer)
      var joined = ""
      for id in expected.ids {
        let piece = try decoder.append(id)
        #expect(
          !piece.unicodeScalars.contains("\u{FFFD}") || expected.decoded.unicodeScalars.contains("\u{FFFD}"))
        joined += piece
      }
      #expect(same(joined + decoder.finish(), try tokenizer.decode(expected.ids)))
    }
  }

  @Test func aCharacterComesWhenItsLastByteDoes() throws {
    let tokenizer = try Tokenizer(huggingFaceDirectory: Files.fixtures + "/tiny-gpt2")
    let ids = try "🚀".utf8.map { byte in
      try #require(tokenizer.definition.tokens.firstIndex(of: ByteString([byte])).map(Int32.init))
    }
    var decoder = StreamingDecoder(tokenizer)
    #expect(try ids.map { try decoder.append($0) } == ["", "", "", "🚀"])
    _ = try decoder.append(ids[0])
    _ = try decoder.append(ids[1])
    #expect(decoder.finish() == "\u{FFFD}")
  }

  @Test func bytesThatAreNoTextBecomeReplacementCharacters() throws {
    let tokenizer = try Tokenizer(huggingFaceDirectory: Files.fixtures + "/tiny-gpt2")
    let bytes: [UInt8] = [0x61, 0xFF, 0x62, 0xE2, 0x82, 0x63, 0xC0, 0x80, 0xF0, 0x9F, 0x9A]
    let ids = try bytes.map { byte in
      try #require(tokenizer.definition.tokens.firstIndex(of: ByteString([byte])).map(Int32.init))
    }
    // One U+FFFD for each maximal beginning of a character, as Rust's from_utf8_lossy gives.
    #expect(try tokenizer.decode(ids) == "a\u{FFFD}b\u{FFFD}c\u{FFFD}\u{FFFD}\u{FFFD}")
  }
}
