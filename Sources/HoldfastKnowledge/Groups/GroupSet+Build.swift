public import HoldfastTensor

extension GroupSet {
  /// Builds groups from a ledger and the questions it was made of.
  ///
  /// A row qualifies when its right choice is known and the model's confidence reaches `minConfidence`. INCOMPATIBLE
  /// takes wrong rows, SELF-ALIGNING the same questions with the model's answer, HARMONIOUS right rows that share no
  /// question with them, matched one to one (`Matching`). Throws `invalidArgument` when fewer rows qualify than asked
  /// for, with the figures.
  public init(ledger: Ledger, questions: QuestionSet, options: GroupOptions = GroupOptions())
    throws(HoldfastError)
  {
    guard ledger.count <= questions.count,
      zip(ledger.rows, questions.questions).allSatisfy({
        $0.id == $1.id && $0.scores.count == $1.choices.count
      })
    else {
      throw HoldfastError(
        .invalidArgument,
        "\(questions.name): the ledger was made of other questions; give the ones it was made of")
    }
    let qualified = ledger.rows.indices.filter {
      ledger.rows[$0].gold != nil && ledger.rows[$0].confidence >= options.minConfidence
    }
    let wrong = qualified.filter { ledger.rows[$0].isCorrect == false }
    let right = qualified.filter { ledger.rows[$0].isCorrect == true }
    self.options = options
    qualifiedWrong = wrong.count
    qualifiedRight = right.count
    groups = []

    let wantsHarmonious = options.names.contains(.harmonious)
    let wantsWrong = options.names.contains { $0 != .harmonious }
    let candidates = Self.apart(right, from: wantsWrong ? wrong : [], questions)
    let most = min(wantsHarmonious ? candidates.count : .max, wantsWrong ? wrong.count : .max)
    let size = options.size ?? most
    guard size > 0, size <= most else { throw Self.tooFew(size, wrong.count, candidates.count, options) }

    let chosenWrong = wantsWrong ? Self.choose(wrong, size, ledger, options) : []
    for name in options.names {
      var group = Group(name: name, source: questions.name, rows: [])
      switch name {
      case .incompatible:
        group.rows = chosenWrong.map { Self.row($0, ledger, questions, label: ledger.rows[$0].gold) }
      case .selfAligning:
        group.rows = chosenWrong.map { Self.row($0, ledger, questions, label: ledger.rows[$0].predicted) }
      case .harmonious:
        group.rows = Self.harmonious(candidates, beside: chosenWrong, size, ledger, questions, options)
      }
      groups.append(group)
    }
  }

  /// Right rows whose question, by normalised text, no wrong row asks.
  private static func apart(_ right: [Int], from wrong: [Int], _ questions: QuestionSet) -> [Int] {
    var seen = Set(wrong.map { NormalizedText(questions.questions[$0].question) })
    return right.filter { seen.insert(NormalizedText(questions.questions[$0].question)).inserted }
  }

  /// `size` rows by falling confidence (ties in the ledger's order): the most confident, or a sample.
  private static func choose(_ rows: [Int], _ size: Int, _ ledger: Ledger, _ options: GroupOptions) -> [Int] {
    var pool = rows
    if options.selection == .sample {
      var random = RandomSource(seed: options.seed)
      random.shuffle(&pool)
      pool = Array(pool.prefix(size))
    }
    let ordered = pool.sorted {
      let (a, b) = (ledger.rows[$0].confidence, ledger.rows[$1].confidence)
      return a != b ? a > b : $0 < $1
    }
    return Array(ordered.prefix(size))
  }

  private static func harmonious(
    _ candidates: [Int], beside wrong: [Int], _ size: Int, _ ledger: Ledger, _ questions: QuestionSet,
    _ options: GroupOptions
  ) -> [Group.Row] {
    guard !wrong.isEmpty, !options.match.isEmpty else {
      return choose(candidates, size, ledger, options).map {
        row($0, ledger, questions, label: ledger.rows[$0].gold)
      }
    }
    let traits = { (index: Int) in Matching.Traits(ledger.rows[index], questions.questions[index]) }
    let partners = Matching(targets: wrong.map(traits), candidates: candidates.map(traits), on: options.match)
      .partners
    return zip(wrong, partners).map { target, partner in
      var row = row(candidates[partner], ledger, questions, label: ledger.rows[candidates[partner]].gold)
      row.matchedTo = ledger.rows[target].id
      return row
    }
  }

  private static func row(_ index: Int, _ ledger: Ledger, _ questions: QuestionSet, label: Int?) -> Group.Row
  {
    let (entry, question) = (ledger.rows[index], questions.questions[index])
    let label = label ?? entry.predicted
    // The question's explanation speaks for the right answer; another label goes without one.
    return Group.Row(
      question: question, label: label, predicted: entry.predicted, confidence: entry.confidence,
      ledgerRow: index, matchedTo: nil, explanation: label == question.answer ? question.explanation : nil)
  }

  private static func tooFew(_ size: Int, _ wrong: Int, _ right: Int, _ options: GroupOptions)
    -> HoldfastError
  {
    HoldfastError(
      .invalidArgument,
      "groups of \(max(size, 1)) rows cannot be built: with confidence >= \(options.minConfidence), \(wrong) questions "
        + "of the pool are answered wrongly and \(right) others rightly; lower size or min_confidence, or give a larger "
        + "pool")
  }
}
