import Holdfast
import Synchronization

/// Sessions of one model that wait to be used again; each is used by one call at a time.
final class SessionPool: @unchecked Sendable {
  private struct Idle: @unchecked Sendable { var sessions: [Session] = [] }

  private let model: Model
  private let idle = Mutex(Idle())

  /// More calls than these may run at once; only so many sessions are kept afterwards.
  private static let kept = 4

  /// An empty pool.
  init(_ model: Model) { self.model = model }

  /// Runs `body` with a session that nobody else has.
  func use<Value>(_ body: (Session) throws(HoldfastError) -> Value) throws(HoldfastError) -> Value {
    let session = try take()
    let value = try body(session)
    giveBack(session)
    return value
  }

  private func take() throws(HoldfastError) -> Session {
    let waiting = idle.withLock { Taken(session: $0.sessions.popLast()) }
    if let session = waiting.session { return session }
    return try model.makeSession()
  }

  private func giveBack(_ session: Session) {
    let returned = Taken(session: session)
    idle.withLock { idle in
      if let session = returned.session, idle.sessions.count < Self.kept { idle.sessions.append(session) }
    }
  }

  /// Carries a session across the lock; only one owner has it at any time.
  private struct Taken: @unchecked Sendable { let session: Session? }
}
