import Glibc
import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastText

/// Damaged files must give an error or a tokenizer that works, and never a trap.
@Suite struct DamagedTokenizerTests {
  @Test(arguments: ["tiny-smollm", "tiny-llama3", "tiny-sentencepiece", "deepseek-v3", "unigram", "forms"])
  func damagedFiles(name: String) throws {
    let file = try MappedFile(path: "\(Files.fixtures)/\(name)/tokenizer.json")
    let good = file.withBytes { Array($0) }
    let folder = "/tmp/holdfast-text-\(getpid())-\(name)"
    try FileSystem.makeDirectory(folder)
    defer {
      unlink(folder + "/tokenizer.json")
      rmdir(folder)
    }
    var source = RandomSource(seed: 11)
    var read = 0
    for round in 0..<200 {
      var bytes = good
      for _ in 0...round % 4 {
        let place = Int(source.next() % UInt64(bytes.count))
        switch source.next() % 4 {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: source.next())
        case 1: bytes.removeSubrange(place..<min(bytes.count, place + Int(source.next() % 40)))
        case 2: bytes.insert(contentsOf: Array("9\",[{".utf8).prefix(Int(source.next() % 5)), at: place)
        default: bytes[place] = UInt8(ascii: "0") + UInt8(source.next() % 10)
        }
      }
      try AtomicFile.write(bytes, to: folder + "/tokenizer.json")
      if let tokenizer = try? Tokenizer(huggingFaceDirectory: folder) {
        read += 1
        let ids = try tokenizer.encode("It's 3 o'clock, <|im_end|> naïve 🚀\r\n  x")
        _ = try tokenizer.decode(ids)
        _ = try Tokenizer(serialized: tokenizer.serialized())
      }
    }
    #expect(read > 0 && read < 200)
  }

  @Test(arguments: ["spm-unigram", "spm-gemma"])
  func damagedModels(name: String) throws {
    let file = try MappedFile(path: "\(Files.fixtures)/\(name)/tokenizer.model")
    let good = file.withBytes { Array($0) }
    let path = "/tmp/holdfast-text-\(getpid())-\(name).model"
    defer { unlink(path) }
    func tryOut(_ bytes: [UInt8]) throws -> Bool {
      try AtomicFile.write(bytes, to: path)
      guard let tokenizer = try? Tokenizer(path: path) else { return false }
      _ = try tokenizer.decode(tokenizer.encode("It's ﬁne,  <table> naïve 🚀\r\n\u{3000}x", bos: .never))
      return true
    }
    #expect(try tryOut(good))
    // A model cut behind a whole field is a smaller model; inside one it is damaged.
    let whole = (0..<good.count).filter { count in
      good.withUnsafeBytes { bytes in
        (try? SentencePieceModel(UnsafeRawBufferPointer(rebasing: bytes[..<count]), name: name)) != nil
      }
    }
    #expect(whole.count > 10 && whole.count < good.count / 4)
    for count in whole where count % 8 == 0 { _ = try tryOut(Array(good.prefix(count))) }
    var source = RandomSource(seed: 17)
    for _ in 0..<300 {
      var bytes = good
      for _ in 0...source.next() % 4 {
        bytes[Int(source.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: source.next())
      }
      _ = try tryOut(bytes)
    }
  }

  @Test(arguments: ["tiny-sentencepiece", "deepseek-v3", "unigram", "spm-gemma", "mistral"])
  func damagedValues(name: String) throws {
    let good = try Tokenizer(huggingFaceDirectory: "\(Files.fixtures)/\(name)").serialized()
    var source = RandomSource(seed: 5)
    let values: [JSON] = [
      nil, true, 0, -1, 4_000_000_000, 1e300, "", "▁", [], [0], [nil], [:], ["id": 0], [1, 2, 3, 4],
      ["a", "b"],
    ]
    for (key, _) in try #require(good.objectValue) {
      for value in values {
        var json = good
        json.set(key, value)
        guard let tokenizer = try? Tokenizer(serialized: json) else { continue }
        let ids = try tokenizer.encode("a b <s> c")
        _ = try tokenizer.decode(ids + [Int32(source.next() % UInt64(tokenizer.vocabularySize))])
      }
    }
  }
}
