import CHoldfast
import HoldfastTensor

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// A copy of text that the caller frees with `holdfast_string_free`.
func allocateString(_ text: String) throws(HoldfastError) -> UnsafeMutablePointer<CChar> {
  var text = text
  let copy = text.withUTF8 { utf8 -> UnsafeMutablePointer<CChar>? in
    guard let memory = malloc(utf8.count + 1) else { return nil }
    if let base = utf8.baseAddress { memcpy(memory, base, utf8.count) }
    memory.storeBytes(of: 0, toByteOffset: utf8.count, as: UInt8.self)
    return memory.bindMemory(to: CChar.self, capacity: utf8.count + 1)
  }
  guard let copy else {
    throw HoldfastError(.outOfMemory, "no memory for a string of \(text.utf8.count) bytes")
  }
  return copy
}

/// A copy of numbers that the caller frees with `holdfast_array_free`; never NULL, not even for none.
func allocateArray<T: BitwiseCopyable>(_ values: [T]) throws(HoldfastError) -> UnsafeMutablePointer<T> {
  let bytes = values.count * MemoryLayout<T>.stride
  guard let memory = malloc(max(bytes, 1)) else {
    throw HoldfastError(.outOfMemory, "no memory for an array of \(values.count) elements")
  }
  let copy = memory.bindMemory(to: T.self, capacity: values.count)
  values.withUnsafeBufferPointer { source in
    if let base = source.baseAddress { copy.initialize(from: base, count: source.count) }
  }
  return copy
}

/// C strings that live as long as the handle that owns them.
final class CStrings: @unchecked Sendable {
  private let pointers: [UnsafeMutablePointer<CChar>]

  /// Copies the strings.
  init(_ strings: [String]) throws(HoldfastError) {
    var pointers: [UnsafeMutablePointer<CChar>] = []
    pointers.reserveCapacity(strings.count)
    do throws(HoldfastError) {
      for string in strings { pointers.append(try allocateString(string)) }
    } catch {
      pointers.forEach { free($0) }
      throw error
    }
    self.pointers = pointers
  }

  deinit { pointers.forEach { free($0) } }

  /// The string at an index of C; nil when it is out of range.
  subscript(index: Int) -> UnsafePointer<CChar>? {
    pointers.indices.contains(index) ? UnsafePointer(pointers[index]) : nil
  }
}

/// Numbers in C memory that live as long as the handle that owns them.
final class CArray<T: BitwiseCopyable>: @unchecked Sendable {
  private let memory: UnsafeMutablePointer<T>
  /// The number of elements.
  let count: Int

  /// Copies the numbers.
  init(_ values: [T]) throws(HoldfastError) {
    memory = try allocateArray(values)
    count = values.count
  }

  deinit { free(memory) }

  /// The address of an element that exists, or of the end.
  func pointer(at index: Int) -> UnsafePointer<T>? {
    (0...count).contains(index) ? UnsafePointer(memory + index) : nil
  }
}
