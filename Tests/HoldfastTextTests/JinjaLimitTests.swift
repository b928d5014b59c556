import Glibc
import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastText

/// Templates that ask for too much, or are damaged: an error in a short time, never a trap.
@Suite struct JinjaLimitTests {
  private func error(_ source: String) -> HoldfastError? {
    do throws(HoldfastError) {
      _ = try JinjaTemplate(source, name: "t").render(["x": .int(3)])
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [
    ("{{ range(10**9) }}", "more than 100000"),
    ("{% for i in range(9**18) %}{% endfor %}", "more than 100000"),
    (
      "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}x{% endfor %}{% endfor %}{% endfor %}",
      "steps"
    ),
    ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "deep"),
    ("{% set ns = namespace(l=[]) %}{% for i in range(9999) %}{% set ns.l = [ns.l] %}{% endfor %}", "deep"),
    (
      "{% set ns = namespace(l=x) %}{% for i in range(9999) %}{% for j in [ns.l] %}{% set ns.l = loop %}{% endfor %}{% endfor %}",
      "deep"
    ),
    (
      "{% set ns = namespace(s='a') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
      "beyond"
    ),
    ("{{ 'a' * 10**12 }}", "beyond"), ("{{ [1] * 10**12 }}", "beyond"),
    ("{{ 'a' * 9223372036854775807 }}", "beyond"),
    ("{{ 'ab'.center(10**15) }}", "beyond"), ("{{ 'ab'.zfill(10**15) }}", "beyond"),
    ("{{ 'a' | indent(10**12) }}", "beyond"),
    ("{{ ('a' * 9999).replace('', 'b' * 99999) }}", "beyond"),
    ("{{ [1] | tojson(indent=10**12) }}", "beyond"),
    ("{{ (['a' * 9999] * 99999) | join }}", "beyond"), ("{{ [1, 2] | batch(10**12, 'x') | list }}", "beyond"),
    ("{{ 9223372036854775807 + 1 }}", "64 bits"), ("{{ -9223372036854775807 - 2 }}", "64 bits"),
    ("{{ 2 ** 64 }}", "64 bits"), ("{{ 99999999999999999999 }}", "64 bits"),
    ("{{ (-9223372036854775807 - 1) // -1 }}", "64 bits"), ("{{ -(-9223372036854775807 - 1) }}", "64 bits"),
    ("{{ '%99999d' % 1 }}", "too wide"), ("{{ '%.999f' % 1.5 }}", "too wide"),
  ])
  func tooMuch(source: String, message: String) {
    let error = error(source)
    #expect(error?.message.contains(message) == true, "\(source): \(error?.message ?? "no error")")
    #expect(error?.message.contains("t, line 1: ") == true)
  }

  @Test func depthOfSourceIsLimited() {
    for piece in [
      "(", "[", "{'a':", "not ", "-", "x[", "f(", "x if x else ", "{% if x %}", "{% for i in x %}", "{{",
    ] {
      let isTag = piece.hasPrefix("{%") || piece == "{{"
      let many = String(repeating: piece, count: 100_000)
      #expect(error(isTag ? many : "{{ \(many)") != nil)
    }
    for chain in ["+ 1 ", "~ 1 ", "| abs ", ".x", "and 1 ", "== 1 ", "is defined "] {
      _ = error("{{ 1 \(String(repeating: chain, count: 100_000)) }}")
    }
  }

  /// The deepest that is allowed fits the 512 KiB that some systems give a thread.
  @Test func deepTemplatesFitASmallStack() {
    let chain = String(repeating: " + 1", count: 150)
    let branches = String(repeating: "{% if x %}", count: 40)
    let ends = String(repeating: "{% endif %}", count: 40)
    let brackets = (String(repeating: "(", count: 40), String(repeating: ")", count: 40))
    let sources = [
      "{{ 1\(chain) }}", "\(branches){{ \(brackets.0)1\(chain)\(brackets.1) }}\(ends)",
      "{% macro f(n) %}\(branches){{ f(n\(chain)) }}\(ends){% endmacro %}{{ f(1) }}",
      "{% macro f(n) %}{% for i in [n] %}{% filter upper %}{% call(x) g() %}{{ f(x) | trim }}{% endcall %}{% endfilter %}"
        + "{% endfor %}{% endmacro %}{% macro g() %}{{ caller(1) }}{% endmacro %}{{ f(1) }}",
      "{{ \(String(repeating: "[", count: 46))1\(String(repeating: "]", count: 46)) | tojson }}",
      "{{ \(String(repeating: "not ", count: 47))1 }}", "{{ \(String(repeating: "-", count: 47))1 }}",
    ]
    onSmallStack { for source in sources { _ = error(source) } }
  }

