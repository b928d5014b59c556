/// Passes text on piece by piece, up to the first stop text; what may yet turn into one is held back.
struct StopStream {
  private let stops: [[UInt8]]
  private var held: [UInt8] = []
  /// Whether a stop text has come.
  private(set) var stopped = false

  init(_ stops: [String]) { self.stops = stops.map { Array($0.utf8) }.filter { !$0.isEmpty } }

  /// Takes new text and returns what is certain to stand before any stop text.
  mutating func append(_ text: String) -> String {
    guard !stopped else { return "" }
    held += text.utf8
    if let cut = stops.compactMap({ Self.find($0, in: held) }).min() {
      stopped = true
      return take(cut)
    }
    var keep = 0
    for stop in stops {
      var length = min(stop.count - 1, held.count)
      while length > keep, !held.suffix(length).elementsEqual(stop.prefix(length)) { length -= 1 }
      keep = max(keep, length)
    }
    return take(held.count - keep)
  }

  /// Returns what was held back.
  mutating func finish() -> String { stopped ? "" : take(held.count) }

  private mutating func take(_ count: Int) -> String {
    defer { held.removeFirst(count) }
    return String(decoding: held[..<count], as: UTF8.self)
  }

  private static func find(_ wanted: [UInt8], in bytes: [UInt8]) -> Int? {
    guard bytes.count >= wanted.count else { return nil }
    return (0...(bytes.count - wanted.count)).first { bytes[$0..<($0 + wanted.count)].elementsEqual(wanted) }
  }
}
