import Glibc
import Holdfast

/// Numbers and times as a reader wants them.
enum Text {
  /// A number with a fixed count of decimals, halves rounded away from 0; `-` when it is not a number.
  static func decimal(_ value: Double, _ decimals: Int = 3) -> String {
    guard value.isFinite else { return "-" }
    let scale = pow(10, Double(decimals))
    let rounded = abs(value) < 1e15 / scale ? (value * scale).rounded() / scale : value
    var buffer = [CChar](repeating: 0, count: 400)
    // Adding 0 takes the sign from a -0.
    let count = withVaList([Int32(decimals), rounded + 0]) { vsnprintf(&buffer, buffer.count, "%.*f", $0) }
    guard count > 0, count < buffer.count else { return "\(value)" }
    return String(decoding: buffer[..<Int(count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// A share as a percentage with one decimal, such as `51.2 %`.
  static func percent(_ share: Double) -> String { share.isFinite ? decimal(100 * share, 1) + " %" : "-" }

  /// A difference of shares in percentage points, with its sign.
  static func points(_ difference: Double) -> String {
    guard difference.isFinite else { return "-" }
    let text = decimal(100 * difference, 1)
    return difference > 0 ? "+" + text : text
  }

  /// Seconds as `42 s`, `3 min 05 s` or `2 h 10 min`.
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 3.6e8 else { return "?" }
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(pad(whole % 60)) s" }
    return "\(whole / 3600) h \(pad(whole / 60 % 60)) min"
  }

  /// Bytes as `98.4 MB`.
  static func bytes(_ count: Int) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"]
    var value = Double(count)
    var unit = 0
    while value >= 1000, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    return unit == 0 ? "\(count) B" : "\(decimal(value, 1)) \(units[unit])"
  }

  private static func pad(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}

extension Text {
  /// An interval as `[0.463, 0.561]`.
  static func interval(_ interval: Interval, scale: Double = 1, decimals: Int = 3) -> String {
    guard interval.lower.isFinite, interval.upper.isFinite else { return "" }
    return "[\(decimal(scale * interval.lower, decimals)), \(decimal(scale * interval.upper, decimals))]"
  }

  /// An interval of shares in percent, as `[46.3, 56.1]`.
  static func percent(_ shares: Interval) -> String { interval(shares, scale: 100, decimals: 1) }
}

extension Text {
  /// Lines of prose broken at spaces to `width` columns, further lines of a paragraph indented by two; lines that begin
  /// with a space are tables and stay as they are.
  static func wrapped(_ text: String, width: Int) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      guard line.unicodeScalars.count > width, !line.hasPrefix(" ") else { return String(line) }
      var lines: [String] = []
      var current = ""
      for word in line.split(separator: " ") {
        if !current.isEmpty, current.unicodeScalars.count + 1 + word.unicodeScalars.count > width {
          lines.append(current)
          current = "  " + word
        } else {
          current += (current.isEmpty ? "" : " ") + word
        }
      }
      return (lines + [current]).joined(separator: "\n")
    }.joined(separator: "\n")
  }
}
