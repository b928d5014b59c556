public import HoldfastModel
public import HoldfastStorage
public import HoldfastTensor

/// How far two models drifted apart, layer by layer, in what they hold of the same prompts.
///
/// Everything is taken at the last token of each question's prompt, in the residual stream before the first layer and
/// behind every one: debiased linear CKA over the items, the mean cosine, and what the logit lens says: the rank-Pearson
/// consistency of the choices by the logits of their first scored tokens, and how often the likeliest token is the same.
public struct DriftByLayer: Sendable {
  /// The numbers of one set of items.
  public struct Curve: Sendable {
    /// What the set is called.
    public var name: String
    /// How many items it has.
    public var items: Int
    /// By site.
    public var cka: [Double]
    /// With bands that cover all sites at once.
    public var cosine: SimultaneousBand, lensConsistency: SimultaneousBand, lensSameTop: SimultaneousBand
  }

  /// The names of the sites, in order.
  public let sites: [String]
  /// One curve for all items, and one for each set asked for.
  public let curves: [Curve]

  /// Compares two models on the prompts of a probe.
  ///
  /// - Parameters:
  ///   - subsets: sets of questions, by id, that get curves of their own.
  /// - Throws: `invalidArgument` when the models differ in shape or tokenizer.
  public static func run(
    base: Model, tuned: Model, questions: QuestionSet, demonstrations: QuestionSet? = nil,
    probe: ProbeOptions = ProbeOptions(), subsets: [(name: String, ids: Set<String>)] = [],
    bootstrap: Bootstrap = Bootstrap(), progress: ProgressHandler? = nil
  ) throws(HoldfastError) -> DriftByLayer {
    let plans = try [base, tuned].map { model throws(HoldfastError) in
      try ProbePlan(model: model, questions: questions, demonstrations: demonstrations, options: probe)
    }
    guard plans[0].items == plans[1].items else {
      throw HoldfastError(.invalidArgument, "the models turn the same questions into different tokens")
    }
    let layers = base.configuration.layers
    guard layers == tuned.configuration.layers, base.configuration.width == tuned.configuration.width else {
      throw HoldfastError(.invalidArgument, "the models differ in layers or width")
    }
    let items = plans[0].items
    let sites = [Site(.residPre, layer: 0)] + (0..<layers).map { Site(.residPost, layer: $0) }
    let sessions = [try base.makeSession(), try tuned.makeSession()]
    let width = base.configuration.width
    let streams = try sites.map { _ throws(HoldfastError) in
      [try Tensor(uninitialized: [items.count, width]), try Tensor(uninitialized: [items.count, width])]
    }
    for start in stride(from: 0, to: items.count, by: probe.batchSize) {
      try Progress(stage: "drift", done: start, total: items.count, unit: "questions").report(to: progress)
      let range = start..<min(start + probe.batchSize, items.count)
      let segments = items[range].map { Segment($0.context, outputs: .none) }
      for (which, session) in sessions.enumerated() {
        let seen = try session.logitsAndActivations(segments, sites: sites).activations
        for (place, site) in sites.enumerated() {
          for (i, item) in range.enumerated() {
            guard let found = seen[site, segment: i] else { continue }
            streams[place][which].row(item).copy(from: found.row(found.shape[0] - 1))
          }
        }
      }
    }
    var measured: [Measured] = []
    for streams in streams {
      try Progress(stage: "drift", done: items.count, total: items.count, unit: "questions").report(
        to: progress)
      measured.append(try Measured(streams, sessions, items))
    }
    let all = [(name: "all", ids: Set(plans[0].questions.map(\.id)))] + subsets
    let curves = all.map { name, ids in
      let chosen = items.indices.filter { ids.contains(plans[0].questions[$0].id) }
      let take = { (values: [Double]) in chosen.map { values[$0] } }
      return Curve(
        name: name, items: chosen.count,
        cka: measured.map { $0.cka(chosen, of: items.count) },
        cosine: bootstrap.band(measured.map { take($0.cosines) }),
        lensConsistency: bootstrap.band(measured.map { take($0.consistency) }),
        lensSameTop: bootstrap.band(measured.map { take($0.sameTop) }))
    }
    return DriftByLayer(sites: sites.map(\.name), curves: curves)
  }

  /// What one site gives for each item.
  private struct Measured {
    let grams: [[Double]]
    let cosines, consistency, sameTop: [Double]

    init(_ streams: [Tensor], _ sessions: [Session], _ items: [ProbeItem]) throws(HoldfastError) {
      let runtime = Runtime.shared
      grams = streams.map { runtime.gram($0) }
      cosines = runtime.cosines(streams[0], streams[1])
      var (consistency, sameTop): ([Double], [Double]) = ([], [])
      for start in stride(from: 0, to: items.count, by: 16) {
        let rows = Array(start..<min(start + 16, items.count))
        let logits = [
          try sessions[0].unembed(streams[0], rows: rows), try sessions[1].unembed(streams[1], rows: rows),
        ]
        let tops = logits.map { runtime.argmax($0) }
        for (row, item) in rows.enumerated() {
          let scores = logits.map { logits in
            items[item].continuations.map { Double(logits.row(row)[Int($0[0])]) }
          }
          consistency.append(Statistics.rankPearson(scores[0], scores[1]) ?? 0)
          sameTop.append(tops[0][row] == tops[1][row] ? 1 : 0)
        }
      }
      (self.consistency, self.sameTop) = (consistency, sameTop)
    }

    func cka(_ chosen: [Int], of count: Int) -> Double {
      let part = { (gram: [Double]) in chosen.flatMap { a in chosen.map { gram[a * count + $0] } } }
      return Statistics.debiasedCKA(part(grams[0]), part(grams[1]), count: chosen.count)
    }
  }

  /// Everything.
  public var json: JSON {
    [
      "sites": .array(sites.map { .text($0) }),
      "curves": .array(
        curves.map { curve in
          [
            "name": .text(curve.name), "items": .int(curve.items), "cka_debiased": .numbers(curve.cka),
            "cosine": curve.cosine.json, "lens_consistency": curve.lensConsistency.json,
            "lens_same_top": curve.lensSameTop.json,
          ]
        }),
    ]
  }
}
