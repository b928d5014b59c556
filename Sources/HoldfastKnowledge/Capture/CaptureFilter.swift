public import HoldfastStorage
public import HoldfastTensor

/// Which items are captured.
public struct CaptureFilter: Sendable, Equatable {
  /// Patterns of ids, with `*` and `?`; none means all.
  public var ids: [String] = []
  /// Patterns of subjects, likewise; an item without a subject matches none.
  public var subjects: [String] = []
  /// How many of what the patterns leave are passed over.
  public var offset = 0
  /// How many are taken at most; `nil` means all.
  public var limit: Int?

  /// Makes a filter that takes all.
  public init() {}

  /// Reads a filter; members nobody knows are errors.
  public init(_ node: JSONNode) throws(HoldfastError) {
    for (key, value) in try node.members() where !value.json.isNull {
      switch key {
      case "ids": ids = try Self.patterns(value)
      case "subjects": subjects = try Self.patterns(value)
      case "offset": offset = try value.int(in: 0...Int(Int32.max))
      case "limit": limit = try value.int(in: 1...Int(Int32.max))
      default: throw value.wrong("is not part of a filter; it may have ids, subjects, offset and limit")
      }
    }
  }

  private static func patterns(_ node: JSONNode) throws(HoldfastError) -> [String] {
    if node.json.stringValue != nil { return [try node.text()] }
    return try node.elements().map { element throws(HoldfastError) in try element.text() }
  }

  /// The elements that pass, in their order.
  ///
  /// - Throws: `invalidArgument` when none does.
  func apply<Element>(
    _ all: [Element], id: (Element) -> String, subject: (Element) -> String?
  ) throws(HoldfastError) -> [Element] {
    let (ids, subjects) = (ids.map { Glob($0) }, subjects.map { Glob($0) })
    let matching = all.filter { element in
      (ids.isEmpty || ids.contains { $0.matches(id(element)) })
        && (subjects.isEmpty
          || subject(element).map { name in subjects.contains { $0.matches(name) } } ?? false)
    }
    let rest = matching.dropFirst(offset)
    let taken = Array(limit.map { rest.prefix($0) } ?? rest)
    guard !taken.isEmpty else {
      throw HoldfastError(
        .invalidArgument,
        "the filter leaves none of \(all.count) items; check its ids, subjects and offset")
    }
    return taken
  }
}
