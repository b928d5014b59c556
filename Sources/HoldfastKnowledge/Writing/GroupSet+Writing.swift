import HoldfastModel
import HoldfastStorage
import HoldfastTensor

extension GroupSet {
  /// What a row lacks that the model must write.
  enum Lack: String {
    case explanation, context, rewriting
  }

  /// What the rows of all groups lack; a text that several groups need is asked for once.
  func requests(_ options: ProbeOptions) -> [WritingRequest] {
    var seen: Set<[UInt8]> = []
    return groups.flatMap { group in
      group.rows.flatMap { row in lacks(row, options.recipeOf(group, self)).map { request($0, row) } }
    }.filter { seen.insert(Array($0.id.utf8)).inserted }
  }

  /// What a row of a recipe lacks.
  func lacks(_ row: Group.Row, _ recipe: GroupRecipe) -> [Lack] {
    var list: [Lack] = recipe.context == .generated ? [.context] : []
    guard row.refusal == nil else { return list }
    switch recipe.explanation {
    case .none, .golden: break
    case .own: list.append(.explanation)
    case .asLabelled: if row.label != row.question.answer { list.append(.explanation) }
    case .rewritten, .revised: list.append(.rewriting)
    }
    return list
  }

  private func request(_ lack: Lack, _ row: Group.Row) -> WritingRequest {
    let id = "\(row.question.id) \(lack.rawValue) \(lack == .context ? "" : Question.letter(row.label))"
    let prompt =
      switch lack {
      case .explanation: WritingPrompt.explanation(row.question, of: row.label)
      case .context: WritingPrompt.context(row.question)
      case .rewriting: WritingPrompt.rewriting(row.question, row.label)
      }
    return WritingRequest(id: id, prompt: prompt)
  }

  /// The groups with what the model wrote.
  ///
  /// A rewriting that gives another answer, or none, or was truncated, leaves the golden explanation in its place; an
  /// empty or truncated explanation or context is taken as it is, and told in the row's reason.
  func filled(with texts: [WrittenText], _ options: ProbeOptions) -> GroupSet {
    let byID = Dictionary(texts.map { (Array($0.id.utf8), $0) }) { first, _ in first }
    var copy = self
    for group in copy.groups.indices {
      let recipe = options.recipeOf(copy.groups[group], self)
      for place in copy.groups[group].rows.indices {
        let row = copy.groups[group].rows[place]
        for lack in lacks(row, recipe) {
          guard let text = byID[Array(request(lack, row).id.utf8)] else { continue }
          copy.groups[group].rows[place].take(text, as: lack)
        }
      }
    }
    return copy
  }

  /// Whether a group is to be cut by how likely its responses are.
  var needsFilter: Bool { groups.contains { options.recipe($0.name).explanation == .revised } }

  /// The groups with those of NILE cut to the size of the others: the rows whose response the model finds likeliest stay,
  /// in their order.
  func filtered(_ model: Model, _ options: ProbeOptions) throws(HoldfastError) -> GroupSet {
    var copy = self
    let size =
      self.options.size
      ?? groups.filter { self.options.recipe($0.name).explanation != .revised }
      .map(\.rows.count).filter { $0 > 0 }.min()
    for place in groups.indices where self.options.recipe(groups[place].name).explanation == .revised {
      let group = groups[place]
      let kept = size ?? Int((Double(group.rows.count) * self.options.keep).rounded())
      guard kept < group.rows.count else { continue }
      let examples = try group.examples(model.tokenizer, options)
      let scores = try InternalConsistency.scores(
        model, examples.map { ($0.tokens, $0.labels) }, batch: options.batchSize)
      let order = scores.indices.sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
      copy.groups[place].rows = order.prefix(kept).sorted().map { index in
        var row = group.rows[index]
        row.reason += ", mean log-probability \(scores[index].fixed(4))"
        return row
      }
    }
    return copy
  }
}

extension ProbeOptions {
  /// The recipe of a group as far as this probe can train it: cloze rows train no explanations.
  fileprivate func recipeOf(_ group: Group, _ set: GroupSet) -> GroupRecipe {
    var recipe = set.options.recipe(group.name)
    if probe == .cloze { recipe.explanation = .none }
    return recipe
  }
}

extension Group.Row {
  /// Puts in what the model wrote.
  fileprivate mutating func take(_ written: WrittenText, as lack: GroupSet.Lack) {
    let flaws = [written.isTruncated ? "truncated" : nil, written.text.isEmpty ? "empty" : nil].compactMap {
      $0
    }
    let note = flaws.isEmpty ? "" : " (\(flaws.joined(separator: ", ")))"
    switch lack {
    case .context:
      context = written.text
      reason += ", context written by the model\(note)"
    case .explanation:
      explanation = written.text.isEmpty ? nil : written.text
      reason += ", explained by the model\(note)"
    case .rewriting:
      if flaws.isEmpty, AnswerExtraction.choice(in: written.text, of: question) == label {
        explanation = written.text
        reason += ", explained in the model's words"
      } else {
        reason += ", the model's words lost the answer\(note)"
      }
    }
  }
}
