import Synchronization

/// The memory of one encoding, kept for the next.
struct EncodingState {
  /// The words of the piece of text at hand.
  var list = WordList()
  /// The memory of the encoder.
  var scratch = WordEncoder.Scratch()
}

/// The states that no thread uses at the moment.
final class EncodingStates: Sendable {
  private static let limit = 16
  private let idle = Mutex<[EncodingState]>([])

  /// Takes a state.
  func take() -> EncodingState { idle.withLock { $0.popLast() } ?? EncodingState() }

  /// Gives a state back.
  func give(_ state: consuming EncodingState) {
    let state = state
    idle.withLock { states in
      if states.count < Self.limit { states.append(state) }
    }
  }
}
