import HoldfastTensor
import Synchronization

/// Makes a value once, on first use, however many threads ask.
final class Once<Value: Sendable>: Sendable {
  private let state = Mutex<Value?>(nil)

  func get(_ make: () throws(HoldfastError) -> Value) throws(HoldfastError) -> Value {
    let result: Result<Value, HoldfastError> = state.withLock { value in
      if let value { return .success(value) }
      do {
        let made = try make()
        value = made
        return .success(made)
      } catch let error as HoldfastError {
        return .failure(error)
      } catch {
        return .failure(HoldfastError(.internal, "\(error)"))
      }
    }
    return try result.get()
  }
}
