public import HoldfastStorage
public import HoldfastTensor
public import HoldfastText

/// How a model writes explanations, contexts and answers in its own words.
public struct WritingOptions: Sendable, Equatable {
  /// New tokens at most; a text that is not closed by then is truncated.
  public var maxTokens = 256
  /// Divides the logits; 0 always takes the likeliest token.
  public var temperature = 0.7
  /// Only the likeliest tokens that together have this probability are drawn from.
  public var topP = 0.8
  /// The seed; every row draws from a stream of its own, by its id.
  public var seed: UInt64 = 42
  /// Whether a beginning-of-sequence token stands before the prompt.
  public var bos: BOSPolicy = .automatic
  /// How many rows are written together; changes time and memory, never a text.
  public var batchSize = 16

  /// Makes the paper's settings: 256 tokens, temperature 0.7, top-p 0.8.
  public init() {}

  /// Reads `max_tokens`, `temperature`, `top_p`, `seed`, `bos` and `batch_size`; what is not there keeps its default.
  public init(_ node: JSONNode) throws(HoldfastError) {
    for (key, value) in try node.members() {
      switch key {
      case "max_tokens": maxTokens = try value.int(in: 1...65536)
      case "temperature":
        temperature = try value.double()
        guard temperature >= 0, temperature.isFinite else { throw value.wrong("must be 0 or more") }
      case "top_p":
        topP = try value.double()
        guard topP > 0, topP <= 1 else { throw value.wrong("must be above 0 and at most 1") }
      case "seed": seed = try value.seed()
      case "bos": bos = try value.option()
      case "batch_size": batchSize = try value.int(in: 1...4096)
      default: throw value.unknown(key)
      }
    }
  }

  /// All that a text depends on, and the batch size.
  public var json: JSON {
    [
      "max_tokens": .int(maxTokens), "temperature": .number(temperature), "top_p": .number(topP),
      "seed": .text(String(seed)), "bos": .text(bos.rawValue), "batch_size": .int(batchSize),
    ]
  }
}
