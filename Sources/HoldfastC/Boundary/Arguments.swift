import CHoldfast
import HoldfastTensor

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// A NUL-terminated argument as text, refused with the position of the first byte that is not UTF-8.
func textArgument(_ pointer: UnsafePointer<CChar>?, _ name: String) throws(HoldfastError) -> String {
  guard let pointer else {
    throw HoldfastError(.invalidArgument, "`\(name)` is NULL; pass NUL-terminated UTF-8")
  }
  return try textArgument(pointer, length: strlen(pointer), name)
}

/// A NUL-terminated argument that may be NULL.
func optionalTextArgument(_ pointer: UnsafePointer<CChar>?, _ name: String) throws(HoldfastError) -> String? {
  guard let pointer else { return nil }
  return try textArgument(pointer, name)
}

/// An argument of a given number of bytes as text; `HOLDFAST_NUL_TERMINATED` counts them here.
func textArgument(_ pointer: UnsafePointer<CChar>?, length: Int, _ name: String) throws(HoldfastError)
  -> String
{
  guard let pointer else {
    guard length == 0 else { throw HoldfastError(.invalidArgument, "`\(name)` is NULL; pass UTF-8") }
    return ""
  }
  // A C size_t arrives as an Int; (size_t)-1 asks for the NUL, and no object is larger than Int.max.
  guard length >= -1 else {
    throw HoldfastError(.invalidArgument, "`\(name)` cannot be \(UInt(bitPattern: length)) bytes long")
  }
  let bytes = UnsafeRawBufferPointer(start: pointer, count: length == -1 ? strlen(pointer) : length)
  do {
    return String(copying: try UTF8Span(validating: bytes.bindMemory(to: UInt8.self).span))
  } catch {
    let position = error.byteOffsets.lowerBound
    throw HoldfastError(
      .invalidArgument, "`\(name)` is not UTF-8: byte \(position) is \(hexadecimal(bytes[position]))")
  }
}

/// An argument that names a file or directory.
func pathArgument(_ pointer: UnsafePointer<CChar>?, _ name: String = "path") throws(HoldfastError) -> String {
  let path = try textArgument(pointer, name)
  guard !path.isEmpty else { throw HoldfastError(.invalidArgument, "`\(name)` is empty; pass a path") }
  return path
}

/// `count` elements of caller memory, copied.
///
/// A count that is larger than any sequence can be is refused before a byte is read.
func elements<T: BitwiseCopyable>(
  _ pointer: UnsafePointer<T>?, _ count: Int, _ name: String, limit: Int = 1 << 31
)
  throws(HoldfastError) -> [T]
{
  guard count >= 0, count <= limit else {
    throw HoldfastError(.invalidArgument, "`\(name)` cannot have \(UInt(bitPattern: count)) elements")
  }
  guard count > 0 else { return [] }
  guard let pointer else {
    throw HoldfastError(.invalidArgument, "`\(name)` is NULL but has \(count) elements")
  }
  guard UInt(bitPattern: pointer) % UInt(MemoryLayout<T>.alignment) == 0 else {
    throw HoldfastError(.invalidArgument, "`\(name)` is not aligned to \(MemoryLayout<T>.alignment) bytes")
  }
  return Array(UnsafeBufferPointer(start: pointer, count: count))
}

/// A flag of C, which is 0 or 1.
func flag(_ value: Int32, _ name: String) throws(HoldfastError) -> Bool {
  switch value {
  case 0: return false
  case 1: return true
  default: throw HoldfastError(.invalidArgument, "`\(name)` is \(value); pass 0 or 1")
  }
}

/// A number that must lie in a range; NaN lies in none.
func number<T: Comparable>(_ value: T, _ name: String, in range: ClosedRange<T>) throws(HoldfastError) -> T {
  guard range.contains(value) else {
    throw HoldfastError(
      .invalidArgument, "`\(name)` is \(value); pass \(range.lowerBound) to \(range.upperBound)")
  }
  return value
}

/// A count that C holds without a sign.
func count(_ value: UInt64, _ name: String) throws(HoldfastError) -> Int {
  guard let value = Int(exactly: value) else {
    throw HoldfastError(.invalidArgument, "`\(name)` is \(value), which is too large")
  }
  return value
}

private func hexadecimal(_ byte: UInt8) -> String {
  let digits = String(byte, radix: 16, uppercase: true)
  return digits.utf8.count == 1 ? "0x0\(digits)" : "0x\(digits)"
}

/// One of the values an enumeration of C names, in its order from 0.
func choice<T>(_ value: Int32, _ name: String, _ values: [T]) throws(HoldfastError) -> T {
  guard values.indices.contains(Int(value)) else {
    throw HoldfastError(.invalidArgument, "`\(name)` is \(value); pass 0 to \(values.count - 1)")
  }
  return values[Int(value)]
}

/// The place of a value in an enumeration of C.
func index<T: Equatable>(_ value: T, in values: [T]) -> Int32 {
  Int32(truncatingIfNeeded: values.firstIndex(of: value) ?? 0)
}
