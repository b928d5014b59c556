// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase
// The documentation is in include/holdfast/system.h.
public import CHoldfast
import Holdfast
import Synchronization

/// Where the engine's notices go.
enum Log {
  fileprivate struct Receiver: @unchecked Sendable {
    let function: holdfast_log_function
    let least: NoticeLevel
    let userData: UnsafeMutableRawPointer?
  }

  fileprivate static let receiver = Mutex<Receiver?>(nil)

  /// Hands waiting notices to the receiver, if there is one, on the calling thread.
  static func deliver() {
    guard !Runtime.notices.isEmpty, let receiver = receiver.withLock({ $0 }) else { return }
    for notice in Runtime.notices.take() where notice.level.rawValue >= receiver.least.rawValue {
      notice.text.withCString {
        receiver.function(
          holdfast_log_level(rawValue: UInt32(bitPattern: notice.level.rawValue)), $0, receiver.userData)
      }
    }
  }
}

@c @implementation
public func holdfast_set_log(
  _ function: holdfast_log_function?, _ least: holdfast_log_level, _ user_data: UnsafeMutableRawPointer?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let least: NoticeLevel = try choice(least.rawValue, "least")
    Log.receiver.withLock { receiver in
      receiver = function.map { Log.Receiver(function: $0, least: least, userData: user_data) }
    }
  }
}
