import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastText

/// Regular expressions against Oniguruma, as Hugging Face `tokenizers` 0.23 cuts with it (`text_families.py`).
@Suite struct ExpressionTests {
  private func pieces(_ text: String, _ pattern: String) throws -> [String] {
    let expression = try Expression(pattern)
    let bytes = Array(text.utf8)
    var list = WordList()
    let rules = PreTokenizer(steps: [.expression(expression, PreTokenizer.Split())])
    try list.cut(bytes.span, 0..<bytes.count, rules)
    return list.words.map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  @Test func cutsAsOniguruma() throws {
    let path = Files.fixtures + "/expressions.json"
    var compared = 0
    for node in try JSONNode(try JSON.read(path), document: path).elements() {
      let pattern = try node.member("pattern").text()
      for expected in try node.member("pieces").elements() {
        let parts = try expected.elements().map { try $0.text() }
        let found = try pieces(parts.joined(), pattern)
        #expect(found.map { Array($0.utf8) } == parts.map { Array($0.utf8) }, "\(pattern) on \(parts)")
        compared += 1
      }
    }
    #expect(compared > 800)
  }

  @Test func scannersCutAsTheirExpressions() throws {
    var source = RandomSource(seed: 3)
    let alphabet = Array("aB'sSlLrRe 12\n\r\t .!?é你\u{301}ſ½\u{2003}🚀".unicodeScalars)
    for (pattern, text) in PreTokenizer.Pattern.expressions {
      let expression = try Expression(text)
      for _ in 0..<2000 {
        var sample = ""
        for _ in 0..<source.next() % 24 {
          sample.unicodeScalars.append(alphabet[Int(source.next() % UInt64(alphabet.count))])
        }
        let bytes = Array(sample.utf8)
        var (scanned, compiled) = (WordList(), WordList())
        try scanned.cut(bytes.span, 0..<bytes.count, PreTokenizer(steps: [.pattern(pattern)]))
        let steps: [PreTokenizer.Step] = [.expression(expression, PreTokenizer.Split())]
        try compiled.cut(bytes.span, 0..<bytes.count, PreTokenizer(steps: steps))
        #expect(
          scanned.words.filter { !$0.isEmpty } == compiled.words.filter { !$0.isEmpty },
          "\(sample.debugDescription)")
      }
    }
  }

  @Test(arguments: [
    ("(a)\\1", "the escape '\\1'"), ("(?<n>a)", "a group of kind '(?<n)'"), ("(?<=ab)c", "look-behind"),
    ("[[:alpha:]]", "POSIX"), ("\\p{Greek}", "the property 'Greek'"), ("a{2000}", "interval"),
    ("(a*)*", "may be empty"),
    ("[a", "without its ']'"), ("(a", "without its ')'"), ("a)", "unmatched"), ("*a", "nothing to repeat"),
    ("\\", "backslash"),
    ("[b-a]", "out of order"), ("(?i:é)", "beyond ASCII"), ("(?i:aSs)", "the letters 'ss'"),
    ("(?i)\\p{Lu}", "without regard to case"),
    ("((((a{99}){99}){99}){99})", "steps"),
    ("\\x{110000}", "no character"),
  ])
  func whatIsNotKnownIsNamed(pattern: String, message: String) {
    let error = #expect(throws: HoldfastError.self) { try Expression(pattern) }
    #expect(
      error?.code == .unsupported && error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  @Test func deepNestingIsRefused() {
    let pattern = String(repeating: "(", count: 5000) + String(repeating: ")", count: 5000)
    #expect(throws: HoldfastError.self) { try Expression(pattern) }
    #expect(throws: HoldfastError.self) { try Expression(String(repeating: "[", count: 5000)) }
  }

  @Test func whatGoesBackTooOftenIsGivenUp() throws {
    let text = String(repeating: "a", count: 20_000)
    let error = #expect(throws: HoldfastError.self) { try pieces(text, "(?:a|aa)+(?:a|aa)+(?:a|aa)+b") }
    #expect(error?.code == .unsupported)
    // A run behind which nothing fits is walked over once.
    #expect(try pieces(String(repeating: " ", count: 1 << 20) + "x", "\\s+$").count == 1)
  }

  @Test func damagedExpressionsAreErrorsOrWork() throws {
    let good = Array(PreTokenizer.Pattern.expressions[2].text.unicodeScalars)
    let alphabet = Array("()[]{}|?*+\\^$.-&sSpdbxu0,:!=<>iaé".unicodeScalars)
    var source = RandomSource(seed: 23)
    var compiled = 0
    for _ in 0..<3000 {
      var scalars = good
      for _ in 0...source.next() % 5 {
        let place = Int(source.next() % UInt64(scalars.count))
        if source.next() % 3 == 0 {
          scalars.remove(at: place)
        } else {
          scalars[place] = alphabet[Int(source.next() % UInt64(alphabet.count))]
        }
      }
      var pattern = ""
      pattern.unicodeScalars.append(contentsOf: scalars)
      guard let cut = try? pieces("It's 1234 o'clock,\r\n  naïve  🚀x", pattern) else { continue }
      #expect(cut.joined() == "It's 1234 o'clock,\r\n  naïve  🚀x")
      compiled += 1
    }
    #expect(compiled > 500)
  }
}
