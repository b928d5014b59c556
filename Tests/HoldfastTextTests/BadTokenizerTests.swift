import Glibc
import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastText

/// Tokenizer files that are wrong or ask for what is not here.
@Suite struct BadTokenizerTests {
  /// Changes one part of a good `tokenizer.json`, reads it and gives the error.
  private func error(_ path: [ByteString], _ value: JSON) throws -> HoldfastError {
    var root = try JSON.read(Files.fixtures + "/tiny-gpt2/tokenizer.json")
    Self.set(&root, path[...], value)
    let folder = "/tmp/holdfast-text-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    try FileSystem.makeDirectory(folder)
    defer {
      unlink(folder + "/tokenizer.json")
      rmdir(folder)
    }
    try AtomicFile.write(Array(root.serialized()), to: folder + "/tokenizer.json")
    return try #require(#expect(throws: HoldfastError.self) { try Tokenizer(huggingFaceDirectory: folder) })
  }

  private static func set(_ json: inout JSON, _ path: ArraySlice<ByteString>, _ value: JSON) {
    guard let key = path.first else { return json = value }
    var member = json[key] ?? [:]
    set(&member, path.dropFirst(), value)
    json.set(key, member)
  }

  @Test func kindsThatAreNotHereAreNamed() throws {
    let cases: [([ByteString], JSON, String)] = [
      (["model", "type"], "Unigram", "'Unigram'; the only kind known is BPE"),
      (["normalizer"], ["type": "Lowercase"], "'Lowercase'; known types are NFC"),
      (["normalizer"], ["type": "Replace", "pattern": ["Regex": "a"], "content": ""], "is not a String"),
      (["pre_tokenizer"], ["type": "BertPreTokenizer"], "known types are ByteLevel"),
      (
        ["pre_tokenizer"],
        ["type": "Split", "pattern": ["Regex": "a+"], "behavior": "Isolated", "invert": false],
        "is the unknown expression a+\nknown expressions:"
      ),
      (["post_processor"], ["type": "BertProcessing"], "'BertProcessing'"),
      (["decoder"], ["type": "WordPiece"], "must be ByteLevel"),
      (["model", "continuing_subword_prefix"], "##", "continuing_subword_prefix"),
      (["model", "dropout"], 0.1, "dropout"),
    ]
    for (path, value, message) in cases {
      let error = try error(path, value)
      #expect(error.code == .unsupported, "\(path)")
      #expect(error.message.contains(message), "\(error.message)")
      #expect(error.message.contains("/tokenizer.json: "), "\(error.message)")
    }
  }

  @Test func contradictionsAreNamed() throws {
    let cases: [([ByteString], JSON, String)] = [
      (["model", "vocab"], [], "must be an object"),
      (["model", "vocab"], ["a": -1], "must lie in"),
      (["model", "vocab"], ["a": 4_000_000_000], "must lie in"),
      (["model", "vocab"], ["a": 0, "b": 0], "as is that of 'a'"),
      (["model", "merges"], ["ab"], "one space between"),
      (["model", "merges"], ["a  b"], "one space between"),
      (["model", "merges"], [["a", "b", "c"]], "must be two tokens"),
      (["model", "merges"], [["a", "qqq"]], "names 'qqq'"),
      (["model", "merges"], [["Z", "Z"]], "makes 'ZZ'"),
      (["model", "unk_token"], "nothing", "not in the vocabulary"),
      (["added_tokens"], [["id": 0, "content": "x"]], "another token with id 0"),
      (["added_tokens"], [["id": 2_000_000_000, "content": "x"]], "must lie in"),
      (["model"], 3, "must be an object"),
      (
        ["normalizer"],
        ["type": "Replace", "pattern": ["String": "a"], "content": .text(String(repeating: "a", count: 65))],
        "more than 64 times as long"
      ),
    ]
    for (path, value, message) in cases {
      let error = try error(path, value)
      #expect(error.code == .corruptData, "\(error.message)")
      #expect(error.message.contains(message), "\(error.message)")
    }
  }

  @Test func storedTokenizersAreChecked() throws {
    let good = try Tokenizer(huggingFaceDirectory: Files.fixtures + "/tiny-gpt2").serialized()
    let cases: [(ByteString, JSON, HoldfastError.Code)] = [
      ("format", "other", .corruptData), ("version", 2, .newerVersion), ("symbols", "words", .corruptData),
      ("tokens", [], .corruptData), ("merges", [0], .corruptData), ("merges", [0, 100_000], .corruptData),
      ("merges", [-1, 0], .corruptData), ("bos_token", 100_000, .corruptData), ("prefix", [-5], .corruptData),
      ("eos_token", 3_000_000_000, .corruptData), ("unknown_token", -1, .corruptData),
      ("scores", [1, 2], .corruptData), ("pre_tokenizer", [:], .corruptData),
      ("added_tokens", [[:]], .corruptData), ("stripped_spaces", -1, .corruptData),
    ]
    for (key, value, code) in cases {
      var json = good
      json.set(key, value)
      let error = #expect(throws: HoldfastError.self) { try Tokenizer(serialized: json) }
      #expect(error?.code == code, "\(key): \(error?.message ?? "")")
    }
    #expect(throws: HoldfastError.self) { try Tokenizer(serialized: nil) }
  }

  @Test func aDirectoryWithoutTokenizerSaysSo() {
    let error = #expect(throws: HoldfastError.self) { try Tokenizer(huggingFaceDirectory: Files.fixtures) }
    #expect(error?.code == .notFound)
  }
}
