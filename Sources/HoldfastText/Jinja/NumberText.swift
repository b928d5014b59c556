import Glibc

/// Numbers written by C's `printf`, which Python's formatting equals.
enum NumberText {
  /// Writes a number with `%e`, `%f` or `%g`, as `format` says.
  static func text(_ number: Double, format: String) -> String {
    var buffer = [CChar](repeating: 0, count: 1024)
    let count = withVaList([number]) { vsnprintf(&buffer, buffer.count, format, $0) }
    guard count > 0 else { return "" }
    return String(
      decoding: buffer.prefix(min(Int(count), buffer.count - 1)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Python's `round(number, places)`: the nearest such decimal, and of two the even one.
  static func rounded(_ number: Double, places: Int) -> Double {
    guard number.isFinite, number.magnitude < 1e22 else { return number }
    return Double(text(number, format: "%.\(places)f")) ?? number
  }
}
