import HoldfastStorage
public import HoldfastTensor

/// The three published groups of one model and domain.
public struct PublishedCell: Sendable, Equatable {
  /// The directory, such as `group/mistral-7b/engineering`.
  public let directory: String
  /// Questions the model answers rightly.
  public let harmonious: PublishedGroup
  /// Questions it answers wrongly, with the right answer.
  public let incompatible: PublishedGroup
  /// The same with its own answer.
  public let selfAligning: PublishedGroup

  /// Reads a directory with the three files.
  public init(directory: String) throws(HoldfastError) {
    self.directory = directory
    func read(_ place: Int) throws(HoldfastError) -> PublishedGroup {
      let entry = PublishedGroup.files[place]
      return try PublishedGroup(entry.name, path: "\(directory)/\(entry.file)")
    }
    harmonious = try read(0)
    incompatible = try read(1)
    selfAligning = try read(2)
  }

  /// The cells below a directory, by path: those directories that hold the three files.
  public static func cells(below directory: String) throws(HoldfastError) -> [PublishedCell] {
    let files = PublishedGroup.files.map { "\(directory)/\($0.file)" }
    if files.allSatisfy({ FileSystem.exists($0) }) { return [try PublishedCell(directory: directory)] }
    var found: [PublishedCell] = []
    for name in try FileSystem.list(directory) {
      let path = "\(directory)/\(name.text)"
      if FileSystem.isDirectory(path) { found += try cells(below: path) }
    }
    return found.sorted { Array($0.directory.utf8).lexicographicallyPrecedes(Array($1.directory.utf8)) }
  }

  /// The groups, in the paper's order.
  public var groups: [PublishedGroup] { [harmonious, incompatible, selfAligning] }

  /// The answers of the model that the rows hold: first HARMONIOUS, then INCOMPATIBLE, each in its order.
  ///
  /// - Throws: `invalidArgument` when an id stands in both.
  public func questions() throws(HoldfastError) -> QuestionSet {
    try QuestionSet((harmonious.rows + incompatible.rows).map(\.question), name: directory)
  }

  /// The ledger of `questions()`, with the published probabilities to the bit.
  public var ledger: Ledger {
    let settings = LedgerSettings(
      options: .paper(domain: directory.split(separator: "/").last.map(String.init)).with {
        $0.bfloat16Logits = true
      },
      modelPath: directory, modelSHA256: "", modelName: "before", kernel: "", addedBOS: true,
      questions: directory, demonstrations: [])
    return Ledger(settings: settings, rows: (harmonious.rows + incompatible.rows).map(\.ledgerRow))
  }

  /// INCOMPATIBLE and SELF-ALIGNING built anew from the rows' probabilities and right answers alone.
  public func rebuilt() throws(HoldfastError) -> GroupSet {
    var options = GroupOptions()
    options.names = [.incompatible, .selfAligning]
    return try GroupSet(ledger: ledger, questions: questions(), options: options)
  }
}
