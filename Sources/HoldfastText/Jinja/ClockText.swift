import Glibc
import HoldfastStorage

/// The date and time in words, as Python's `datetime.now().strftime`.
enum ClockText {
  /// Writes the local time; where the variable `SOURCE_DATE_EPOCH` is set, that moment in UTC instead, so that a run can
  /// be repeated with the same tokens. `nil` when the format is not one.
  static func now(format: ByteString) -> ByteString? {
    if let fixed = getenv("SOURCE_DATE_EPOCH"), let moment = Int(String(cString: fixed)) {
      return text(of: moment, isLocal: false, format: format)
    }
    return text(of: time(nil), isLocal: true, format: format)
  }

  /// Writes a moment, in seconds since 1970.
  static func text(of moment: Int, isLocal: Bool, format: ByteString) -> ByteString? {
    guard !format.isEmpty else { return "" }
    guard format.count <= 1024, !format.bytes.contains(0) else { return nil }
    var (moment, parts) = (time_t(moment), tm())
    guard (isLocal ? localtime_r(&moment, &parts) : gmtime_r(&moment, &parts)) != nil else { return nil }
    var buffer = [CChar](repeating: 0, count: 16384)
    // A space behind the format tells an empty result from one that does not fit.
    let pattern = (format.bytes + [0x20, 0]).map { CChar(bitPattern: $0) }
    let count = strftime(&buffer, buffer.count, pattern, &parts)
    guard count > 0 else { return nil }
    return ByteString(buffer[..<(count - 1)].map { UInt8(bitPattern: $0) })
  }
}
