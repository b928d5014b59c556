public import HoldfastStorage
public import HoldfastTensor

/// Interventions in the order they are applied: each sees what those before it left.
public struct Interventions: Sendable, Equatable {
  /// The interventions.
  public var list: [Intervention]

  /// Makes a list.
  public init(_ list: [Intervention] = []) { self.list = list }

  /// Whether there are none.
  public var isEmpty: Bool { list.isEmpty }

  /// Whether what they do to a token depends on where the prompt ends, so that prompts cannot share a beginning.
  public var needsWholePrompt: Bool { list.contains { $0.needsWholePrompt } }

  /// Both, these first.
  public func followed(by other: Interventions) -> Interventions { Interventions(list + other.list) }

  /// Throws what is wrong with the first one that is.
  public func validate() throws(HoldfastError) {
    for (index, intervention) in list.enumerated() {
      do { try intervention.validate() } catch { throw error.at("intervention \(index)") }
    }
  }
}

extension Interventions {
  /// A list of objects, as `docs/interventions.md` describes.
  public var json: JSON { .array(list.map(\.json)) }

  /// Reads a list, or an object whose member `interventions` is one.
  ///
  /// - Throws: `corruptData` or `invalidArgument` naming the place in the document.
  public init(_ node: JSONNode) throws(HoldfastError) {
    var node = node
    if case .object = node.json {
      for (key, _) in try node.members() where key != "interventions" {
        throw HoldfastError(
          .invalidArgument,
          "\(node.document): .\(key.text) is not known; a file of interventions is a list of them, or an object with the "
            + "member 'interventions' (docs/interventions.md)")
      }
      node = try node.member("interventions")
    }
    var list: [Intervention] = []
    for element in try node.elements() { list.append(try Intervention(element)) }
    self.init(list)
  }

  /// Reads a JSON file.
  public static func load(_ path: String) throws(HoldfastError) -> Interventions {
    try Interventions(JSONNode(try JSON.read(path), document: path))
  }

  /// Reads a JSON text.
  public static func parse(_ text: String) throws(HoldfastError) -> Interventions {
    let name = "the interventions"
    return try Interventions(JSONNode(try JSON.parse(text, name: name), document: name))
  }
}
