import Glibc
import HoldfastTensor

/// Strings as HDF5 takes them: pointers to bytes that end with a zero.
struct CStrings {
  private var bytes: [CChar] = []
  private var starts: [Int] = []

  /// Copies strings; throws `invalidArgument` when one has a zero byte or is not UTF-8.
  init(_ strings: [ByteString], place: String) throws(HoldfastError) {
    for (i, string) in strings.enumerated() {
      guard string.validText != nil, !string.bytes.contains(0) else {
        throw HoldfastError(
          .invalidArgument, "\(place): string \(i) has a zero byte or is not UTF-8, which HDF5 cannot hold")
      }
      starts.append(bytes.count)
      bytes.append(contentsOf: string.bytes.lazy.map { CChar(bitPattern: $0) })
      bytes.append(0)
    }
  }

  /// Calls `body` with one pointer per string.
  func withPointers<Result>(_ body: (UnsafeBufferPointer<UnsafePointer<CChar>?>) -> Result) -> Result {
    bytes.withUnsafeBufferPointer { buffer in
      let pointers = starts.map { start in buffer.baseAddress.map { $0 + start } }
      return pointers.withUnsafeBufferPointer(body)
    }
  }
}

extension ByteString {
  /// Copies the bytes up to a zero; none when there is no pointer.
  init(copying pointer: UnsafeMutablePointer<CChar>?) {
    guard let pointer else {
      self.init([UInt8]())
      return
    }
    self.init(UnsafeRawBufferPointer(start: pointer, count: strlen(pointer)))
  }
}
