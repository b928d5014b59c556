import HoldfastModel
public import HoldfastStorage
import HoldfastTensor
import HoldfastText
import HoldfastTuning

/// General instructions that are trained together with the rows of groups.
public struct GeneralInstructions: Sendable, Equatable {
  /// The file, of any format that `holdfast tune` reads.
  public var data: String
  /// The share of general rows among all rows of a group; 0.5 is as many as group rows.
  public var share = 0.5
  /// The chat template they are put into.
  public var template = "vicuna"
  /// The most tokens of a row.
  public var maxLength = 2048
  /// The seed of the sample; every group takes the same rows.
  public var seed: UInt64 = 42

  /// Names a file.
  public init(data: String) { self.data = data }

  /// Reads `data`, `share`, `template`, `max_length` and `seed`.
  init(_ node: JSONNode, path: (JSONNode) throws(HoldfastError) -> String) throws(HoldfastError) {
    data = try path(node.member("data"))
    for (key, value) in try node.members() {
      switch key {
      case "data": break
      case "share":
        share = try value.double()
        guard (0...0.99).contains(share) else { throw value.wrong("must lie in 0 … 0.99") }
      case "template":
        template = try value.text()
        do throws(HoldfastError) { _ = try ChatTemplate.named(template) } catch {
          throw error.at(value.document + value.path)
        }
      case "max_length": maxLength = try value.int(in: 1...1_000_000)
      case "seed": seed = try value.seed()
      default: throw value.unknown(key)
      }
    }
  }

  /// How many rows stand beside a group of `size` rows.
  func count(beside size: Int) -> Int { Int((Double(size) * share / (1 - share)).rounded()) }

  /// The rows for a group of `size` rows; FORMAT-ONLY, which has none of its own, gets as many in any case.
  ///
  /// - Throws: what reading throws; `invalidArgument` when the file has too few rows.
  func rows(beside size: Int, isAlone: Bool) throws(HoldfastError) -> [InstructionData.Row] {
    let wanted = count(beside: size)
    let number = isAlone && wanted == 0 ? size : wanted
    guard number > 0 else { return [] }
    var rows = try InstructionData(path: data).rows
    guard rows.count >= number else {
      throw HoldfastError(
        .invalidArgument,
        "\(data): groups of \(size) rows need \(number) general instructions, and there are \(rows.count); give a larger "
          + "file or a smaller share")
    }
    var random = RandomSource(seed: seed)
    random.shuffle(&rows)
    return Array(rows.prefix(number))
  }

  /// The rows as examples.
  func examples(_ rows: [InstructionData.Row], for model: Model, _ options: ProbeOptions)
    throws(HoldfastError)
    -> [TrainingExample]
  {
    guard !rows.isEmpty else { return [] }
    return try InstructionData(rows: rows, source: data).examples(
      tokenizer: model.tokenizer, template: ChatTemplate.named(template),
      maxLength: min(maxLength, model.configuration.contextLength),
      bos: options.mode == .paper ? .never : options.bos)
  }

  /// All settings.
  public var json: JSON {
    [
      "data": .text(data), "share": .number(share), "template": .text(template),
      "max_length": .int(maxLength),
      "seed": .text(String(seed)),
    ]
  }
}

extension StudySpecification {
  /// Throws, naming file and line, when a general instruction that a study will train cannot be learned; what can be said
  /// before groups are built, which is all where their size is named.
  func requireLearnableInstructions(for model: Model) throws(HoldfastError) {
    guard let general, let size = groups.size else { return }
    let isAlone = groups.names.contains { groups.recipe($0).rows == .none }
    _ = try general.examples(general.rows(beside: size, isAlone: isAlone), for: model, after)
  }
}
