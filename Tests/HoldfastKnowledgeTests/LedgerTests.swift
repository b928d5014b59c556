import HoldfastModel
import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastKnowledge

@Suite struct LedgerTests {
  @Test func predictionIsTheFirstOfTheBest() {
    let row = ledger([[1, 3, 3, -2]], gold: [2]).rows[0]
    #expect(row.predicted == 1 && row.isCorrect == false)
    #expect(isClose(row.confidence, row.probabilities[2]) && isClose(row.probabilities.reduce(0, +), 1))
  }

  @Test func survivesHDF5() throws {
    let directory = try Fixture.Directory()
    let options = ProbeOptions.paper(domain: "nine").with { $0.shots = 0 }
    let made = try Probe.run(Fixture.tinyModel(), Fixture.questions().prefix(2), options: options)
    var open = ledger([[0.1, -3], [1, 2, 3, 4.000000000000001]], gold: [nil, 3])
    open.rows[1].unconditional = [1, 2, 3, 4]
    for original in [made, open] {
      try original.save(to: directory.file("l.h5"))
      #expect(try Ledger.load(directory.file("l.h5")) == original)
    }
    let root = try HDF5File(path: directory.file("l.h5")).root
    #expect(try root.dataset("probability").axes() == ["item", "choice"])
  }

  @Test func storeResumesBehindTheLastSegment() throws {
    let directory = try Fixture.Directory()
    let (model, base) = (try Fixture.tinyModel(), try Fixture.questions())
    let questions = try QuestionSet(
      (0..<300).map { index in
        var question = base.questions[index % base.count]
        question.id = "q\(index)"
        return question
      }, name: "many")
    let whole = try Probe.run(model, questions)
    var calls = 0
    #expect(
      thrown {
        _ = try Probe.run(model, questions, store: LedgerStore(directory.path)) {
          calls += 1
          return $0.done < 130
        }
      }?.code == .cancelled)
    #expect(try LedgerStore.count(in: directory.path) == 128)
    var first: Int?
    let resumed = try Probe.run(model, questions, store: LedgerStore(directory.path)) {
      first = first ?? $0.done
      return true
    }
    #expect(first == 128 && resumed == whole)
    // Other options, or other questions, do not go on from there.
    let other = ProbeOptions().with { $0.wording = .short }
    let error = thrown {
      _ = try Probe.run(model, questions, options: other, store: LedgerStore(directory.path))
    }
    #expect(error?.code == .invalidArgument && error?.message.contains(directory.path) == true)
    let fewer = questions.prefix(10)
    #expect(
      thrown { _ = try Probe.run(model, fewer, store: LedgerStore(directory.path)) }?.code == .invalidArgument
    )
  }

  @Test func damagedLedgersAreRefused() throws {
    let directory = try Fixture.Directory()
    try ledger([[0.1, -3], [1, 2]], gold: [0, 1]).save(to: directory.file("l.h5"))
    let bytes = try MappedFile(path: directory.file("l.h5")).withBytes { Array($0) }
    try AtomicFile.write(Array(bytes.prefix(bytes.count / 2)), to: directory.file("half.h5"))
    #expect(thrown { _ = try Ledger.load(directory.file("half.h5")) }?.code == .corruptData)
    try HDF5File.write(to: directory.file("other.h5"), format: Study.format) { _ in }
    #expect(thrown { _ = try Ledger.load(directory.file("other.h5")) }?.code == .corruptData)
    let newer = FileFormat(name: "holdfast-ledger", major: 2, minor: 0)
    try HDF5File.write(to: directory.file("newer.h5"), format: newer) { _ in }
    #expect(thrown { _ = try Ledger.load(directory.file("newer.h5")) }?.code == .newerVersion)
  }

  @Test func accuracyAndHeadroom() throws {
    let right = ledger((0..<40).map { _ in [2, 1, 0, 0] }, gold: (0..<40).map { $0 % 4 == 0 ? 0 : 1 })
    let accuracy = try #require(right.accuracy)
    #expect(
      accuracy.value == 0.25 && accuracy.interval.contains(0.25) && right.chance == 0.25
        && right.hasNoHeadroom)
    #expect(ledger([[1, 0]], gold: [nil]).accuracy == nil)
    #expect(!ledger((0..<40).map { _ in [2, 1, 0, 0] }, gold: (0..<40).map { _ in 0 }).hasNoHeadroom)
    #expect(right.json["summary"]?["no_headroom"] == .bool(true))
  }
}
