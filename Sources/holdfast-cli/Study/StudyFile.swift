import Glibc
import Holdfast
import Yams

/// A study file, YAML or JSON, as the engine's JSON.
enum StudyFile {
  /// The study, or series of studies, a file describes; relative paths in it start from the file's directory.
  ///
  /// - Parameter output: the study's directory instead of the one the file names, relative to the working directory.
  static func study(_ path: String, output: String? = nil) throws(HoldfastError) -> StudyDescription {
    var json = try read(path)
    if let output {
      guard let here = realpath(".", nil) else {
        throw HoldfastError(.io, "the working directory: \(String(cString: strerror(errno)))")
      }
      defer { free(here) }
      json.set("output", .text(output.hasPrefix("/") ? output : String(cString: here) + "/" + output))
    }
    return try StudyDescription(json, name: path, baseDirectory: FileSystem.parent(of: path) ?? ".")
  }

  /// Reads `path`; the engine replaces `${NAME}` in it, and HOLDFAST_CACHE always has a value.
  ///
  /// Throws an error that names the file, the line and the column.
  static func read(_ path: String) throws(HoldfastError) -> JSON {
    let file = try MappedFile(path: path)
    guard file.count <= 1 << 22 else {
      throw HoldfastError(
        .invalidArgument, "\(path) has \(Text.bytes(file.count)); a study file has at most 4 MiB")
    }
    guard let text = ByteString(file.bytes).validText else {
      throw HoldfastError(.corruptData, "\(path) is not valid UTF-8; save it as UTF-8")
    }
    if let home = FileSystem.home { setenv("HOLDFAST_CACHE", home + "/.cache/holdfast", 0) }
    return path.hasSuffix(".json") ? try JSON.parse(text, name: path) : try yaml(text, path)
  }

  private static func yaml(_ text: String, _ path: String) throws(HoldfastError) -> JSON {
    let node: Node?
    do {
      node = try Yams.compose(yaml: text)
    } catch {
      throw HoldfastError(.corruptData, "\(path): \(error)")
    }
    guard let node else {
      throw HoldfastError(.corruptData, "\(path) is empty; examples/studies has studies to start from")
    }
    return try convert(node, path, depth: 0)
  }

  private static func convert(_ node: Node, _ path: String, depth: Int) throws(HoldfastError) -> JSON {
    guard depth < 64 else { throw HoldfastError(.corruptData, "\(place(node, path)): nested too deeply") }
    switch node {
    case .scalar(let scalar): return value(node, scalar)
    case .sequence(let sequence):
      var elements: [JSON] = []
      for element in sequence { elements.append(try convert(element, path, depth: depth + 1)) }
      return .array(elements)
    case .mapping(let mapping):
      var members: [(key: ByteString, value: JSON)] = []
      for (key, value) in mapping {
        guard let name = key.string else {
          throw HoldfastError(.corruptData, "\(place(key, path)): a key must be a text")
        }
        members.append((ByteString(name), try convert(value, path, depth: depth + 1)))
      }
      return .object(members)
    case .alias:
      throw HoldfastError(
        .unsupported, "\(place(node, path)): write the value out; aliases are not resolved here")
    }
  }

  /// Quoted scalars are texts; plain ones are what YAML takes them for, and numbers also without a point (`1e-4`).
  private static func value(_ node: Node, _ scalar: Node.Scalar) -> JSON {
    guard scalar.style == .plain else { return .text(scalar.string) }
    if node.null != nil { return .null }
    if let bool = node.bool { return .bool(bool) }
    if let int = node.int { return .int(int) }
    if let number = node.float ?? Double(scalar.string), number.isFinite { return .number(number) }
    return .text(scalar.string)
  }

  private static func place(_ node: Node, _ path: String) -> String {
    node.mark.map { "\(path):\($0.line):\($0.column)" } ?? path
  }
}
