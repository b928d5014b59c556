import HoldfastStorage
import HoldfastTensor

/// A way to cut words that has a name: the value of `tokenizer.ggml.pre` in GGUF files.
struct KnownRule: Sendable {
  /// Its names, the one to show first.
  let names: [ByteString]
  /// How words are cut.
  let preTokenizer: PreTokenizer
  var normalization: [NormalizationStep] = []
  /// Whether a word that is a token is taken as it is.
  var ignoresMerges = false
  /// Whether BOS comes first unless the file says otherwise.
  var addsBOS = false

  private init(
    _ names: [ByteString], _ steps: [PreTokenizer.Step], normalization: [NormalizationStep] = [],
    ignoresMerges: Bool = false, addsBOS: Bool = false
  ) {
    self.names = names
    preTokenizer = PreTokenizer(steps: steps)
    self.normalization = normalization
    self.ignoresMerges = ignoresMerges
    self.addsBOS = addsBOS
  }

  /// The known rules, as the models' own `tokenizer.json` files have them.
  static let all = (try? make()) ?? []

  private static func make() throws(HoldfastError) -> [KnownRule] {
    [
      KnownRule(["gpt-2", "phi-2", "jais", "gigachat"], [.pattern(.gpt2)]),
      KnownRule(["olmo", "mpt", "gpt-neox"], [.pattern(.gpt2)], normalization: [.form(.nfc)]),
      KnownRule(
        ["smollm", "starcoder", "refact", "codeshell", "command-r"],
        [.digits(individual: true), .pattern(.gpt2)]),
      KnownRule(
        ["llama-bpe", "llama3", "llama-v3", "falcon3"], [.pattern(.llama3)], ignoresMerges: true,
        addsBOS: true),
      KnownRule(["dbrx", "smaug-bpe", "chatglm-bpe", "glm4"], [.pattern(.llama3)]),
      KnownRule(
        ["qwen2", "deepseek-r1-qwen", "stablelm2"], [.pattern(.qwen2)], normalization: [.form(.nfc)]),
      KnownRule(["gpt-4o", "llama4"], [.expression(try Expression(expressionOfGPT4o), Self.isolated)]),
      KnownRule(
        ["tekken"], [.expression(try Expression(expressionOfTekken), Self.isolated)], ignoresMerges: true,
        addsBOS: true),
      KnownRule(
        ["deepseek-v3", "deepseek-r1", "hunyuan-dense"],
        [
          .expression(try Expression(#"\p{N}{1,3}"#), Self.isolated),
          .expression(try Expression("[一-龥぀-ゟ゠-ヿ]+"), Self.isolated),
          .expression(try Expression(expressionOfDeepSeek), Self.isolated),
        ]),
      KnownRule(
        ["deepseek-coder"],
        [
          .expression(try Expression("[\r\n]"), Self.isolated),
          .expression(try Expression(#"\s?\p{L}+"#), Self.isolated),
          .expression(try Expression(#"\s?\p{P}+"#), Self.isolated),
          .expression(try Expression("[一-龥ࠀ-一가-퟿]+"), Self.isolated), .digits(individual: true),
        ]),
    ]
  }

  private static let isolated = PreTokenizer.Split()

  private static let words =
    #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+<>"#
    + #"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*<>"#
  private static let rest = #"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

  private static func words(behind ending: String) -> String {
    words.split(separator: "<>", omittingEmptySubsequences: false).joined(separator: ending)
  }

  private static var expressionOfGPT4o: String {
    words(behind: "(?i:'s|'t|'re|'ve|'m|'ll|'d)?") + #"|\p{N}{1,3}"# + rest
  }

  private static var expressionOfTekken: String { words(behind: "") + #"|\p{N}"# + rest }

  private static let expressionOfDeepSeek =
    ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\##r\##n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"##
    + "| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"
}
