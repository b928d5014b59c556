/// Runs an `ExpressionProgram` over a text, going back where a choice fails; its memory serves many texts.
///
/// A loop remembers the run of characters over which everything behind it failed, so that trying it again further inside
/// the same run costs nothing: long runs take linear time. What is still too costly is given up after a number of steps.
struct ExpressionMatcher {
  /// A choice to come back to.
  private struct Frame {
    var instruction: Int
    var place: Int
    /// For a loop the first place it may give back to; -1 for an ordinary choice.
    var low = -1
    /// The loop whose failure is worth remembering, or -1, and the run it took.
    var memory = -1
    var run = Failure()
  }

  /// The run over which what follows a loop failed.
  private struct Failure {
    var start = 0
    var end = -1
  }

  /// How many steps a byte of text may take before the expression is given up.
  static let stepsPerByte = 500

  /// The longest run, in bytes, that is not worth remembering.
  private static let shortRun = 8

  private var frames: [Frame] = []
  private var failures: [Failure] = []
  private var range = 0..<0
  private var steps = 0
  /// Whether the last match was given up.
  private(set) var isExhausted = false

  /// Prepares for matches in `range`.
  mutating func begin(_ program: ExpressionProgram, _ range: Range<Int>) {
    self.range = range
    let (count, overflow) = (range.count + 100).multipliedReportingOverflow(by: Self.stepsPerByte)
    steps = overflow ? .max : count
    isExhausted = false
    failures.removeAll(keepingCapacity: true)
    for _ in 0..<program.loopCount { failures.append(Failure()) }
  }

  /// The end of the match that begins at `start`, or `nil`.
  mutating func match(_ program: ExpressionProgram, at start: Int, in text: Span<UInt8>) -> Int? {
    run(program, 0, start, text)
  }

  /// Runs from one instruction to its `accept`.
  private mutating func run(_ program: ExpressionProgram, _ first: Int, _ start: Int, _ text: Span<UInt8>)
    -> Int?
  {
    let base = frames.count
    defer { frames.removeLast(frames.count - base) }
    let end = range.upperBound
    var (pc, i) = (first, start)
    while true {
      var failed = false
      switch program.instructions[pc] {
      case .set(let set):
        failed = true
        if i < end {
          let (found, length) = program.sets[set].match(i, in: text)
          if found {
            i += length
            pc += 1
            failed = false
          }
        }
      case .loop(let set, let least, let most, let memory):
        failed = !loop(program, pc, &i, set, least, most, memory, text)
        pc += 1
      case .possessive(let set, let least, let most):
        let (stop, _, count) = Self.scan(program.sets[set], i, end, least, most, text)
        failed = count < least
        i = stop
        pc += 1
      case .choice(let other, let guarded):
        if guarded >= 0, i >= end || !program.sets[guarded].match(i, in: text).found {
          pc = other
        } else {
          frames.append(Frame(instruction: other, place: i))
          pc += 1
        }
      case .jump(let target): pc = target
      case .ahead(let negated, let then):
        failed = (run(program, pc + 1, i, text) != nil) == negated
        pc = then
      case .behind(let set, let negated):
        let found =
          i > range.lowerBound && program.sets[set].match(UTF8Text.start(before: i, in: text), in: text).found
        failed = found == negated
        pc += 1
      case .atomic(let then):
        if let stop = run(program, pc + 1, i, text) { i = stop } else { failed = true }
        pc = then
      case .anchor(let anchor):
        failed = !holds(anchor, i, program, text)
        pc += 1
      case .accept: return i
      }
      if failed {
        guard !isExhausted, goBack(base, &pc, &i, text) else { return nil }
      }
    }
  }

  /// Takes the last choice back; `false` when there is none.
  private mutating func goBack(_ base: Int, _ pc: inout Int, _ i: inout Int, _ text: Span<UInt8>) -> Bool {
    steps -= 1
    guard steps > 0 else {
      isExhausted = true
      return false
    }
    while frames.count > base {
      let top = frames.count - 1
      let frame = frames[top]
      (pc, i) = (frame.instruction, frame.place)
      if frame.low < 0 {
        frames.removeLast()
        return true
      }
      if frame.place > frame.low {
        i = UTF8Text.start(before: frame.place, in: text)
        frames[top].place = i
        return true
      }
      frames.removeLast()
      if frame.memory >= 0 { failures[frame.memory] = frame.run }
    }
    return false
  }

  /// Takes as many scalars as there are and notes the places to go back to.
  @inline(__always)
  private mutating func loop(
    _ program: ExpressionProgram, _ pc: Int, _ i: inout Int, _ set: Int, _ least: Int, _ most: Int,
    _ memory: Int,
    _ text: Span<UInt8>
  ) -> Bool {
    let failure = failures[memory]
    if most == .max, i >= failure.start, i < failure.end { return false }
    let start = i
    let (stop, low, count) = Self.scan(program.sets[set], i, range.upperBound, least, most, text)
    guard count >= least else { return false }
    i = stop
    steps &-= stop - start
    if stop > low {
      let isLong = most == .max && stop - start > Self.shortRun
      frames.append(
        Frame(
          instruction: pc + 1, place: stop, low: low, memory: isLong ? memory : -1,
          run: Failure(start: start, end: stop)))
    }
    return true
  }

  /// The end of the scalars of a set from `i` on, the place behind the least of them, and their number up to `least`.
  @inline(__always)
  private static func scan(
    _ set: ScalarBitmap, _ i: Int, _ end: Int, _ least: Int, _ most: Int, _ text: Span<UInt8>
  ) -> (stop: Int, low: Int, count: Int) {
    var i = i
    var low = i
    var count = 0
    while i < end, count < most {
      let (found, length) = set.match(i, in: text)
      guard found else { break }
      i += length
      count += 1
      if count == least { low = i }
    }
    return (i, low, count)
  }

  private func holds(
    _ anchor: ExpressionNode.Anchor, _ i: Int, _ program: ExpressionProgram, _ text: Span<UInt8>
  ) -> Bool {
    switch anchor {
    case .textStart: return i == range.lowerBound
    case .textEnd: return i == range.upperBound
    case .textEndOrLastLine:
      return i == range.upperBound || i + 1 == range.upperBound && text[i] == 0x0A
    case .lineStart: return i == range.lowerBound || i < range.upperBound && text[i - 1] == 0x0A
    case .lineEnd: return i == range.upperBound || text[i] == 0x0A
    case .wordBoundary: return isBoundary(i, program, text)
    case .noWordBoundary: return !isBoundary(i, program, text)
    }
  }

  private func isBoundary(_ i: Int, _ program: ExpressionProgram, _ text: Span<UInt8>) -> Bool {
    guard let word = program.word else { return false }
    let before = i > range.lowerBound && word.match(UTF8Text.start(before: i, in: text), in: text).found
    let after = i < range.upperBound && word.match(i, in: text).found
    return before != after
  }
}