  private func onSmallStack(_ body: () -> Void) {
    withoutActuallyEscaping(body) { body in
      let box = Unmanaged.passRetained(Box(body))
      var attributes = pthread_attr_t()
      pthread_attr_init(&attributes)
      pthread_attr_setstacksize(&attributes, 512 * 1024)
      var thread = pthread_t()
      let status = pthread_create(
        &thread, &attributes,
        { pointer in
          pointer.map { Unmanaged<Box>.fromOpaque($0).takeUnretainedValue().body() }
          return nil
        }, box.toOpaque())
      #expect(status == 0)
      if status == 0 { pthread_join(thread, nil) }
      pthread_attr_destroy(&attributes)
      box.release()
    }
  }

  private final class Box {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }

  @Test func edgesOfIntegers() {
    #expect(
      error(
        "{{ (-9223372036854775807 - 1) % -1 }}{{ range(9223372036854775807, -9223372036854775807, 9) | list }}"
      ) == nil)
    #expect(
      error(
        "{{ 'abc'[-9223372036854775807:9223372036854775807:9223372036854775807] }}{{ 'abc'[9223372036854775807] }}"
      ) == nil)
    #expect(
      error(
        "{{ 'abc'[::-9223372036854775807] }}{{ [1][-9223372036854775807] }}{{ 'a'.split('b', 9223372036854775807) }}"
      ) == nil)
    #expect(
      error(
        "{{ range(0, 5, 9223372036854775807) | list }}{{ (-9223372036854775807 - 1) is divisibleby(-1) }}")
        == nil)
  }

  @Test(arguments: [
    ("a\n{% include 'x' %}", "line 2: the statement '{% include %}' is not supported"),
    ("\n\n{{ x | nosuch }}", "line 3: the filter 'nosuch' is not supported"),
    ("{{ x is nosuch }}", "line 1: the test 'nosuch' is not supported"),
    ("{% for i in x recursive %}{% endfor %}", "line 1: a recursive loop is not supported"),
    (
      "{% if x %}\n{% set y = [] %}{% do y.append(1) %}{% endif %}",
      "line 2: the statement '{% do %}' is not supported"
    ),
    ("{{ x | trim(side='left') }}", "line 1: the argument 'side' of 'trim' is not supported"),
  ])
  func whatIsNotKnownIsNamed(source: String, message: String) {
    let error = error(source)
    #expect(
      error?.code == .unsupported && error?.message.contains(message) == true,
      "\(error?.message ?? "no error")")
  }

  /// Cyclic values are taken apart when a rendering ends, so that nothing is left behind.
  @Test func cyclesAreTakenApart() throws {
    weak var kept: JinjaNamespace?
    do {
      let namespace = JinjaNamespace(JinjaDictionary())
      kept = namespace
      let template = try JinjaTemplate(
        "{% set a = namespace(n=given) %}{% set a.a = a %}{% macro m() %}{% endmacro %}{% set a.m = m %}",
        name: "t")
      _ = try template.render(["given": .namespace(namespace)])
    }
    #expect(kept == nil)
  }

  /// Damaged templates render or are refused; which, does not matter.
  @Test func damagedTemplates() throws {
    var random = SplitMix(state: 7)
    let folder = Files.root + "/Tests/Fixtures/chat/"
    let names = ["trl-qwen3.jinja", "axolotl-mistral_v2v3.jinja", "axolotl-phi_4.jinja", "trl-glm4moe.jinja"]
    let pieces: [[UInt8]] = [
      "{%", "%}", "{{", "}}", "-", "(", ")", "[", "'", "|", "endif", "endfor", "loop", "**", "%", "\u{e9}",
      "99999999999",
    ]
    .map { Array($0.utf8) }
    let turns: [JinjaValue] = [
      .dictionary(JinjaDictionary(["role": .string("user"), "content": .string("Hi")])),
      .dictionary(JinjaDictionary(["role": .string("assistant"), "content": .string("A</think>b")])),
    ]
    let messages = JinjaValue.list(turns)
    for name in names {
      let source = Array(try MappedFile(path: folder + name).withBytes { Array($0) })
      for round in 0..<400 {
        var bytes = source
        if round < 60 {
          bytes.removeLast(Int(random.next() % UInt64(bytes.count)))
        }
        for _ in 0..<(1 + Int(random.next() % 4)) where !bytes.isEmpty {
          let place = Int(random.next() % UInt64(bytes.count))
          switch random.next() % 4 {
          case 0: bytes.remove(at: place)
          case 1: bytes[place] = UInt8(truncatingIfNeeded: random.next())
          case 2: bytes.insert(contentsOf: pieces[Int(random.next() % UInt64(pieces.count))], at: place)
          default:
            let end = min(bytes.count, place + Int(random.next() % 40))
            bytes.insert(contentsOf: Array(bytes[place..<end]), at: Int(random.next() % UInt64(bytes.count)))
          }
        }
        guard let template = try? JinjaTemplate(String(decoding: bytes, as: UTF8.self), name: name) else {
          continue
        }
        _ = try? template.render([
          "messages": messages, "add_generation_prompt": .bool(true), "tools": JinjaValue.none,
        ])
      }
    }
  }
}

private struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
