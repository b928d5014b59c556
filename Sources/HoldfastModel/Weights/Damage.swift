import Synchronization

/// Collects, from many threads, the lowest index at which a value was not finite.
final class Damage: Sendable {
  private let lowest = Mutex<Int?>(nil)

  func record(_ index: Int) {
    lowest.withLock { $0 = min($0 ?? index, index) }
  }

  var first: Int? { lowest.withLock { $0 } }
}
