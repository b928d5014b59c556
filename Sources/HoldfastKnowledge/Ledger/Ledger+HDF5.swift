public import HoldfastStorage
public import HoldfastTensor

extension Ledger {
  /// The format of ledger files.
  public static let format = FileFormat(name: "holdfast-ledger", major: 1, minor: 3)

  /// Writes the ledger to a file of its own, atomically.
  public func save(to path: String) throws(HoldfastError) {
    try HDF5File.write(to: path, format: Self.format) { root throws(HoldfastError) in try write(to: root) }
  }

  /// Reads a ledger file; throws an error that names the file when it is damaged, of another kind, or newer.
  public static func load(_ path: String) throws(HoldfastError) -> Ledger {
    try Ledger(reading: HDF5File(path: path, format: format).root)
  }

  /// Writes settings and rows into a group: numbers on the axis `item`, those of each choice on `item` and `choice`.
  public func write(to group: HDF5Group) throws(HoldfastError) {
    try group.setAttribute("settings", .text(ByteString(settings.json.serialized())))
    try group.setAttribute("source_model", .text(ByteString(settings.modelPath)))
    try group.setAttribute("source_model_sha256", .text(ByteString(settings.modelSHA256)))
    try table().write(to: group)
  }

  /// The rows as columns.
  func table() throws(HoldfastError) -> Table {
    var table = Table(axis: "item")
    try table.add("id", .text(rows.map { ByteString($0.id) }))
    try table.add("gold", .int32(rows.map { Int32(clamping: $0.gold ?? -1) }))
    try table.add("predicted", .int32(rows.map { Int32(clamping: $0.predicted) }))
    try table.add("confidence", .double(rows.map(\.confidence)))
    try table.add("probability", .doubles(rows.map(\.probabilities), axis: "choice"))
    try table.add("score", .doubles(rows.map(\.scores), axis: "choice"))
    try table.add("log_probability", .doubles(rows.map(\.logProbabilities), axis: "choice"))
    try table.add("log_probability_per_token", .doubles(rows.map(\.perToken), axis: "choice"))
    try table.add("log_probability_per_character", .doubles(rows.map(\.perCharacter), axis: "choice"))
    if rows.contains(where: { $0.unconditional != nil }) {
      try table.add(
        "log_probability_unconditional", .doubles(rows.map { $0.unconditional ?? [] }, axis: "choice"))
    }
    try table.add("tokens", .ints(rows.map { $0.tokenCounts.map { Int32(clamping: $0) } }, axis: "choice"))
    try table.add(
      "characters", .ints(rows.map { $0.characterCounts.map { Int32(clamping: $0) } }, axis: "choice"))
    try table.add("prompt_tokens", .int32(rows.map { Int32(clamping: $0.promptTokens) }))
    try table.add("prompt_sha256", .text(rows.map { ByteString($0.promptDigest) }))
    if rows.contains(where: { !$0.choiceTokens.isEmpty }) {
      // The choices' tokens one after another; `tokens` says where each choice ends.
      try table.add("choice_tokens", .ints(rows.map { $0.choiceTokens.flatMap { $0 } }, axis: "choice_token"))
    }
    if rows.contains(where: { !$0.variants.isEmpty }) {
      // Prompt after prompt, each with a score for every choice.
      try table.add(
        "variant_scores", .doubles(rows.map { $0.variants.flatMap { $0 } }, axis: "variant_choice"))
    }
    if rows.contains(where: { $0.knowledge != nil }) {
      try table.add("category", .text(rows.map { ByteString($0.knowledge?.category.rawValue ?? "") }))
      try table.add("greedy_right", .double(rows.map { $0.knowledge?.greedyRight ?? .nan }))
      try table.add("sampled_right", .double(rows.map { $0.knowledge?.sampledRight ?? .nan }))
    }
    return table
  }

  /// Reads what `write(to:)` left in a group.
  public init(reading group: HDF5Group) throws(HoldfastError) {
    let place = "\(group.filePath): \(group.path)"
    settings = try LedgerSettings(
      JSONNode(group.json("settings"), document: "\(place), attribute 'settings'"))
    rows = []
    let columns = try Columns(Table(reading: group))
    for index in columns.ids.indices {
      guard let row = columns.row(index) else {
        throw HoldfastError(.corruptData, "\(place): row \(index) of the ledger is damaged")
      }
      rows.append(row)
    }
  }

  /// The columns of a table that a row is made of; the others follow from them.
  private struct Columns {
    let ids: [ByteString]
    private let gold: [Int32]
    private let scores: [[Double]]
    private let logProbabilities: [[Double]]
    private let unconditional: [[Double]]?
    private let tokens: [[Int32]]
    private let characters: [[Int32]]
    private let promptTokens: [Int32]
    private let digests: [ByteString]
    private let choiceTokens: [[Int32]]?
    private let variants: [[Double]]?
    private let greedyRight: [Double]?
    private let sampledRight: [Double]?

    init(_ table: Table) throws(HoldfastError) {
      ids = try table.text("id")
      gold = try table.int32("gold")
      scores = try table.doubles("score")
      logProbabilities = try table.doubles("log_probability")
      let alone: ByteString = "log_probability_unconditional"
      unconditional = table[alone] == nil ? nil : try table.doubles(alone)
      tokens = try table.ints("tokens")
      characters = try table.ints("characters")
      promptTokens = try table.int32("prompt_tokens")
      digests = try table.text("prompt_sha256")
      choiceTokens = table["choice_tokens"] == nil ? nil : try table.ints("choice_tokens")
      variants = table["variant_scores"] == nil ? nil : try table.doubles("variant_scores")
      greedyRight = table["greedy_right"] == nil ? nil : try table.double("greedy_right")
      sampledRight = table["sampled_right"] == nil ? nil : try table.double("sampled_right")
    }

    /// One row, or `nil` when its lists do not fit together.
    func row(_ index: Int) -> LedgerRow? {
      let scores = scores[index]
      let alone = unconditional?[index]
      guard (2...Question.choiceLimit).contains(scores.count), scores.allSatisfy(\.isFinite),
        logProbabilities[index].count == scores.count, tokens[index].count == scores.count,
        characters[index].count == scores.count, gold[index] < scores.count,
        alone.map({ $0.isEmpty || $0.count == scores.count }) ?? true
      else { return nil }
      let flat = choiceTokens?[index] ?? []
      let counts = tokens[index].map(Int.init)
      let tried = variants?[index] ?? []
      guard counts.allSatisfy({ $0 >= 0 }), flat.isEmpty || flat.count == counts.reduce(0, &+),
        tried.count.isMultiple(of: scores.count)
      else { return nil }
      var row = LedgerRow(
        id: ids[index].text, gold: gold[index] < 0 ? nil : Int(gold[index]),
        logProbabilities: logProbabilities[index],
        tokenCounts: tokens[index].map(Int.init), characterCounts: characters[index].map(Int.init),
        unconditional: alone.flatMap { $0.isEmpty ? nil : $0 }, scores: scores,
        promptTokens: Int(promptTokens[index]),
        promptDigest: digests[index].text)
      var start = 0
      for count in flat.isEmpty ? [] : counts {
        row.choiceTokens.append(Array(flat[start..<(start + count)]))
        start += count
      }
      row.variants = stride(from: 0, to: tried.count, by: scores.count).map {
        Array(tried[$0..<($0 + scores.count)])
      }
      if let greedy = greedyRight?[index], let sampled = sampledRight?[index], greedy.isFinite {
        row.knowledge = Knowledge(greedyRight: greedy, sampledRight: sampled)
      }
      return row
    }
  }
}
