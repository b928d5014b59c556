/// A Unicode normalisation form, with the data of Hugging Face `tokenizers` 0.23, which knows Unicode 12.
enum NormalizationForm: String, Sendable, CaseIterable {
  case nfc, nfd, nfkc, nfkd

  /// The text in this form; `text` must be UTF-8.
  func apply(_ text: [UInt8]) -> [UInt8] {
    if text.allSatisfy({ $0 < 0x80 }) { return text }
    let tables = NormalizationTables.shared
    let isCompatible = self == .nfkc || self == .nfkd
    var scalars: [UInt32] = []
    scalars.reserveCapacity(text.count)
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      tables.decompose(scalar.value, compatible: isCompatible, into: &scalars)
    }
    tables.reorder(&scalars)
    if self == .nfc || self == .nfkc { tables.compose(&scalars) }
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    for value in scalars {
      guard let scalar = Unicode.Scalar(value) else { continue }
      result.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }
    return result
  }
}

/// Decompositions, compositions and combining classes (Unicode Standard Annex 15).
struct NormalizationTables: Sendable {
  /// The tables, read when they are first used.
  static let shared = NormalizationTables()

  private let canonical: [UInt32: [UInt32]]
  private let compatibility: [UInt32: [UInt32]]
  private let compositions: [UInt64: UInt32]
  private let combiningClasses: [UInt32: UInt8]

  private static let (hangul, leading, vowel, trailing): (UInt32, UInt32, UInt32, UInt32) = (
    0xAC00, 0x1100, 0x1161, 0x11A7
  )

  private init() {
    canonical = Self.decompositions(CanonicalData.decompositions)
    compatibility = Self.decompositions(CompatibilityData.decompositions)
    var pairs: [UInt64: UInt32] = [:]
    var reader = PackedNumbers(CanonicalData.compositions)
    while let entry = reader.list(), entry.count == 3 { pairs[Self.pair(entry[0], entry[1])] = entry[2] }
    compositions = pairs
    var classes: [UInt32: UInt8] = [:]
    reader = PackedNumbers(CanonicalData.combiningClasses)
    while let number = reader.number(), reader.mark() != nil {
      for range in reader.ranges() {
        for scalar in range { classes[scalar] = UInt8(truncatingIfNeeded: number) }
      }
    }
    combiningClasses = classes
  }

  private static func decompositions(_ text: StaticString) -> [UInt32: [UInt32]] {
    var result: [UInt32: [UInt32]] = [:]
    var reader = PackedNumbers(text)
    var scalar: UInt32 = 0
    while let entry = reader.list() {
      scalar += entry[0]
      result[scalar] = Array(entry.dropFirst())
    }
    return result
  }

  /// Appends the full decomposition of one scalar.
  func decompose(_ scalar: UInt32, compatible: Bool, into result: inout [UInt32]) {
    if scalar < 0xA0 { return result.append(scalar) }
    let syllable = scalar &- Self.hangul
    if syllable < 11172 {
      result.append(Self.leading + syllable / 588)
      result.append(Self.vowel + syllable % 588 / 28)
      if syllable % 28 != 0 { result.append(Self.trailing + syllable % 28) }
    } else if let parts = (compatible ? compatibility[scalar] : nil) ?? canonical[scalar] {
      result.append(contentsOf: parts)
    } else {
      result.append(scalar)
    }
  }

  /// Sorts each run of combining marks by their classes, keeping the order within a class.
  func reorder(_ scalars: inout [UInt32]) {
    var run: [(kind: UInt8, scalar: UInt32)] = []
    for i in 0...scalars.count {
      let kind = i < scalars.count ? combiningClass(scalars[i]) : 0
      if kind > 0 {
        run.append((kind, scalars[i]))
      } else if !run.isEmpty {
        if run.count > 1 {
          // A stable sort: by class, then by the place it had.
          let sorted = run.enumerated().sorted { ($0.element.kind, $0.offset) < ($1.element.kind, $1.offset) }
          for (k, entry) in sorted.enumerated() { scalars[i - run.count + k] = entry.element.scalar }
        }
        run.removeAll(keepingCapacity: true)
      }
    }
  }

  /// Composes in place what composes.
  func compose(_ scalars: inout [UInt32]) {
    var count = 0
    var starter: Int?
    var lastClass: UInt8 = 0
    for scalar in scalars {
      let kind = combiningClass(scalar)
      if let place = starter, place == count - 1 || lastClass < kind && lastClass > 0,
        let composed = composition(scalars[place], scalar)
      {
        scalars[place] = composed
        continue
      }
      if kind == 0 { starter = count }
      lastClass = kind
      scalars[count] = scalar
      count += 1
    }
    scalars.removeLast(scalars.count - count)
  }

  private func composition(_ first: UInt32, _ second: UInt32) -> UInt32? {
    let (l, v, t) = (first &- Self.leading, second &- Self.vowel, second &- Self.trailing)
    if l < 19, v < 21 { return Self.hangul + (l * 21 + v) * 28 }
    let syllable = first &- Self.hangul
    if syllable < 11172, syllable % 28 == 0, t > 0, t < 28 { return first + t }
    return compositions[Self.pair(first, second)]
  }

  private func combiningClass(_ scalar: UInt32) -> UInt8 {
    scalar < 0x300 ? 0 : combiningClasses[scalar] ?? 0
  }

  private static func pair(_ first: UInt32, _ second: UInt32) -> UInt64 {
    UInt64(first) << 32 | UInt64(second)
  }
}
