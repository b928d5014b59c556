import Glibc
public import HoldfastTensor

/// What the final norm and the output projection make of the residual stream after every layer: the logit lens.
///
/// Source: nostalgebraist, "interpreting GPT: the logit lens" (2020). The last layer's answer is the model's own.
public struct LogitLens: Sendable {
  /// A token with its probability.
  public struct Guess: Sendable, Equatable {
    /// The token.
    public var token: Int32
    /// Its probability.
    public var probability: Double
  }

  /// What one layer says at one position.
  public struct Cell: Sendable, Equatable {
    /// The likeliest tokens, likeliest first; the lower id first on a tie.
    public var top: [Guess]
    /// The natural log-probability of each target.
    public var targets: [Double]
    /// How many tokens are likelier than each target.
    public var ranks: [Int]
  }

  /// The sites, in order: what goes into the first layer, and what comes out of each.
  public let sites: [Site]
  /// The text.
  public let tokens: [Int32]
  /// The positions looked at.
  public let positions: [Int]
  /// The tokens asked about.
  public let targets: [Int32]
  /// By site and position.
  public let cells: [[Cell]]
}

extension Session {
  /// Reads a text through the logit lens.
  ///
  /// - Parameters:
  ///   - positions: where, from the end when negative; `nil` for every token.
  ///   - targets: tokens whose probability and rank are wanted.
  ///   - top: how many of the likeliest tokens are kept.
  /// - Throws: `invalidArgument` for a position or target that does not exist.
  public func logitLens(
    _ tokens: [Int32], positions: [Int]? = nil, targets: [Int32] = [], top: Int = 5
  ) throws(HoldfastError) -> LogitLens {
    let c = model.configuration
    let places = try Self.places(positions, in: tokens.count)
    for target in targets where target < 0 || Int(target) >= c.vocabularySize {
      throw HoldfastError(
        .invalidArgument, "the target \(target) is outside the vocabulary 0..<\(c.vocabularySize)")
    }
    let sites = [Site(.residPre, layer: 0)] + (0..<c.layers).map { Site(.residPost, layer: $0) }
    let seen = try activations([Segment(tokens, outputs: .none)], sites: sites)
    let cells = try sites.map { site throws(HoldfastError) in
      guard let stream = seen[site] else { throw HoldfastError(.internal, "\(site.name) was not seen") }
      let logits = try unembed(stream, rows: places)
      let memory = MemoryWatch()
      let normalizers = runtime.logSumExp(logits)
      try memory.check()
      return places.indices.map { row in
        Self.cell(logits.row(row).array, Double(normalizers[row]), targets, top)
      }
    }
    return LogitLens(sites: sites, tokens: tokens, positions: places, targets: targets, cells: cells)
  }

  /// The logits [R, V] that the final norm and the output projection give for some rows of a residual stream [T, D].
  public func unembed(_ stream: Tensor, rows: [Int]) throws(HoldfastError) -> Tensor {
    guard stream.shape.count == 2, stream.columns == model.configuration.width,
      rows.allSatisfy({ $0 >= 0 && $0 < stream.shape[0] })
    else {
      throw HoldfastError(
        .invalidArgument,
        "a residual stream has the shape [T, \(model.configuration.width)] and rows within it, not \(stream.shape)"
      )
    }
    let memory = MemoryWatch()
    let normed = try Tensor(uninitialized: stream.shape)
    panels.finalNorm.forward(stream, into: normed, statistics: nil, runtime)
    try memory.check()
    let logits = try Tensor(uninitialized: [rows.count, model.configuration.vocabularySize])
    if !rows.isEmpty { try project(normed, rows: rows, into: logits) }
    return logits
  }

  /// Positions counted from the beginning.
  static func places(_ positions: [Int]?, in count: Int) throws(HoldfastError) -> [Int] {
    guard let positions else { return Array(0..<count) }
    return try positions.map { position throws(HoldfastError) in
      guard position < count, position >= -count else {
        throw HoldfastError(.invalidArgument, "there is no position \(position) in a text of \(count) tokens")
      }
      return position < 0 ? position + count : position
    }
  }

  private static func cell(
    _ logits: [Float], _ normalizer: Double, _ targets: [Int32], _ top: Int
  ) -> LogitLens.Cell {
    var best: [Int] = []
    for token in logits.indices {
      if best.count == top, let last = best.last, logits[token] <= logits[last] { continue }
      let place = best.firstIndex { logits[$0] < logits[token] } ?? best.count
      best.insert(token, at: place)
      if best.count > top { best.removeLast() }
    }
    return LogitLens.Cell(
      top: best.map {
        .init(
          token: Int32(truncatingIfNeeded: $0), probability: exp(Double(logits[$0]) - normalizer))
      },
      targets: targets.map { Double(logits[Int($0)]) - normalizer },
      ranks: targets.map { target in logits.count { $0 > logits[Int(target)] } })
  }
}
