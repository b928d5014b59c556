public import HoldfastTensor

extension GroupSet {
  /// Builds groups from a ledger and the questions it was made of.
  ///
  /// A row qualifies when its right choice is known and the model's confidence reaches `minConfidence`. What a group is
  /// made of says its recipe; all groups have one size, and all that take wrong rows take the same ones in the same
  /// order. Texts the model must write are put in later (`Writer`). Throws `invalidArgument` when fewer rows qualify than
  /// asked for, with the figures, or a row lacks the context its group needs.
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
    let recipes = options.names.map { options.recipe($0) }
    let pool = GroupPool(
      ledger, questions, options,
      needsThird: recipes.contains { $0.rows == .wrong && $0.label == .randomWrong })
    self.options = options
    standings = pool.standings
    qualifiedWrong = pool.rows(.wrong).count
    qualifiedRight = standings.count { $0 == .right || $0 == .repeated }
    groups = []
    let most = recipes.map { Self.most($0, pool) }.min() ?? 0
    let size = options.size ?? (most == .max ? 0 : most)
    guard size > 0, size <= most else { throw Self.tooFew(size, pool) }
    let builder = GroupBuilder(pool: pool, size: size)
    for (name, recipe) in zip(options.names, recipes) {
      do throws(HoldfastError) {
        groups.append(Group(name: name, source: questions.name, rows: try builder.rows(recipe)))
      } catch {
        throw error.at("group \(name.rawValue)")
      }
    }
  }

  /// How many rows a recipe could have.
  private static func most(_ recipe: GroupRecipe, _ pool: GroupPool) -> Int {
    switch recipe.rows {
    case .right: pool.rows(.right).count
    case .wrong: pool.rows(.wrong).count
    case .anyWrong: pool.ledger.rows.count { $0.isCorrect == false }
    case .any: recipe.certainty == .refusal ? GroupBuilder.craft(pool).count : pool.answered.count
    case .none: .max
    }
  }

  private static func tooFew(_ size: Int, _ pool: GroupPool) -> HoldfastError {
    let options = pool.options
    return HoldfastError(
      .invalidArgument,
      "groups of \(max(size, 1)) rows cannot be built: with confidence >= \(options.minConfidence), "
        + "\(pool.rows(.wrong).count) questions of the pool are answered wrongly and \(pool.rows(.right).count) others "
        + "rightly; lower size or min_confidence, name other groups, or give a larger pool")
  }
}
