import Glibc
import HoldfastStorage
import HoldfastTensor

/// Paths as a study description writes them.
enum PathText {
  /// The path a text means: `~/` and `${NAME}` replaced, a relative one put behind `baseDirectory`.
  static func resolved(_ node: JSONNode, baseDirectory: String) throws(HoldfastError) -> String {
    let text = try node.text()
    guard !text.isEmpty, !text.utf8.contains(0) else { throw node.wrong("is not a path") }
    var path = try expanded(text, node)
    if path == "~" || path.hasPrefix("~/") {
      guard let home = FileSystem.home else {
        throw node.wrong("begins with '~', and there is no home directory")
      }
      path = home + path.dropFirst()
    }
    return path.hasPrefix("/") || baseDirectory.isEmpty ? path : "\(baseDirectory)/\(path)"
  }

  private static func expanded(_ text: String, _ node: JSONNode) throws(HoldfastError) -> String {
    var result = ""
    var rest = text[...]
    while let start = rest.firstIndex(of: "$"), rest[start...].hasPrefix("${"),
      let end = rest[start...].firstIndex(of: "}")
    {
      let name = String(rest[rest.index(start, offsetBy: 2)..<end])
      guard let value = getenv(name) else {
        throw node.wrong(
          "needs the environment variable \(name), which is not set; set it or write the path out")
      }
      result += rest[..<start] + String(cString: value)
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }
}
