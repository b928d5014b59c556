import Testing

@testable import HoldfastText

@Suite struct UnicodeTests {
  @Test func normalizationForms() {
    let cases: [(String, nfc: String, nfd: String, nfkc: String, nfkd: String)] = [
      ("\u{C5}\u{212B}", "\u{C5}\u{C5}", "A\u{30A}A\u{30A}", "\u{C5}\u{C5}", "A\u{30A}A\u{30A}"),
      ("\u{1E9B}\u{323}", "\u{1E9B}\u{323}", "\u{17F}\u{323}\u{307}", "\u{1E69}", "s\u{323}\u{307}"),
      (
        "\u{D55C}\u{1100}\u{1161}\u{11A8}", "\u{D55C}\u{AC01}",
        "\u{1112}\u{1161}\u{11AB}\u{1100}\u{1161}\u{11A8}",
        "\u{D55C}\u{AC01}", "\u{1112}\u{1161}\u{11AB}\u{1100}\u{1161}\u{11A8}"
      ),
      ("\u{FB01}\u{2460}", "\u{FB01}\u{2460}", "\u{FB01}\u{2460}", "fi1", "fi1"),
      // Unicode 13 composed these; the reference knows Unicode 12.
      (
        "\u{11935}\u{11930}", "\u{11935}\u{11930}", "\u{11935}\u{11930}", "\u{11935}\u{11930}",
        "\u{11935}\u{11930}"
      ),
      (
        "a\u{315}\u{300}\u{5AE}\u{300}b", "\u{E0}\u{5AE}\u{300}\u{315}b", "a\u{5AE}\u{300}\u{300}\u{315}b",
        "\u{E0}\u{5AE}\u{300}\u{315}b", "a\u{5AE}\u{300}\u{300}\u{315}b"
      ),
    ]
    for (text, nfc, nfd, nfkc, nfkd) in cases {
      for (form, expected) in zip([NormalizationForm.nfc, .nfd, .nfkc, .nfkd], [nfc, nfd, nfkc, nfkd]) {
        #expect(
          form.apply(Array(text.utf8)).elementsEqual(expected.utf8), "\(form) of \(text.debugDescription)")
      }
    }
  }

  @Test func setsAreAlgebra() {
    let a = ScalarSet([3...9, 20...30, 10...12, 0x10FFFF...0x10FFFF])
    let b = ScalarSet([0...5, 25...40])
    #expect(a.ranges == [3...12, 20...30, 0x10FFFF...0x10FFFF])
    #expect(a.intersection(b).ranges == [3...5, 25...30])
    #expect(a.subtracting(b).ranges == [6...12, 20...24, 0x10FFFF...0x10FFFF])
    #expect(a.inverted.inverted == a && ScalarSet().inverted == .all)
    let bitmap = ScalarBitmap(a)
    for scalar in [0, 2, 3, 12, 13, 19, 20, 30, 31, 0x10FFFE, 0x10FFFF] as [UInt32] {
      #expect(bitmap.contains(scalar) == a.contains(scalar))
    }
  }

  @Test func categoriesCoverEveryScalarOnce() {
    let sets = UnicodeSets.shared.categories
    #expect(sets.reduce(0) { $0 + $1.ranges.reduce(0) { $0 + $1.count } } == 0x110000)
    #expect(ScalarSet(sets.flatMap(\.ranges)) == .all)
    #expect(UnicodeSets.shared.category("Lu")?.contains(0x41) == true)
    #expect(UnicodeSets.shared.category("Greek") == nil)
  }
}
