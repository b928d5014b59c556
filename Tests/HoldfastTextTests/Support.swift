import Glibc
import HoldfastStorage
import HoldfastTensor

@testable import HoldfastText

/// Where the tests find their files.
enum Files {
  /// The root of the repository.
  static let root =
    String(#filePath.utf8.prefix(#filePath.utf8.count - "/Tests/HoldfastTextTests/Support.swift".utf8.count))
    ?? ""
  /// The stored fixtures of this room.
  static let fixtures = root + "/Tests/Fixtures/text"

  /// A file of the shared data, or `nil` with a line on standard error when it is not there.
  static func shared(_ path: String) -> String? {
    let folder = environment("HOLDFAST_SHARED") ?? root + "/../shared"
    return found(folder + "/data/" + path, "set HOLDFAST_SHARED to the folder of the shared data")
  }

  /// The default model's GGUF file, or `nil` with a line on standard error when it is not there.
  static var model: String? {
    let cache = environment("HOLDFAST_CACHE") ?? (FileSystem.home ?? "") + "/.cache/holdfast"
    let path =
      environment("HOLDFAST_TEST_MODEL") ?? cache + "/models/SmolLM2-135M-Instruct.Q4_1.gguf"
    return found(path, "set HOLDFAST_TEST_MODEL to the model's path, or run make demo once")
  }

  private static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  private static func found(_ path: String, _ remedy: String) -> String? {
    if FileSystem.exists(path) { return path }
    let line = "SKIPPED: \(path) is not there; \(remedy)\n"
    _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    return nil
  }
}

/// A text, the ids Hugging Face `tokenizers` gives it, and the text it makes of them.
struct Case {
  let text: String
  let ids: [Int32]
  let decoded: String

  static func read(_ path: String) throws(HoldfastError) -> [Case] {
    var cases: [Case] = []
    for node in try JSONNode(try JSON.read(path), document: path).elements() {
      var ids: [Int32] = []
      for id in try node.member("ids").elements() { ids.append(try id.int32()) }
      let text = try node.member("text").text()
      cases.append(Case(text: text, ids: ids, decoded: try node.optional("decoded")?.text() ?? text))
    }
    return cases
  }
}

/// Compares texts scalar by scalar, because `String` compares by canonical equivalence.
func same(_ a: String, _ b: String) -> Bool { a.unicodeScalars.elementsEqual(b.unicodeScalars) }
