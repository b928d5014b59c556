import HoldfastTensor
import Testing

@testable import HoldfastStorage

@Suite struct JSONTests {
  func parse(_ text: String) throws -> JSON { try JSON.parse(text, name: "test") }

  @Test func valuesAreRead() throws {
    #expect(try parse(" null ") == nil)
    #expect(try parse("\u{FEFF}true") == true)
    #expect(try parse("9223372036854775807") == .integer(.max))
    #expect(try parse("-9223372036854775808") == .integer(.min))
    #expect(try parse("9223372036854775808") == .number(9_223_372_036_854_775_808))
    #expect(try parse("-0") == .integer(0))
    #expect(try parse("0.1e1") == .number(1))
    #expect(try parse("5e-324") == .number(.leastNonzeroMagnitude))
    #expect(try parse("1e-400") == .number(0))
    #expect(try parse("0.1000000000000000055511151231257827") == .number(0.1))
    #expect(try parse("[]") == [])
    #expect(try parse("{}") == [:])
    #expect(try parse(#"{"b":[1,{"a":null}],"a":"x"}"#) == ["b": [1, ["a": nil]], "a": "x"])
    #expect(try parse(#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#) == .text("\"\\/\u{8}\u{C}\n\r\té😀"))
    #expect(try parse(#"{"a":1,"a":2}"#)["a"] == 2)
    // Equal by canonical equivalence, but different keys.
    #expect(try parse(#"{"\u00e9":1,"e\u0301":2}"#).index?.count == 2)
  }

  @Test(arguments: [
    "", " ", "nul", "nulll", "tru", "NaN", "Infinity", "-Infinity", "-", "+1", "01", "-01", "1.", ".5", "1e",
    "1e+",
    "1e999", "-1e999", "[1,]", "[1 2]", "[", "]", "{", "}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{a:1}"#,
    "\"", "\"a",
    "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"", #""\ud800""#, #""\udc00""#, #""\ud800\u0041""#,
    #""\ud83d\ud83d""#,
    "\"a\nb\"", "\"\u{0}\"", "1 2", "[1]]", "'a'", "\u{FEFF}\u{FEFF}1",
  ])
  func wrongDocumentsAreRefused(text: String) {
    let error = #expect(throws: HoldfastError.self) { try parse(text) }
    #expect(error?.code == .corruptData)
    #expect(error?.message.hasPrefix("test, byte ") == true)
  }

  @Test(
    arguments: [
      [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80],
      [0xF0, 0x8F, 0xBF, 0xBF],
      [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0xFF], [0xE2, 0x28, 0xA1],
    ] as [[UInt8]])
  func invalidUTF8IsRefusedWhereItIs(bad: [UInt8]) {
    let text = Array("\"naïve ".utf8) + bad + Array("\"".utf8)
    let error = #expect(throws: HoldfastError.self) { try JSON.parse(text, name: "test") }
    #expect(error?.message.hasPrefix("test, byte 8:") == true, "\(error?.message ?? "")")
  }

  @Test func everyScalarIsValidUTF8() {
    for code in UInt32(0)...0x10FFFF {
      guard let scalar = Unicode.Scalar(code), code % 7 == 0 || code < 0x1000 else { continue }
      let bytes = Array(String(Character(scalar)).utf8)
      #expect(bytes.withUnsafeBytes { UTF8Check.firstInvalidByte(in: $0) } == nil)
    }
  }

  @Test func depthAndSizeAreLimited() throws {
    let deep = String(repeating: "[", count: 256) + String(repeating: "]", count: 256)
    _ = try parse(deep)
    #expect(code { try parse("[" + deep + "]") } == .corruptData)
    #expect(code { try parse(String(repeating: "{\"a\":", count: 1_000_000)) } == .corruptData)
    var limits = JSON.Limits()
    limits.byteCount = 3
    #expect(code { try JSON.parse(Array("[10]".utf8), name: "test", limits: limits) } == .corruptData)
  }

  @Test func serializingAndReadingGivesTheSame() throws {
    var numbers = SplitMix(seed: 3)
    for _ in 0..<20_000 {
      let value = Double(bitPattern: numbers.next())
      guard value.isFinite else { continue }
      let text = JSON.number(value).text()
      let back = try parse(text).doubleValue
      #expect(back?.bitPattern == value.bitPattern || value == 0, "\(text)")
    }
    #expect(JSON.number(.nan).text() == "null")
    let value: JSON = ["b": [1, 2.5, nil, true, "a\"\\\n\u{1}\u{7F}é😀"], "a": [:], "c": []]
    #expect(try parse(value.text()) == value)
    #expect(try parse(value.text(pretty: true)) == value)
    #expect(JSON.object([("b", 1), ("a", [2, "x"])]).text(sortedKeys: true) == #"{"a":[2,"x"],"b":1}"#)
    #expect(JSON.array([1, [:]]).text(pretty: true) == "[\n  1,\n  {}\n]")
    #expect(JSON.string(ByteString([0x61, 0xFF])).text() == "\"a\u{FFFD}\"")
  }

  @Test func placesAreNamed() throws {
    let root = JSONNode(try parse(#"{"a":{"b":[1,"x"]},"n":null}"#), document: "config.json")
    let error = #expect(throws: HoldfastError.self) {
      try root.member("a").member("b").elements()[1].int()
    }
    #expect(error?.message == "config.json: .a.b[1] must be an integer, and is a string")
    let missing = #expect(throws: HoldfastError.self) { try root.member("a").member("c") }
    #expect(missing?.message == "config.json: .a.c is missing")
    #expect(try root.optional("n") == nil)
    #expect(code { try root.int() } == .corruptData)
    #expect(code { try root.member("a").member("b").elements()[0].int(in: 2...3) } == .corruptData)
  }

  @Test func linesAreCounted() throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/rows.jsonl"
      try AtomicFile.write(
        Array("\u{FEFF}{\"a\":1}\r\n\n  \r\n{\"a\":\"x\\r\\n\"}\n{\"a\":2}".utf8), to: path)
      var seen: [Int] = []
      try JSONLines(path: path).forEach { _, line throws(HoldfastError) in seen.append(line) }
      #expect(seen == [1, 4, 5])
      try AtomicFile.write(Array("{}\n{}\n{]\n".utf8), to: path)
      let error = #expect(throws: HoldfastError.self) { try JSONLines(path: path).documents() }
      #expect(error?.message.hasPrefix("\(path):3, byte 1:") == true)
      try AtomicFile.write([], to: path)
      #expect(try JSONLines(path: path).documents().isEmpty)
    }
  }
}
