import HoldfastModel
import HoldfastStorage
import HoldfastTensor
import HoldfastText

/// Analyses of one model.
extension AnalysisRequest {
  func lens(_ model: Model) throws(HoldfastError) -> JSON {
    let tokens = try text("prompt", model)
    let positions = try node.optional("positions").map { node throws(HoldfastError) in try integers(node) }
    let lens = try model.makeSession().logitLens(
      tokens, positions: positions, targets: try targets(model),
      top: try node.optional("top")?.int(in: 1...1000) ?? 5)
    return [
      "tokens": shown(tokens, model), "positions": .array(lens.positions.map { .int($0) }),
      "targets": shown(lens.targets, model),
      "sites": .array(
        zip(lens.sites, lens.cells).map { site, cells in
          [
            "site": .text(site.name),
            "positions": .array(
              cells.map { cell in
                [
                  "top": .array(
                    cell.top.map { guess in
                      [
                        "token": .int(Int(guess.token)), "text": .text(shownText(guess.token, model)),
                        "probability": .number(guess.probability),
                      ]
                    }),
                  "target_log_probabilities": .numbers(cell.targets),
                  "target_ranks": .array(cell.ranks.map { .int($0) }),
                ]
              }),
          ]
        }),
    ]
  }

  func attribution(_ model: Model) throws(HoldfastError) -> JSON {
    let tokens = try text("prompt", model)
    let found = try model.makeSession().logitAttribution(
      tokens, targets: try targets(model), position: try node.optional("position")?.int() ?? -1,
      heads: try node.optional("heads")?.bool() ?? false)
    return [
      "tokens": shown(tokens, model), "position": .int(found.position),
      "targets": shown(found.tokens, model),
      "parts": .array(found.parts.map { ["name": .text($0.name), "values": .numbers($0.values)] }),
      "logits": .numbers(found.logits), "sums": .numbers(found.sums),
    ]
  }

  func sweep(_ model: Model, _ progress: ProgressHandler?) throws(HoldfastError) -> JSON {
    let texts = try SweepTexts(self, model)
    let sweep = try texts.sweep(model, progress)
    return texts.json(sweep, shown: { shown($0, model) })
  }

  func attributionPatching(_ model: Model, _ progress: ProgressHandler?) throws(HoldfastError) -> JSON {
    let texts = try SweepTexts(self, model)
    let steps = try node.optional("steps")?.int(in: 0...10_000) ?? 0
    let compares = try node.optional("compare")?.bool() ?? false
    let estimate = try model.makeSession().attributionPatching(
      clean: texts.clean, corrupted: texts.corrupted, kind: texts.site, byHead: texts.byHead,
      metric: texts.metric, steps: steps)
    var json = texts.json(estimate, shown: { shown($0, model) })
    json.set("steps", .int(steps))
    if compares {
      let sweep = try texts.sweep(model, progress)
      json.set("patched_values", .array(sweep.values.map { .numbers($0) }))
      let (foretold, found) = (estimate.values.flatMap { $0 }, sweep.values.flatMap { $0 })
      json.set("correlation", Statistics.pearson(foretold, found).map(JSON.number) ?? nil)
    }
    return json
  }

  func trace(_ model: Model, _ progress: ProgressHandler?) throws(HoldfastError) -> JSON {
    let tokens = try text("prompt", model)
    var options = CausalTrace.Options()
    options.kind = try site(default: .residPost)
    options.window = try node.optional("window")?.int(in: 1...1000) ?? options.window
    options.noise = try node.optional("noise")?.double() ?? options.noise
    options.draws = try node.optional("draws")?.int(in: 1...10_000) ?? options.draws
    options.seed = try node.optional("seed")?.seed() ?? options.seed
    let answer = try node.optional("answer").map { node throws(HoldfastError) in try token(node, model) }
    let trace = try model.makeSession().causalTrace(
      tokens, corrupted: try corrupted(tokens, model), answer: answer, options: options, progress: progress)
    return [
      "tokens": shown(tokens, model), "corrupted": .array(trace.corrupted.map { .int($0) }),
      "answer": shown([trace.answer], model), "site": .text(options.kind.rawValue),
      "window": .int(options.window), "noise": .number(options.noise), "draws": .int(options.draws),
      "seed": .text(String(options.seed)), "sigma": .number(trace.sigma), "clean": .number(trace.clean),
      "corrupted_draws": .numbers(trace.draws), "total_effect": .number(trace.totalEffect),
      "indirect_effects": .array(trace.indirectEffects.map { .numbers($0) }),
    ]
  }

