import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastKnowledge

/// One study in several domains: each as by itself, and summed up over all.
@Suite struct StudySeriesTests {
  private let tiny: TinyStudy

  init() throws {
    tiny = try TinyStudy()
    _ = try tiny.directory.write(TinyStudy.questions(40, of: "other", seed: 11), to: "other.jsonl")
    _ = try tiny.directory.write(TinyStudy.questions(9, of: "abroad", seed: 12), to: "abroad.jsonl")
  }

  private func description(_ output: String) throws -> JSON {
    var json = try tiny.study(output, seeds: [1, 2]) {
      $0.set("noise_floor", .null)
      $0.set("weight_noise", ["limit": 6, "tolerance": 0.2])
      $0.set(
        "groups",
        [
          "names": ["HARMONIOUS", "INCOMPATIBLE", "MIXTURE-0.4", "SELF-ALIGNING"], "size": 5,
          "min_confidence": 0.0,
        ])
    }.configuration
    json.set(
      "domains",
      [
        ["name": "first"],
        [
          "name": "second", "pool": ["questions": "other.jsonl"],
          "evaluate": [["role": "HOMO", "questions": "abroad.jsonl"]],
        ],
      ])
    return json
  }

  private func run(_ json: JSON) throws -> StudySeriesResult {
    try StudySeries(json, baseDirectory: tiny.directory.path).run()
  }

  @Test func domainsAreStudiesAndAreSummedUp() throws {
    let json = try description("series")
    let result = try run(json)
    #expect(result.parts.map(\.domain) == ["first", "second"] && result.roles == ["HOMO"])
    // OOD is in one domain only, so nothing is summed up there.
    #expect(result.outcomes.count == 5 && result.contrasts.count == 2)

    var first = json.without("domains")
    first.set("name", "first")
    let alone = try Study(first, baseDirectory: tiny.directory.path).with(
      output: tiny.directory.file("alone")
    ).run()
    #expect(tiny.numbers(alone) == tiny.numbers(result.parts[0].result))

    let both = try #require(result.outcome("INCOMPATIBLE", "HOMO"))
    let parts = result.parts.compactMap { $0.result.outcome("INCOMPATIBLE", "HOMO") }
    let sum = parts.reduce(0) { $0 + $1.accuracy.value * Double($1.accuracy.count) }
    #expect(both.accuracy.count == 21 && isClose(both.accuracy.value, sum / 21))
    #expect(both.flips.count == 2 && both.flips[0].total == 21)
    for contrast in result.contrasts {
      let first = try #require(result.outcome(contrast.first.rawValue, "HOMO"))
      let second = try #require(result.outcome(contrast.second.rawValue, "HOMO"))
      #expect(isClose(contrast.difference.value, first.accuracy.value - second.accuracy.value))
    }
  }

  @Test func consistencyIsCorrelatedOverDomainsAndMixtures() throws {
    let result = try run(try description("correlated"))
    #expect(result.correlations.map(\.points) == ["mixtures", "all", "weight_noise"])
    let mixtures = try #require(result.correlations.first?.correlations.first)
    let outcomes = result.parts.flatMap { part in
      ["INCOMPATIBLE", "MIXTURE-0.4", "SELF-ALIGNING"].compactMap { part.result.outcome($0, "HOMO") }
    }
    let x = try outcomes.map { try #require($0[.rankPearson]?.mean.value) }
    let z = try result.parts.flatMap { part in
      let before = try #require(part.result.outcome("before", "HOMO")).accuracy.value
      return [before, before, before]
    }
    #expect(mixtures.count == 6)
    #expect(isClose(mixtures.plain, Statistics.spearman(x, outcomes.map(\.accuracy.value))))
    #expect(
      isClose(
        mixtures.partial?.value,
        Statistics.partialSpearman(x, outcomes.map(\.accuracy.value), given: z)?.value))
    // Values change places within a domain: 3! times 3! arrangements.
    #expect(mixtures.permutation.isExact && mixtures.permutation.arrangements == 36)
  }

  @Test func filesAreThoseOfStudiesOneLevelDeeper() throws {
    let json = try description("files")
    let series = try StudySeries(json, baseDirectory: tiny.directory.path)
    var computed = 0
    let stopped = thrown {
      _ = try series.run { _ in
        computed += 1
        return computed < 90
      }
    }
    #expect(stopped?.code == .cancelled && stopped?.message.contains("domain") == true)
    #expect(try !StudyStatus(directory: series.output).isFinished)
    let result = try series.run()
    let status = try StudyStatus(directory: series.output)
    #expect(status.isFinished && status.stages.contains { $0.name == "second: probe pool" })
    let file = try HDF5File(path: "\(series.output)/study.h5", format: StudySeries.format).root
    let domain = try file.group("domains").group("second")
    #expect(
      try Ledger(reading: domain.group("ledgers").group("before").group("HOMO"))
        == result.parts[1].result.findings.before[0])
    #expect(try JSON.read("\(series.output)/summary.json")["domains"]?.arrayValue?.count == 2)
    var again = 0
    _ = try series.run {
      if $0.done < $0.total { again += 1 }
      return true
    }
    #expect(again == 0)
  }

  @Test(
    arguments: [
      ([["name": "a"]], "two domains"), ([["name": "a"], ["name": "a"]], "second time"),
      ([["name": "a"], ["name": "b", "seeds": [1]]], "same for all"),
      ([["name": "a"], ["name": "b", "pol": 1]], "pol"), ([["name": "a"], ["pool": 1]], "name"),
    ] as [(JSON, String)])
  func errorsNameTheDomain(_ domains: JSON, _ named: String) throws {
    var json = try tiny.study("bad").configuration
    json.set("domains", domains)
    let message = try #require(
      thrown { _ = try StudyDescription(json, name: "s.yaml", baseDirectory: tiny.directory.path) }?.message)
    #expect(message.contains(named), "\(message)")
  }
}

extension JSON {
  fileprivate func without(_ key: ByteString) -> JSON {
    .object((objectValue ?? []).filter { $0.key != key })
  }
}
