import HoldfastStorage

/// A part of a model that has tensors of its own, in the order of the forward pass.
enum Module: String, Sendable, CaseIterable {
  case embedding, positionEmbedding
  case attentionNorm, query, key, value, queryKeyValue, queryNorm, keyNorm, attentionOutput, attentionPostNorm
  case feedForwardNorm, gate, up, gateUp, down, feedForwardPostNorm
  case finalNorm, output

  /// Whether every block has one of its own.
  var isOfBlock: Bool {
    switch self {
    case .embedding, .positionEmbedding, .finalNorm, .output: false
    default: true
    }
  }

  /// The shape of its weight in the engine's layout, outputs first.
  func shape(_ c: ModelConfiguration) -> [Int] {
    switch self {
    case .embedding, .output: [c.vocabularySize, c.width]
    case .positionEmbedding: [c.contextLength, c.width]
    case .attentionNorm, .attentionPostNorm, .feedForwardNorm, .feedForwardPostNorm, .finalNorm: [c.width]
    case .query: [c.queryWidth, c.width]
    case .key, .value: [c.kvWidth, c.width]
    case .queryKeyValue: [c.queryWidth + 2 * c.kvWidth, c.width]
    case .queryNorm: [c.queryKeyNorm == .perHead ? c.headWidth : c.queryWidth]
    case .keyNorm: [c.queryKeyNorm == .perHead ? c.headWidth : c.kvWidth]
    case .attentionOutput: [c.width, c.queryWidth]
    case .gate, .up: [c.feedForward, c.width]
    case .gateUp: [2 * c.feedForward, c.width]
    case .down: [c.width, c.feedForward]
    }
  }

  /// The names of the axes of its weight, as files carry them.
  var axes: [ByteString] {
    switch self {
    case .embedding, .output: ["vocabulary", "width"]
    case .positionEmbedding: ["position", "width"]
    case .attentionNorm, .attentionPostNorm, .feedForwardNorm, .feedForwardPostNorm, .finalNorm: ["width"]
    case .query: ["query", "width"]
    case .key, .value: ["key_value", "width"]
    case .queryKeyValue: ["query_key_value", "width"]
    case .queryNorm: ["query_norm"]
    case .keyNorm: ["key_norm"]
    case .attentionOutput: ["width", "query"]
    case .gate, .up: ["feed_forward", "width"]
    case .gateUp: ["gate_up", "width"]
    case .down: ["width", "feed_forward"]
    }
  }

  /// Whether a model of that configuration has a bias beside the weight.
  func hasBias(_ c: ModelConfiguration) -> Bool {
    switch self {
    case .embedding, .positionEmbedding, .output, .queryNorm, .keyNorm: false
    case .attentionNorm, .attentionPostNorm, .feedForwardNorm, .feedForwardPostNorm, .finalNorm:
      c.biases.contains(.norms)
    case .query, .key, .value, .queryKeyValue: c.biases.contains(.queryKeyValue)
    case .attentionOutput: c.biases.contains(.attentionOutput)
    case .gate, .up, .gateUp, .down: c.biases.contains(.feedForward)
    }
  }
}
