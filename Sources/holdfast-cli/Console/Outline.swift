import Holdfast

/// A JSON object for people: one member a line, nested members indented.
enum Outline {
  /// The most characters of one value that are shown.
  private static let valueLimit = 160

  /// Prints an object on standard output.
  static func print(_ json: JSON, indent: Int = 0) {
    guard let members = json.objectValue else { return Console.print(scalar(json)) }
    let width = members.map { $0.key.text.unicodeScalars.count }.max() ?? 0
    let margin = String(repeating: " ", count: indent)
    for (key, value) in members {
      let label = visible(key.text)
      if let inner = value.objectValue, !inner.isEmpty {
        Console.print(margin + label)
        print(value, indent: indent + 2)
      } else if let elements = value.arrayValue, elements.contains(where: { $0.objectValue != nil }) {
        Console.print(margin + label)
        for element in elements { Console.print(margin + "  " + inline(element)) }
      } else {
        let padding = String(repeating: " ", count: max(0, width - label.unicodeScalars.count))
        Console.print(margin + label + padding + "  " + scalar(value))
      }
    }
  }

  private static func inline(_ json: JSON) -> String {
    guard let members = json.objectValue else { return scalar(json) }
    return members.map { "\(visible($0.key.text)) \(scalar($0.value))" }.joined(separator: ", ")
  }

  private static func scalar(_ json: JSON) -> String {
    switch json {
    case .string(let value): clipped(visible(value.text))
    case .null: "-"
    case .bool(let value): value ? "yes" : "no"
    case .array(let elements): "[" + elements.map(scalar).joined(separator: ", ") + "]"
    case .object(let members): members.isEmpty ? "none" : inline(json)
    default: json.text()
    }
  }

  private static func clipped(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard scalars.count > valueLimit else { return text }
    var shown = String.UnicodeScalarView()
    shown.append(contentsOf: scalars.prefix(valueLimit - 1))
    return String(shown) + "…"
  }

  /// The text with control characters written out, so that a file cannot command the terminal.
  private static func visible(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x0A: result.append(contentsOf: "\\n".unicodeScalars)
      case 0x09: result.append(contentsOf: "\\t".unicodeScalars)
      case 0..<0x20, 0x7F..<0xA0:
        result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
      default: result.append(scalar)
      }
    }
    return String(result)
  }
}
