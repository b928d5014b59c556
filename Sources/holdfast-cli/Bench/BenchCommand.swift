import ArgumentParser
import Glibc
import Holdfast

/// `holdfast bench`
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure what the machine can do, and what share of it the engine's work reaches.",
    usage: "holdfast bench <model> --questions <file.jsonl> [options]",
    discussion: """
      Runs each workload some times and shows the median, and the share of
      what the machine reached at the work that is needed, measured beside it:
      products by the faster of the built-in kernels and OpenBLAS on the
      model's own shapes, reading memory, or writing to the disk. Operations
      are counted from the sizes of the model (docs/performance.md). Nothing
      else should run meanwhile.

      EXAMPLE
        holdfast bench model.gguf --questions test.jsonl --dev dev.jsonl
        holdfast bench model.gguf --questions test.jsonl --json > before.json
        holdfast bench model.gguf --questions test.jsonl --compare before.json
      """)

  @Argument(help: "A GGUF file, a Hugging Face directory or a Holdfast checkpoint.")
  var model: String

  @Option(
    name: .long,
    help: ArgumentHelp("Multiple-choice questions, one JSON object a line.", valueName: "file.jsonl"))
  var questions: String

  @Option(
    name: .long,
    help: ArgumentHelp("The questions that demonstrations are taken from.", valueName: "file.jsonl"))
  var dev: String?

  @Option(name: .long, help: "Only the first so many questions.")
  var limit = 128

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Only these workloads, separated by commas: \(Self.workloads.map(\.name).joined(separator: ", ")).",
      valueName: "names"))
  var only: String?

  @Option(name: .long, help: "How often each workload runs; the median counts.")
  var repetitions = 3

  @Option(
    name: .long,
    help: ArgumentHelp("A stored result of --json; ratios to it are shown.", valueName: "before.json"))
  var compare: String?

  @OptionGroup var common: CommonOptions

  static let workloads: [Workload] = [
    .letterProbe, .clozeProbe, .fullTuning, .lora, .prefill, .decode, .sampling, .start, .checkpointWrite,
    .checkpointRead, .tokenize,
  ]

  func run() throws {
    let chosen = try chosenWorkloads()
    guard repetitions > 0, repetitions <= 1000, limit > 0 else {
      throw HoldfastError(
        .invalidArgument, "--repetitions must be between 1 and 1000, and --limit above 0")
    }
    let stored = try compare.map { path throws(HoldfastError) in try JSON.read(path) }
    let printer = try common.begin()
    let folder = try temporaryFolder()
    defer { Self.remove(folder) }
    let subject = BenchSubject(
      path: model, model: try Model.load(model), questions: try QuestionSet.read(questions).prefix(limit),
      demonstrations: try dev.map { path throws(HoldfastError) in try QuestionSet.read(path) }, folder: folder
    )
    let results = try printer.during { progress throws(HoldfastError) in
      try measure(chosen, subject, progress)
    }
    var json: JSON = [
      "machine": Runtime.shared.systemInfo().json, "model": .text(model),
      "model_sha256": .text(try subject.model.provenance.sha256()),
      "weights": .text(subject.model.weights.storageSummary), "questions": .text(questions),
      "workloads": .array(
        results.map { result in
          var json = result.json
          if let ratio = stored.flatMap(result.ratio) { json.set("ratio", .number(ratio)) }
          return json
        }),
    ]
    json.set("repetitions", .int(repetitions))
    common.show(json) { describe(results, stored) }
  }

  private func chosenWorkloads() throws(HoldfastError) -> [Workload] {
    guard let only else { return Self.workloads }
    var chosen: [Workload] = []
    for name in only.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
      let name = String(Substring(name))
      guard let workload = Self.workloads.first(where: { $0.name == name }) else {
        throw HoldfastError(
          .invalidArgument,
          "--only: '\(name)' is none of \(Self.workloads.map(\.name).joined(separator: ", "))")
      }
      chosen.append(workload)
    }
    return chosen
  }

  /// A new folder in `TMPDIR`, or `/tmp`.
  private func temporaryFolder() throws(HoldfastError) -> String {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array((parent + "/holdfast-bench-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else {
      throw HoldfastError(
        .io, "\(parent): no folder could be made for the bench: \(String(cString: strerror(errno)))")
    }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Removes a folder that holds files only.
  private static func remove(_ folder: String) {
    for name in (try? FileSystem.list(folder)) ?? [] { unlink(folder + "/" + name.text) }
    rmdir(folder)
  }

  private func measure(
    _ workloads: [Workload], _ subject: BenchSubject, _ progress: ProgressHandler?
  ) throws(HoldfastError) -> [BenchResult] {
    var results: [BenchResult] = []
    let total = workloads.count * repetitions
    for workload in workloads {
      let done = results.count * repetitions
      func report(_ run: Int) throws(HoldfastError) {
        try Progress(
          stage: "bench", done: done + run, total: total, unit: "runs", detail: workload.name
        ).report(to: progress)
      }
      try report(0)
      let run = try workload.prepare(subject)
      // Beside every sample, because a machine shared with others changes from minute to minute.
      var peaks: [Peak] = []
      func measurePeak() throws(HoldfastError) {
        if let peak = try Peak.measure(workload.yardstick, subject) { peaks.append(peak) }
      }
      try measurePeak()
      var samples: [Workload.Sample] = []
      for index in 0..<repetitions {
        samples.append(try run())
        try measurePeak()
        try report(index + 1)
      }
      results.append(BenchResult(workload: workload, samples: samples, peaks: peaks))
    }
    return results
  }

  private func describe(_ results: [BenchResult], _ stored: JSON?) {
    let info = Runtime.shared.systemInfo()
    Console.print("\(info.processor), \(info.threads) threads, \(info.kernel) kernels")
    Console.print("")
    var table = Table(
      ["workload", "figure", "unit", "needed", "peak", "share"] + (stored == nil ? [] : ["ratio"]),
      leftAligned: [0, 2])
    for result in results {
      let isBytes = if case .products = result.workload.yardstick { false } else { true }
      let scale = isBytes ? " GB" : " GFLOP"
      let needed = result.samples.first.map(\.needed) ?? 0
      table.append(
        [
          result.workload.title, Text.decimal(result.value, result.value < 10 ? 3 : 1),
          result.workload.unit.rawValue, needed > 0 ? Text.decimal(needed / 1e9, 1) + scale : "",
          result.peak.map { Text.decimal($0.value / 1e9, 1) + scale + "/s" } ?? "",
          result.share.map(Text.percent) ?? "",
        ] + (stored.map { stored in [result.ratio(to: stored).map { Text.decimal($0, 2) } ?? ""] } ?? []))
    }
    table.print()
  }
}
