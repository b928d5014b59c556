import HoldfastStorage
import HoldfastTensor

/// Makes the rows of one group after another from one pool.
struct GroupBuilder {
  let pool: GroupPool
  let size: Int
  /// The wrong rows that all groups of wrong rows share.
  private let wrong: [Int]

  init(pool: GroupPool, size: Int) {
    self.pool = pool
    self.size = size
    let takesWrong = pool.options.names.contains { pool.options.recipe($0).rows == .wrong }
    wrong = takesWrong ? pool.choose(pool.rows(.wrong), size) : []
  }

  /// The rows of a recipe.
  func rows(_ recipe: GroupRecipe) throws(HoldfastError) -> [Group.Row] {
    switch recipe.rows {
    case .right: return try harmonious(recipe)
    case .wrong: return try wrongRows(recipe)
    case .anyWrong:
      let all = pool.answered.filter { pool.ledger.rows[$0].isCorrect == false }
      return try pool.sample(all, size).map { index throws(HoldfastError) in
        try row(index, recipe, "drawn from all that is answered wrongly")
      }
    case .any: return try anyRows(recipe)
    case .none: return []
    }
  }

  private func wrongRows(_ recipe: GroupRecipe) throws(HoldfastError) -> [Group.Row] {
    // One seeded order for all shares, so that a smaller mixture's twins are among a larger one's.
    var (order, random) = (Array(wrong.indices), RandomSource(seed: pool.options.seed))
    random.shuffle(&order)
    let twins = Set(order.prefix(Int((recipe.selfAlignedShare * Double(wrong.count)).rounded())))
    return try wrong.enumerated().map { place, index throws(HoldfastError) in
      var own = recipe
      if twins.contains(place) { own.label = .own }
      let reason =
        switch own.label {
        case .gold: "answered wrongly, trained with the right answer"
        case .own:
          twins.contains(place)
            ? "replaced by its self-aligning twin" : "answered wrongly, trained with that answer"
        case .randomWrong: "answered wrongly, trained with a third answer"
        }
      return try row(index, own, reason)
    }
  }

  private func harmonious(_ recipe: GroupRecipe) throws(HoldfastError) -> [Group.Row] {
    let (candidates, covariates) = (pool.rows(.right), pool.options.match)
    guard !wrong.isEmpty, !covariates.isEmpty else {
      return try pool.choose(candidates, size).map { index throws(HoldfastError) in
        try row(index, recipe, "answered rightly, chosen by \(pool.options.selection.rawValue)")
      }
    }
    let traits = { (index: Int) in Matching.Traits(pool.ledger.rows[index], pool.questions[index]) }
    let partners = Matching(
      targets: wrong.map(traits), candidates: candidates.map(traits), on: covariates
    ).partners
    return try zip(wrong, partners).map { target, partner throws(HoldfastError) in
      var row = try row(candidates[partner], recipe, "answered rightly, matched")
      row.matchedTo = pool.ledger.rows[target].id
      return row
    }
  }

  private func anyRows(_ recipe: GroupRecipe) throws(HoldfastError) -> [Group.Row] {
    guard recipe.certainty != .refusal else {
      let candidates = Self.craft(pool)
      let known = Dictionary(uniqueKeysWithValues: candidates.map { ($0.row, $0.isKnown) })
      return try pool.sample(candidates.map(\.row), size).map { index throws(HoldfastError) in
        let isKnown = known[index] ?? true
        var row = try row(index, recipe, isKnown ? "known, answered" : "neither known nor certain, refused")
        if !isKnown { (row.refusal, row.explanation) = ("I don't know.", nil) }
        return row
      }
    }
    // NILE filters what was written, so it begins with more rows than it keeps.
    let keep = recipe.explanation == .revised ? max(pool.options.keep, 1e-9) : 1
    let wanted = min((Double(size) / keep).rounded(.up), Double(pool.answered.count))
    return try pool.sample(pool.answered, Int(wanted)).map { index throws(HoldfastError) in
      var row = try row(index, recipe, "drawn from all that is answered")
      if recipe.certainty == .appended {
        row.certainty = pool.ledger.rows[index].isCorrect == true ? "I am sure." : "I am unsure."
      }
      return row
    }
  }

  /// CRaFT's first stage over the ledger (arXiv 2410.06913): correctness is the probability of the right choice,
  /// certainty one minus the entropy of the choices over its maximum. Known rows have correctness 0.5 or more; of the
  /// others those less certain than their median are refused, and the rest, wrong and certain, is left out. The flow of
  /// knowledge during a rehearsal, the method's second stage, is not taken.
  static func craft(_ pool: GroupPool) -> [(row: Int, isKnown: Bool)] {
    let rows = pool.answered.map { index -> (row: Int, correctness: Double, certainty: Double) in
      let entry = pool.ledger.rows[index]
      let entropy = zip(entry.probabilities, entry.choiceLogProbabilities).reduce(0) { sum, pair in
        pair.0 > 0 ? sum - pair.0 * pair.1 : sum
      }
      let most = Statistics.entropy(ofEqual: entry.scores.count)
      return (index, entry.gold.map { entry.probabilities[$0] } ?? 0, 1 - entropy / most)
    }
    let median = Statistics.median(rows.filter { $0.correctness < 0.5 }.map(\.certainty))
    return rows.compactMap { entry in
      if entry.correctness >= 0.5 { return (entry.row, true) }
      return entry.certainty < median ? (entry.row, false) : nil
    }
  }

  /// One row by its recipe.
  private func row(_ index: Int, _ recipe: GroupRecipe, _ reason: String) throws(HoldfastError) -> Group.Row {
    let (entry, question) = (pool.ledger.rows[index], pool.questions[index])
    let label =
      switch recipe.label {
      case .gold: entry.gold ?? entry.predicted
      case .own: entry.predicted
      case .randomWrong: try thirdChoice(entry)
      }
    if recipe.context == .field, question.context == nil {
      throw HoldfastError(
        .invalidArgument,
        "question '\(question.id)' has no 'context' to put before it; add the field, or let the model write it "
          + "(groups.context: generated)")
    }
    let isGolden = recipe.explanation != .none && recipe.explanation != .own && label == question.answer
    return Group.Row(
      question: question, label: label, predicted: entry.predicted, confidence: entry.confidence,
      ledgerRow: index, explanation: isGolden ? question.explanation : nil,
      context: recipe.context == .field ? question.context : nil, reason: reason)
  }

  /// A choice that is neither right nor the model's own, drawn by the seed and the row's id.
  private func thirdChoice(_ entry: LedgerRow) throws(HoldfastError) -> Int {
    let others = entry.scores.indices.filter { $0 != entry.gold && $0 != entry.predicted }
    guard !others.isEmpty else {
      throw HoldfastError(.invalidArgument, "question '\(entry.id)' has no third choice")
    }
    var random = RandomSource(seed: pool.options.seed, id: entry.id)
    return others[random.below(others.count)]
  }
}

extension RandomSource {
  /// The stream that a seed gives to a row: it depends on the row's id alone, not on its place (FNV-1a of the id).
  init(seed: UInt64, id: String) {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    self = RandomSource(seed: seed).fork(stream: hash)
  }
}
