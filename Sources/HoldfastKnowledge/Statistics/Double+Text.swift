import Glibc

extension Double {
  /// The number with so many digits behind the point, halves rounded away from zero; `–` for NaN.
  func fixed(_ digits: Int) -> String {
    guard isFinite else { return isNaN ? "–" : self < 0 ? "-∞" : "∞" }
    let scale = pow(10, Double(digits))
    let scaled = (abs(self) * scale).rounded()
    guard scaled < 0x1p62 else { return description }
    let (whole, part) = Int(scaled).quotientAndRemainder(dividingBy: Int(scale))
    let sign = self < 0 && scaled > 0 ? "-" : ""
    guard digits > 0 else { return sign + String(whole) }
    let tail = String(part)
    return "\(sign)\(whole).\(String(repeating: "0", count: digits - tail.utf8.count))\(tail)"
  }

  /// As `fixed`, with a plus before a positive number.
  func signed(_ digits: Int) -> String {
    let text = fixed(digits)
    return self > 0 && text.utf8.contains(where: { (UInt8(ascii: "1")...UInt8(ascii: "9")).contains($0) })
      ? "+" + text : text
  }
}
