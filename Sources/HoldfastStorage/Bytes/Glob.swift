/// A pattern for names, in which `*` stands for any text and `?` for one byte.
public struct Glob: Sendable, Equatable {
  private let pattern: [UInt8]

  /// Makes a pattern.
  public init(_ pattern: String) { self.pattern = Array(pattern.utf8) }

  /// Whether a name is such a one.
  public func matches(_ name: String) -> Bool {
    var pattern = pattern[...]
    var text = Array(name.utf8)[...]
    var retry: (pattern: ArraySlice<UInt8>, text: ArraySlice<UInt8>)?
    while true {
      if pattern.first == UInt8(ascii: "*") {
        pattern = pattern.dropFirst()
        retry = (pattern, text)
      } else if let wanted = pattern.first, let found = text.first,
        wanted == found || wanted == UInt8(ascii: "?")
      {
        pattern = pattern.dropFirst()
        text = text.dropFirst()
      } else if pattern.isEmpty, text.isEmpty {
        return true
      } else if let last = retry, !last.text.isEmpty {
        retry = (last.pattern, last.text.dropFirst())
        pattern = last.pattern
        text = last.text.dropFirst()
      } else {
        return false
      }
    }
  }
}
