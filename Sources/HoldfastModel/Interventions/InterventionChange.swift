import HoldfastTensor

/// An intervention at one site: changes the rows of an activation it is meant for, one token and head at a time.
///
/// What happens to a row depends on the row, its text so far, its place and the prompt's tokens alone.
struct InterventionChange {
  let place: InterventionPlace
  private let intervention: Intervention
  private let payload: InterventionPayload
  private let runtime: Runtime
  private let strength: Float
  private let zeros: Tensor

  init(
    _ intervention: Intervention, _ place: InterventionPlace, _ payload: InterventionPayload,
    _ runtime: Runtime
  ) throws(HoldfastError) {
    self.intervention = intervention
    self.place = place
    self.payload = payload
    self.runtime = runtime
    strength = Float(intervention.strength)
    zeros = try Tensor(zeros: [max(place.width, 1)])
  }

  /// Changes an activation [T, …] in place.
  func apply(_ activation: Tensor, _ rows: HookRows) throws(HoldfastError) {
    let total = activation.shape[0]
    guard total > 0 else { return }
    let width = activation.count / (total * place.headCount)
    let x = activation.reshaped([total, place.headCount, width])
    let scratch = try Tensor(uninitialized: [2, width])
    for (index, segment) in rows.segments.enumerated() {
      let text = rows.texts[index]
      let prompt = rows.promptLengths[index]
      try intervention.positions.check(prompt: prompt)
      var donated: Tensor?
      if case .donor(let donor) = payload { donated = try donor.activation(place, segment: index) }
      let draws = Draws(intervention, place.site, text: text, prompt: prompt)
      for row in segment.rows {
        let at = segment.start + row - segment.rows.lowerBound
        guard intervention.positions.contains(at, prompt: prompt) else { continue }
        for head in place.heads {
          let part = x.row(row).row(head)
          let target = donated.map { $0.row($0.shape[0] - segment.rows.upperBound + row).row(head) }
          guard let dimensions = intervention.dimensions else {
            try change(part, target, head, at, prompt, draws, scratch.row(1))
            continue
          }
          let whole = scratch.row(0)
          whole.copy(from: part)
          try change(whole, target, head, at, prompt, draws, scratch.row(1))
          for dimension in dimensions { part[dimension] = whole[dimension] }
        }
      }
    }
  }

  /// Changes one head's part [W] of the row of the token at a place of its text.
  ///
  /// - Parameter target: what another model has there.
  private func change(
    _ x: Tensor, _ target: Tensor?, _ head: Int, _ at: Int, _ prompt: Int, _ draws: Draws, _ scratch: Tensor
  ) throws(HoldfastError) {
    switch (intervention.operation, payload) {
    case (.zero, _):
      if place.isOfKeys {
        runtime.scale(x, by: 1 - strength)
      } else {
        runtime.blend(zeros, into: x, strength: strength)
      }
    case (.mean, .rows(let mean)): runtime.blend(mean.row(head), into: x, strength: strength)
    case (.patch, .texts), (.patch, .donor), (.resample, .texts):
      guard let target = try source(target, head, at, prompt, draws) else { return }
      patch(x, target, at)
    case (.patchRandom, .texts), (.patchRandom, .donor):
      guard let target = try source(target, head, at, prompt, draws) else { return }
      scratch.fill(0)
      var random = draws.noise(at: at, head: head)
      runtime.addNoise(into: scratch, strength: 1, from: &random)
      let distance = runtime.squaredDistance(target, x).squareRoot()
      let length = runtime.sumOfSquares(scratch).squareRoot()
      guard length > 0 else { return }
      runtime.addScaled(scratch, into: x, strength: strength * Float(distance / length))
    case (.add, .rows(let vector)): runtime.addScaled(vector.row(head), into: x, strength: strength)
    case (.scale, _): runtime.scale(x, by: strength)
    case (.projectOut, .bases(let bases)):
      runtime.project(x, onto: bases[head], into: scratch)
      runtime.addScaled(scratch, into: x, strength: -strength)
    case (.projectOnto, .bases(let bases)):
      runtime.project(x, onto: bases[head], into: scratch)
      runtime.blend(scratch, into: x, strength: strength)
    case (.clamp, _):
      let bounds = intervention.bounds ?? -.infinity...(.infinity)
      scratch.copy(from: x)
      runtime.clamp(scratch, lower: Float(bounds.lowerBound), upper: Float(bounds.upperBound))
      runtime.blend(scratch, into: x, strength: strength)
    case (.noise, _):
      var random = draws.noise(at: at, head: head)
      runtime.addNoise(into: x, strength: strength, from: &random)
    default:
      throw HoldfastError(
        .internal, "'\(intervention.operation.rawValue)' has nothing to work with at \(place.site.name)")
    }
  }

  /// What another model has, or the row of the source's text that stands for a token; `nil` when there is none and the token
  /// was not asked for by number, which would be an error.
  private func source(
    _ target: Tensor?, _ head: Int, _ at: Int, _ prompt: Int, _ draws: Draws
  ) throws(HoldfastError) -> Tensor? {
    if let target { return target }
    guard case .texts(let source) = intervention.source, case .texts(let texts) = payload else { return nil }
    let text = texts[intervention.operation == .resample ? draws.text(of: texts.count) : 0]
    let there = source.alignment == .start ? at : text.shape[0] - prompt + at
    guard there >= 0, there < text.shape[0] else {
      guard case .at = intervention.positions else { return nil }
      throw HoldfastError(
        .invalidArgument,
        "the source's text of \(text.shape[0]) tokens has none that stands for position \(at); align it at the other end "
          + "or give a range of positions")
    }
    return text.row(there).row(head)
  }

  private func patch(_ x: Tensor, _ target: Tensor, _ at: Int) {
    guard place.isOfKeys else { return runtime.blend(target, into: x, strength: strength) }
    // A row sees the keys up to its own; what comes behind them is hidden in both texts.
    x.rows(0..<(at + 1)).copy(from: target.rows(0..<(at + 1)))
  }
}

/// What is drawn by chance for one text: determined by the intervention's seed, the site and the text, whatever it is
/// computed together with.
private struct Draws {
  private let source: RandomSource
  private let prompt: ArraySlice<Int32>
  /// A hash of the text up to and with each token, for noise.
  private var hashes: [UInt64] = []

  init(_ intervention: Intervention, _ site: Site, text: [Int32], prompt: Int) {
    let seeded = RandomSource(seed: intervention.seed)
    self.prompt = text.prefix(prompt)
    guard intervention.operation == .noise || intervention.operation == .patchRandom else {
      // One text stands in for another as a whole, so all sites draw the same.
      source = seeded
      return
    }
    source = seeded.fork(stream: site.name.utf8.reduce(Self.basis) { Self.mix($0, UInt64($1)) })
    var hash = Self.basis
    hashes = text.map { token in
      hash = Self.mix(hash, UInt64(UInt32(bitPattern: token)))
      return hash
    }
  }

  /// Which of several texts stands in for this one.
  func text(of count: Int) -> Int {
    let hash = prompt.reduce(Self.basis) { Self.mix($0, UInt64(UInt32(bitPattern: $1))) }
    var random = source.fork(stream: hash)
    return random.below(count)
  }

  /// The stream for the token at a place and one head.
  func noise(at place: Int, head: Int) -> RandomSource {
    source.fork(stream: hashes[place]).fork(stream: UInt64(head))
  }

  private static let basis: UInt64 = 0xCBF2_9CE4_8422_2325
  /// FNV-1a over 64-bit words.
  private static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 { (hash ^ word) &* 0x0000_0100_0000_01B3 }
}
