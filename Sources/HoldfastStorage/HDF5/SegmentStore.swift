public import HoldfastTensor

/// A store that grows: a directory of sealed HDF5 segments, `segment-000001.h5` and so on.
///
/// A segment is written atomically and never changed, so anyone may read what is sealed at any time, and after a kill
/// the next writer goes on behind the last segment. One writer at a time; any number of readers.
public final class SegmentStore: @unchecked Sendable {
  /// The directory.
  public let directory: String
  /// The format of the segments.
  public let format: FileFormat
  private let lock: DirectoryLock?

  /// Opens a store for writing, and makes its directory if need be.
  ///
  /// Throws `io` naming the directory when it cannot be written or another process is writing to it.
  public init(writing directory: String, format: FileFormat) throws(HoldfastError) {
    try FileSystem.makeDirectory(directory)
    self.directory = directory
    self.format = format
    lock = try DirectoryLock(directory)
    for name in try FileSystem.list(directory) where TemporaryFile.isLeftover(name, of: "segment-") {
      try FileSystem.remove("\(directory)/\(name)")
    }
  }

  /// Opens a store for reading; a directory that does not exist is an empty store.
  public init(reading directory: String, format: FileFormat) {
    self.directory = directory
    self.format = format
    lock = nil
  }

  /// The numbers of the sealed segments, ascending.
  public func numbers() throws(HoldfastError) -> [Int] {
    guard FileSystem.isDirectory(directory) else { return [] }
    return try FileSystem.list(directory).compactMap(Self.number(of:)).sorted()
  }

  /// The path of a segment.
  public func path(_ number: Int) -> String {
    let digits = String(number)
    return "\(directory)/segment-\(String(repeating: "0", count: max(0, 6 - digits.utf8.count)))\(digits).h5"
  }

  /// Opens a sealed segment; throws as `HDF5File` does.
  public func open(_ number: Int) throws(HoldfastError) -> HDF5File {
    try HDF5File(path: path(number), format: format)
  }

  /// Writes the next segment and returns its number; when `body` throws, there is none.
  @discardableResult
  public func append(_ body: (HDF5Group) throws(HoldfastError) -> Void) throws(HoldfastError) -> Int {
    try checkWritable()
    let number = (try numbers().last ?? 0) + 1
    try HDF5File.write(to: path(number), format: format, body)
    return number
  }

  /// Removes all segments, the last one first, so that an interruption leaves a valid shorter store.
  public func removeAll() throws(HoldfastError) {
    try checkWritable()
    for number in try numbers().reversed() { try FileSystem.remove(path(number)) }
    try AtomicFile.flushDirectory(directory)
  }

  /// Removes the directory of a store that holds no segments any more; one that holds other things stays.
  public func removeDirectory() throws(HoldfastError) {
    try checkWritable()
    guard try FileSystem.list(directory).allSatisfy({ $0 == ".lock" }) else { return }
    try FileSystem.remove("\(directory)/.lock")
    try FileSystem.remove(directory)
  }

  /// The rows of the table in the given group of every segment, in order; an empty store gives `nil`.
  public func table(in group: ByteString) throws(HoldfastError) -> Table? {
    var joined: Table?
    for number in try numbers() {
      let segment = try Table(reading: open(number).root.group(group))
      if joined == nil { joined = segment } else { try joined?.append(segment) }
    }
    return joined
  }

  private func checkWritable() throws(HoldfastError) {
    guard lock != nil else {
      throw HoldfastError(.invalidArgument, "\(directory): the store was opened for reading")
    }
  }

  private static func number(of name: ByteString) -> Int? {
    guard name.hasPrefix("segment-"), name.hasSuffix(".h5"), name.count >= 17 else { return nil }
    let digits = name.bytes[8..<(name.count - 3)]
    guard digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), digits.count <= 18 else { return nil }
    return Int(String(decoding: digits, as: UTF8.self))
  }
}
