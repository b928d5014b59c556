import HoldfastTensor

/// The rows of a ledger sorted by what groups can take them for.
public struct GroupPool: Sendable {
  /// What a row qualifies for, and else why not.
  public enum Standing: String, Sendable, CaseIterable {
    /// Answered rightly and confidently.
    case right
    /// Answered wrongly and confidently.
    case wrong
    /// Answered rightly, but it asks what a wrong or an earlier right row asks.
    case repeated
    /// Answered wrongly, but with too few choices for one that is neither right nor the model's own.
    case fewChoices = "too-few-choices"
    /// The confidence is below the bound.
    case unsure
    /// The right answer is not known.
    case unanswered
  }

  let ledger: Ledger
  let questions: [Question]
  let options: GroupOptions
  /// By ledger row.
  let standings: [Standing]

  /// Sorts the rows; `needsThird` asks of wrong rows that a third choice be there.
  init(_ ledger: Ledger, _ questions: QuestionSet, _ options: GroupOptions, needsThird: Bool) {
    self.ledger = ledger
    self.questions = questions.questions
    self.options = options
    var standings = ledger.rows.map { row -> Standing in
      guard let isCorrect = row.isCorrect else { return .unanswered }
      guard row.confidence >= options.minConfidence else { return .unsure }
      if isCorrect { return .right }
      return needsThird && row.scores.count < 3 ? .fewChoices : .wrong
    }
    // HARMONIOUS shares no question, by normalised text, with the groups of wrong rows, if there are such groups.
    let wantsWrong = options.names.contains { options.recipe($0).rows == .wrong }
    var seen: Set<NormalizedText> = []
    if wantsWrong {
      for index in standings.indices where standings[index] == .wrong {
        seen.insert(NormalizedText(questions.questions[index].question))
      }
    }
    for index in standings.indices where standings[index] == .right {
      let isNew = seen.insert(NormalizedText(questions.questions[index].question)).inserted
      if !isNew { standings[index] = .repeated }
    }
    self.standings = standings
  }

  /// The ledger rows of a standing, in order.
  func rows(_ standing: Standing) -> [Int] { standings.indices.filter { standings[$0] == standing } }

  /// The ledger rows whose answer is known, in order.
  var answered: [Int] { standings.indices.filter { standings[$0] != .unanswered } }

  /// `size` rows by falling confidence (ties in the ledger's order): the most confident, or a sample; letters as even as
  /// they can be where asked for.
  func choose(_ rows: [Int], _ size: Int) -> [Int] {
    var pool = rows
    if options.selection == .sample {
      var random = RandomSource(seed: options.seed)
      random.shuffle(&pool)
    } else {
      pool = falling(pool)
    }
    return falling(options.balance == .none ? Array(pool.prefix(size)) : balanced(pool, size))
  }

  /// `size` rows drawn by the seed, in the ledger's order.
  func sample(_ rows: [Int], _ size: Int) -> [Int] {
    var (pool, random) = (rows, RandomSource(seed: options.seed))
    random.shuffle(&pool)
    return pool.prefix(size).sorted()
  }

  private func falling(_ rows: [Int]) -> [Int] {
    rows.sorted {
      let (a, b) = (ledger.rows[$0].confidence, ledger.rows[$1].confidence)
      return a != b ? a > b : $0 < $1
    }
  }

  /// The first rows of each letter, so many of each that the numbers differ as little as what is there allows.
  private func balanced(_ rows: [Int], _ size: Int) -> [Int] {
    let letters = Dictionary(grouping: rows) { index in
      options.balance == .own ? ledger.rows[index].predicted : ledger.rows[index].gold ?? -1
    }
    let scarcestFirst = letters.sorted { ($0.value.count, $0.key) < ($1.value.count, $1.key) }.map(\.value)
    var (chosen, left): ([Int], Int) = ([], size)
    for (place, letter) in scarcestFirst.enumerated() {
      let kinds = scarcestFirst.count - place
      // The remainder goes to the letters with most rows, which come last.
      let share = min(letter.count, left / kinds)
      chosen += letter.prefix(share)
      left -= share
    }
    let taken = Set(chosen)
    return chosen + rows.filter { !taken.contains($0) }.prefix(left)
  }
}
