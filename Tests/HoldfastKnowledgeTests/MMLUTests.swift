import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastKnowledge

@Suite struct MMLUTests {
  private func records(_ text: String) throws -> [[String]] {
    let bytes = Array(text.utf8)
    return try bytes.withUnsafeBytes { try CSV.records($0, name: "t.csv") }
      .map { $0.fields.map { String(decoding: $0, as: UTF8.self) } }
  }

  @Test func commaSeparatedValues() throws {
    #expect(
      try records("a,b\n\nc,\"d,\"\"e\"\"\nf\"\r\n,") == [["a", "b"], ["c", "d,\"e\"\nf"], ["", ""]])
    #expect(try records("\u{FEFF}x") == [["x"]])
    #expect(try records("").isEmpty)
    #expect(try records("\"\"") == [] && records("\"\",1") == [["", "1"]])
    for (text, line) in [("a\n\"b", ":2:"), ("\"a\"b\n", ":1:"), ("\"", ":1:"), ("\"a\"\"", ":1:")] {
      #expect(thrown { _ = try records(text) }?.message.contains("t.csv\(line)") == true, "\(text)")
    }
  }

  @Test func damagedFilesNeverTrap() throws {
    let whole = "\"one, \"\"two\"\"\",a,b,c,d,A\nq?,1,2,3,4,D\r\n"
    for length in 0...whole.utf8.count {
      _ = try? records(String(decoding: whole.utf8.prefix(length), as: UTF8.self))
    }
    var random = RandomSource(seed: 4)
    for _ in 0..<500 {
      var bytes = Array(whole.utf8)
      for _ in 0..<3 {
        bytes[random.below(bytes.count)] = [0x22, 0x2C, 0x0A, 0x0D, 0x41, 0xFF][random.below(6)]
      }
      _ = try? bytes.withUnsafeBytes { try CSV.records($0, name: "t") }
    }
  }

  @Test func rowsAreQuestionsWithSubjects() throws {
    let directory = try Fixture.Directory()
    _ = try directory.write("Why?,1,2,3,4,C\n\"How, then?\",a,b,c,d,A\n", to: "anatomy_test.csv")
    _ = try directory.write("Why?,1,2,3,4\n", to: "virology_test.csv")
    let set = try MMLU.read(directory.path, subjects: ["anatomy"])
    #expect(set.questions.map(\.id) == ["anatomy-0", "anatomy-1"] && set.questions.map(\.answer) == [2, 0])
    #expect(set.questions[1].question == "How, then?" && set.questions[1].subject == "anatomy")
    let broken = thrown { _ = try MMLU.read(directory.path, subjects: ["virology"]) }
    #expect(broken?.message.contains("virology_test.csv:1") == true)
    #expect(thrown { _ = try MMLU.read(directory.path, subjects: ["botany"]) }?.code == .notFound)
    #expect(thrown { _ = try MMLU.subjects(of: "cooking") }?.message.contains("jurisprudence") == true)
    let source = try QuestionSource(
      JSONNode(["mmlu": .text(directory.path), "domain": "history"], document: "s"), role: "OOD",
      path: { node throws(HoldfastError) in try node.text() })
    #expect(source.subjects == .outside("history"))
  }

  @Test(
    .enabled(
      if: Fixture.shared("mcq/mmlu/test") != nil,
      "skipped: MMLU is missing; set HOLDFAST_SHARED to find data/mcq/mmlu"))
  func theWholeSetIsRead() throws {
    let directory = try #require(Fixture.shared("mcq/mmlu/test"))
    let subjects = try MMLU.available(directory, split: "test")
    let all = try MMLU.read(directory, subjects: subjects)
    #expect(subjects.count == 57 && all.count == 14042 && all.clusters?.count == 14042)
    var inside = 0
    for (domain, count) in [("medicine", 8), ("history", 4), ("engineering", 1), ("jurisprudence", 15)] {
      let own = try MMLU.subjects(of: domain)
      #expect(own.count == count && Set(own).isSubset(of: subjects))
      inside += own.count
    }
    #expect(inside == 28)
    #expect(try MMLU.subjects(of: "medmcqa") == MMLU.subjects(of: "medicine"))
    #expect(try MMLU.read(directory, subjects: MMLU.subjects(of: "history")).count == 930)
  }

  @Test func demonstrationsAndDomainFollowTheSubject() throws {
    let rows = ["biology", "old_law"].flatMap { (subject: String) -> [Question] in
      (0..<3).map {
        Question(
          id: "\(subject)-\($0)", question: "\(subject) \($0)?", choices: ["x", "y"], answer: 1,
          subject: subject)
      }
    }
    let plain = Question(id: "p", question: "plain?", choices: ["x", "y"], answer: 0)
    let options = ProbeOptions.paper(domain: "{subject}").with { $0.shots = 2 }
    var writers = SubjectWriters(options, try QuestionSet(rows + [plain], name: "dev"))
    let law = try writers.writer(for: rows[3]).prompt(for: rows[3])
    #expect(law.hasPrefix("The following are multiple choice questions about  old law. Please"))
    #expect(!law.contains("biology") && writers.shown.allSatisfy { $0.subject == "old_law" })
    let unknown = thrown { _ = try writers.writer(for: plain) }
    #expect(
      unknown?.message.contains("'subject'") == true || unknown?.message.contains("demonstrations") == true)
  }
}