  /// The tokens to corrupt: a list of places, or those of a piece of the prompt.
  private func corrupted(_ tokens: [Int32], _ model: Model) throws(HoldfastError) -> [Int] {
    if let places = try node.optional("corrupted") { return try integers(places) }
    let (prompt, subject) = (Array(try node.member("prompt").text().utf8), try node.member("subject"))
    let wanted = Array(try subject.text().utf8)
    guard !wanted.isEmpty,
      let start = prompt.indices.first(where: { prompt[$0...].starts(with: wanted) })
    else { throw subject.wrong("is not in the prompt") }
    func shared(_ bytes: ArraySlice<UInt8>) throws(HoldfastError) -> Int {
      ProbeItem.commonPrefix(
        try model.tokenizer.encode(bytes: bytes, bos: try bos()), tokens)
    }
    let first = try shared(prompt[..<start])
    let end = try shared(prompt[..<(start + wanted.count)])
    guard end > first else { throw subject.wrong("has no token of its own in the prompt") }
    return Array(first..<end)
  }

  func linearProbe(_ model: Model, _ progress: ProgressHandler?) throws(HoldfastError) -> JSON {
    var options = LinearProbe.Options()
    options.kind = try site(default: .residPost)
    options.position = try node.optional("position")?.int() ?? options.position
    options.folds = try node.optional("folds")?.int(in: 2...1_000_000) ?? options.folds
    options.penalty = try node.optional("penalty")?.double() ?? options.penalty
    options.seed = try node.optional("seed")?.seed() ?? options.seed
    options.bootstrap = try bootstrap()
    var texts: [[Int32]] = []
    var labels: [Int] = []
    var names: [[UInt8]: Int] = [:]
    for example in try node.member("examples").elements() {
      texts.append(try tokens(example.member("prompt"), model))
      let name = try Array(example.member("label").text().utf8)
      labels.append(names[name] ?? names.count)
      names[name] = labels.last
    }
    return try LinearProbe.run(model, texts: texts, labels: labels, options: options, progress: progress).json
  }

  func steer(_ model: Model) throws(HoldfastError) -> JSON {
    let pairs = try node.member("pairs")
    var source: [(key: ByteString, value: JSON)] = [("contrast", pairs.json)]
    if let bos = try node.optional("bos") { source.append(("bos", bos.json)) }
    if let positions = try node.optional("positions") { source.append(("positions", positions.json)) }
    let kind = try site(default: .residPost)
    try Self.requireBlock(kind)
    var layers = Array(0..<model.configuration.layers)
    if let chosen = try node.optional("layers") { layers = try integers(chosen) }
    let strength = try node.optional("strength")?.double() ?? 1
    let contrast = try InterventionSource(JSONNode(.object(source), document: node.document))
    let vectors = try model.makeSession().vectors(contrast, sites: layers.map { Site(kind, layer: $0) })
    return [
      "interventions": .array(
        zip(layers, vectors).map { layer, vector in
          Intervention(
            .add, at: Site(kind, layer: layer).name, source: .directions([vector.array]), strength: strength
          ).json
        }),
      "norms": .numbers(vectors.map { Runtime.shared.sumOfSquares($0).squareRoot() }),
    ]
  }
}

extension AnalysisRequest {
  private func bos() throws(HoldfastError) -> BOSPolicy {
    try node.optional("bos").map { node throws(HoldfastError) in try node.option() } ?? .automatic
  }

  /// The tokens of a member that is a text or a list of tokens.
  func text(_ key: ByteString, _ model: Model) throws(HoldfastError) -> [Int32] {
    try tokens(node.member(key), model)
  }

  private func tokens(_ value: JSONNode, _ model: Model) throws(HoldfastError) -> [Int32] {
    if case .array = value.json {
      var tokens: [Int32] = []
      for token in try value.elements() { tokens.append(try token.int32()) }
      guard !tokens.isEmpty else { throw value.wrong("has no tokens") }
      return tokens
    }
    let text = try value.text()
    let tokens = try model.tokenizer.encode(text, bos: model.tokenizer.bosPolicy(try bos(), before: text))
    guard !tokens.isEmpty else { throw value.wrong("has no tokens") }
    return tokens
  }

  private func targets(_ model: Model) throws(HoldfastError) -> [Int32] {
    guard let targets = try node.optional("targets") else { return [] }
    var tokens: [Int32] = []
    for target in try targets.elements() { tokens.append(try token(target, model)) }
    return tokens
  }

  /// A token, as an id or as a text that is one.
  func token(_ value: JSONNode, _ model: Model) throws(HoldfastError) -> Int32 {
    if value.json.intValue != nil { return try value.int32() }
    let text = try value.text()
    let tokens = try model.tokenizer.encode(text, bos: .never)
    guard tokens.count == 1 else {
      throw value.wrong("is '\(text)', which is \(tokens.count) tokens; give a text of one token or its id")
    }
    return tokens[0]
  }

  private func integers(_ value: JSONNode) throws(HoldfastError) -> [Int] {
    var list: [Int] = []
    for element in try value.elements() { list.append(try element.int()) }
    return list
  }

  /// Tokens with their texts.
  private func shown(_ tokens: [Int32], _ model: Model) -> JSON {
    .array(tokens.map { ["id": .int(Int($0)), "text": .text(shownText($0, model))] })
  }

  /// The text of a token; empty for an id that the vocabulary only has room for.
  private func shownText(_ token: Int32, _ model: Model) -> String {
    (try? model.tokenizer.decode([token])) ?? ""
  }
}
