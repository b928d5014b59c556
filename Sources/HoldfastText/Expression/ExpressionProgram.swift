import HoldfastTensor

/// A regular expression as a list of instructions for `ExpressionMatcher`.
struct ExpressionProgram: Sendable {
  /// One step.
  enum Instruction: Sendable {
    /// One scalar of set `set`.
    case set(Int)
    /// As many scalars of a set as there are, giving them back one by one; `memory` numbers the loop.
    case loop(set: Int, least: Int, most: Int, memory: Int)
    /// As `loop`, giving nothing back.
    case possessive(set: Int, least: Int, most: Int)
    /// Goes on with the next instruction, and if that fails at `other`; `guarded`: only if the next byte is in that set.
    case choice(other: Int, guarded: Int)
    case jump(Int)
    /// What follows, up to `accept`, must or must not match here; then goes on at `then`.
    case ahead(negated: Bool, then: Int)
    case behind(set: Int, negated: Bool)
    /// What follows, up to `accept`, matches once and is not tried again.
    case atomic(then: Int)
    case anchor(ExpressionNode.Anchor)
    case accept
  }

  private(set) var instructions: [Instruction] = []
  private(set) var sets: [ScalarBitmap] = []
  private(set) var loopCount = 0
  /// `\w`, for word boundaries.
  private(set) var word: ScalarBitmap?
  /// What a match can begin with.
  private var first: ScalarBitmap?
  private var numbers: [ScalarSet: Int] = [:]

  private static let sizeLimit = 4000

  /// Compiles a tree; `parser` is for messages.
  init(_ node: ExpressionNode, _ parser: ExpressionParser) throws(HoldfastError) {
    try emit(node, parser)
    instructions.append(.accept)
    first = node.first.map { ScalarBitmap($0) }
  }

  /// The first place from `i` on where a match may begin.
  @inline(__always)
  func firstStart(_ i: Int, _ end: Int, _ text: Span<UInt8>) -> Int? {
    guard let first else { return i }
    var i = i
    while i < end {
      let (found, length) = first.match(i, in: text)
      if found { return i }
      i += length
    }
    return nil
  }

  private mutating func number(_ set: ScalarSet) -> Int {
    if let known = numbers[set] { return known }
    sets.append(ScalarBitmap(set))
    numbers[set] = sets.count - 1
    return sets.count - 1
  }

  private mutating func emit(_ node: ExpressionNode, _ parser: ExpressionParser) throws(HoldfastError) {
    guard instructions.count < Self.sizeLimit else {
      throw parser.unsupported("more than \(Self.sizeLimit) steps")
    }
    switch node {
    case .empty: break
    case .set(let set): instructions.append(.set(number(set)))
    case .sequence(let parts): for part in parts { try emit(part, parser) }
    case .alternatives(let choices): try emitChoices(choices, parser)
    case .repetition(let body, let least, let most, let greed):
      try emitRepetition(body, least, most, greed, parser)
    case .ahead(let body, let negated):
      let place = reserve()
      try emit(body, parser)
      instructions.append(.accept)
      instructions[place] = .ahead(negated: negated, then: instructions.count)
    case .behind(let set, let negated): instructions.append(.behind(set: number(set), negated: negated))
    case .atomic(let body):
      let place = reserve()
      try emit(body, parser)
      instructions.append(.accept)
      instructions[place] = .atomic(then: instructions.count)
    case .anchor(let anchor):
      if case .wordBoundary = anchor { word = ScalarBitmap(UnicodeSets.shared.wordAlone) }
      if case .noWordBoundary = anchor { word = ScalarBitmap(UnicodeSets.shared.wordAlone) }
      instructions.append(.anchor(anchor))
    }
  }

  private mutating func reserve() -> Int {
    instructions.append(.accept)
    return instructions.count - 1
  }

  private mutating func emitChoices(
    _ choices: [ExpressionNode], _ parser: ExpressionParser
  ) throws(HoldfastError) {
    var ends: [Int] = []
    for choice in choices.dropLast() {
      let place = reserve()
      try emit(choice, parser)
      ends.append(reserve())
      instructions[place] = .choice(other: instructions.count, guarded: choice.first.map { number($0) } ?? -1)
    }
    if let last = choices.last { try emit(last, parser) }
    for place in ends { instructions[place] = .jump(instructions.count) }
  }

  private mutating func emitRepetition(
    _ body: ExpressionNode, _ least: Int, _ most: Int?, _ greed: ExpressionNode.Greed,
    _ parser: ExpressionParser
  ) throws(HoldfastError) {
    if case .set(let set) = body, greed != .lazy {
      let (set, most) = (number(set), most ?? .max)
      if greed == .possessive {
        instructions.append(.possessive(set: set, least: least, most: most))
      } else {
        instructions.append(.loop(set: set, least: least, most: most, memory: loopCount))
        loopCount += 1
      }
      return
    }
    if greed == .possessive {
      return try emit(.atomic(.repetition(body, least: least, most: most, .greedy)), parser)
    }
    for _ in 0..<least { try emit(body, parser) }
    let optional = most.map { $0 - least } ?? 1
    var places: [Int] = []
    for _ in 0..<optional {
      let place = reserve()
      places.append(place)
      if greed == .lazy { _ = reserve() }
      try emit(body, parser)
      if most == nil { instructions.append(.jump(place)) }
    }
    for place in places {
      if greed == .lazy {
        instructions[place] = .choice(other: place + 2, guarded: -1)
        instructions[place + 1] = .jump(instructions.count)
      } else {
        instructions[place] = .choice(other: instructions.count, guarded: -1)
      }
    }
  }
}
