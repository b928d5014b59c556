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
      (["model", "type"], "WordPiece", "'WordPiece'; known kinds are BPE and Unigram"),
      (["model", "type"], "Unigram", "Unigram although the pre_tokenizer is ByteLevel"),
      (["normalizer"], ["type": "BertNormalizer"], "'BertNormalizer'; known types are NFC"),
      (["pre_tokenizer"], ["type": "BertPreTokenizer"], "known types are ByteLevel"),
      (
        ["pre_tokenizer"],
        ["type": "Split", "pattern": ["Regex": "(a)\\1"], "behavior": "Isolated", "invert": false],
        "the regular expression (a)\\1 has the escape '\\1' at character 6"
      ),
      (
        ["normalizer"], ["type": "Replace", "pattern": ["Regex": "(?<x>a)"], "content": ""],
        "a group of kind '(?<x)'"
      ),
      (["post_processor"], ["type": "BertProcessing"], "'BertProcessing'"),
      (["decoder"], ["type": "WordPiece"], "known types are ByteLevel"),
      (["decoder"], ["type": "Metaspace", "replacement": "▁"], "must be"),
      (["model", "continuing_subword_prefix"], "##", "continuing_subword_prefix"),
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
      ("format", "other", .corruptData), ("version", 3, .newerVersion), ("symbols", "words", .corruptData),
      ("tokens", [], .corruptData), ("merges", [0], .corruptData), ("merges", [0, 100_000], .corruptData),
      ("merges", [-1, 0], .corruptData), ("bos_token", 100_000, .corruptData), ("prefix", [-5], .corruptData),
      ("eos_token", 3_000_000_000, .corruptData), ("unknown_token", -1, .corruptData),
      ("scores", [1, 2], .corruptData), ("pre_tokenizer", [:], .corruptData),
      ("added_tokens", [[:]], .corruptData), ("decoding", [:], .corruptData), ("frozen", [-1], .corruptData),
      ("unigram_scores", [0], .corruptData), ("normalization", [["type": "nfx"]], .corruptData),
      ("pre_tokenizer", [["type": "digit"]], .corruptData),
      ("pre_tokenizer", [["type": "pattern", "pattern": "x"]], .corruptData),
    ]
    for (key, value, code) in cases {
      var json = good
      json.set(key, value)
      let error = #expect(throws: HoldfastError.self) { try Tokenizer(serialized: json) }
      #expect(error?.code == code, "\(key): \(error?.message ?? "")")
    }
    #expect(throws: HoldfastError.self) { try Tokenizer(serialized: nil) }
  }

  @Test func storedTokenizersOfVersionOneAreRead() throws {
    for (name, rule) in [
      ("tiny-smollm", ["digits": "individual", "add_prefix_space": false, "pattern": "gpt-2"] as JSON),
      ("tiny-prefix-space", ["digits": "runs", "add_prefix_space": true, "pattern": "gpt-2"]),
      ("tiny-sentencepiece", ["digits": "untouched", "add_prefix_space": false, "pattern": "whole"]),
    ] {
      let tokenizer = try Tokenizer(huggingFaceDirectory: "\(Files.fixtures)/\(name)")
      var json = tokenizer.serialized()
      json.set("version", 1)
      json.set("pre_tokenizer", rule)
      json.set("stripped_spaces", name == "tiny-sentencepiece" ? 1 : 0)
      json.set("decoding", nil)
      json.set("frozen", nil)
      #expect(try Tokenizer(serialized: json).serialized() == tokenizer.serialized())
    }
  }

  @Test func aDirectoryWithoutTokenizerSaysSo() {
    let error = #expect(throws: HoldfastError.self) { try Tokenizer(huggingFaceDirectory: Files.fixtures) }
    #expect(error?.code == .notFound)
  }
}
