import Glibc
import HoldfastTensor

/// The version of this engine, as files name it.
public let engineVersion = "0.1.0"

/// The name and semantic version of a kind of HDF5 file, kept in its root attributes.
///
/// A file of the same major version is read, whatever the rest; one of a newer major version is refused.
public struct FileFormat: Sendable, Equatable {
  /// The name, such as `holdfast-study`.
  public let name: ByteString
  /// Changes when older readers must not read the file.
  public let major: Int
  /// Changes when something is added.
  public let minor: Int

  /// Names a format.
  public init(name: ByteString, major: Int, minor: Int) {
    self.name = name
    self.major = major
    self.minor = minor
  }

  /// The version as a text.
  public var version: String { "\(major).\(minor).0" }

  /// Writes the root attributes every file of Holdfast has: format, version, creator and creation time.
  func write(to root: HDF5Group) throws(HoldfastError) {
    try root.setAttribute("format", .text(name))
    try root.setAttribute("format_version", .text(ByteString(version)))
    try root.setAttribute("creator", .text(ByteString("Holdfast \(engineVersion)")))
    try root.setAttribute("created", .text(ByteString(Self.timestamp())))
  }

  /// Throws `corruptData` when `root` is that of another kind of file, `newerVersion` when it is too new.
  func check(_ root: HDF5Group) throws(HoldfastError) {
    let path = root.filePath
    guard let stored = try root.attribute("format"), case .text(let found) = stored else {
      throw HoldfastError(
        .corruptData, "\(path): this HDF5 file is not a \(name) file: it has no attribute 'format'")
    }
    guard found == name else {
      throw HoldfastError(.corruptData, "\(path): a file of the format '\(found)' where '\(name)' is needed")
    }
    let version = try root.text("format_version")
    guard let major = version.text.split(separator: ".").first.flatMap({ Int($0) }) else {
      throw HoldfastError(.corruptData, "\(path): '\(version)' is not a version of the format \(name)")
    }
    guard major <= self.major else {
      throw HoldfastError(
        .newerVersion,
        "\(path): version \(version) of the format \(name) is newer than \(self.version), the newest that "
          + "Holdfast \(engineVersion) reads; update Holdfast")
    }
  }

  /// The present time in UTC (RFC 3339), such as `2026-01-31T23:59:59Z`.
  public static func timestamp() -> String {
    var now = time(nil)
    var parts = tm()
    gmtime_r(&now, &parts)
    func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let day = "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
    return "\(day)T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
  }
}
