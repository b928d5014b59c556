/// Whether a file is whole: its structure, its checksums, and no NaN or infinity where there must be none.
public struct Verification: Sendable {
  /// Something that is wrong.
  public struct Finding: Sendable, Equatable {
    /// What was checked.
    public enum Kind: String, Sendable {
      /// The file, or a part of it, cannot be read as what it says it is.
      case structure
      /// A dataset is not what was written.
      case checksum
      /// A number is NaN or infinite.
      case nonFinite = "non-finite"
    }

    /// What was checked.
    public let kind: Kind
    /// The dataset, tensor or group; empty for the file as a whole.
    public let place: String
    /// What is wrong, and what to do.
    public let message: String
  }

  /// The file or directory.
  public let path: String
  /// The format's name, such as `holdfast-model`, `hdf5`, `gguf` or `safetensors`.
  public internal(set) var format = "hdf5"
  /// The format's version; empty for files that have none.
  public internal(set) var version = ""
  /// How many datasets or tensors were read in full.
  public internal(set) var datasets = 0
  /// How many of them have a checksum.
  public internal(set) var checksums = 0
  /// In an activation file, how many finite numbers became infinite because float16 ends at 65504.
  var overflows = 0
  /// What is wrong; at most `limit` of it.
  public private(set) var findings: [Finding] = []
  /// Whether there is more than the findings say.
  public private(set) var isCut = false
  private static let limit = 1000

  init(path: String) { self.path = path }

  /// Whether what was read are a model's tensors rather than datasets.
  private var isOfTensors: Bool { ["gguf", "safetensors", "hugging-face"].contains(format) }

  /// Whether nothing is wrong.
  public var isGood: Bool { findings.isEmpty }

  mutating func find(_ kind: Finding.Kind, _ place: String, _ message: String) {
    if findings.count == Self.limit {
      isCut = true
    } else {
      findings.append(Finding(kind: kind, place: place, message: message))
    }
  }

  /// Notes what `body` throws because of the file's content; what has other reasons is thrown on.
  mutating func attempt(
    _ place: String, _ body: (inout Verification) throws(HoldfastError) -> Void
  ) throws(HoldfastError) {
    do throws(HoldfastError) {
      try body(&self)
    } catch {
      switch error.code {
      case .corruptData: find(.structure, place, error.message)
      case .numerical: find(.nonFinite, place, error.message)
      default: throw error
      }
    }
  }

  /// Reads a whole file and says what is wrong in it.
  ///
  /// HDF5 files are checked dataset by dataset, Holdfast's own as models, ledgers, activations or studies as well; of GGUF,
  /// safetensors and Hugging Face directories every tensor is read. A damaged file is a finding, not an error.
  /// - Throws: `notFound`, `io`, `unsupported` or `newerVersion` when the file cannot be checked; `cancelled`.
  public static func check(
    _ path: String, progress: ProgressHandler? = nil
  ) throws(HoldfastError) -> Verification {
    var result = Verification(path: path)
    let start = FileSystem.isDirectory(path) ? [] : try opening(path)
    try result.attempt("") { result throws(HoldfastError) in
      if start.starts(with: [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]) {
        try result.checkHDF5(progress)
      } else {
        try result.checkTensors(start, progress)
      }
    }
    return result
  }

  private static func opening(_ path: String) throws(HoldfastError) -> [UInt8] {
    let file = try MappedFile(path: path)
    return withExtendedLifetime(file) { Array(file.bytes.prefix(16)) }
  }

  /// The result for machines.
  public var json: JSON {
    [
      "path": .text(path), "format": .text(format),
      "format_version": version.isEmpty ? .null : .text(version),
      "datasets": .int(datasets), "checksums": .int(checksums), "ok": .bool(isGood),
      "findings": .array(
        findings.map {
          ["kind": .text($0.kind.rawValue), "place": .text($0.place), "message": .text($0.message)]
        }), "cut": .bool(isCut),
    ]
  }

  /// One line for each finding, or one that says that all is well.
  public var lines: [String] {
    if isGood {
      let what = version.isEmpty ? format : "\(format) \(version)"
      let sums = checksums == 0 ? "no checksums" : "\(checksums) checksums"
      return ["\(path): ok (\(what), \(datasets) \(isOfTensors ? "tensors" : "datasets"), \(sums))"]
    }
    let lines = findings.map { finding in
      let place = finding.place.isEmpty ? "" : " \(finding.place):"
      let message =
        finding.message.hasPrefix(path)
        ? String(finding.message.dropFirst(path.count)) : ": " + finding.message
      return "\(path):\(place) \(finding.kind.rawValue)\(message)"
    }
    return lines + (isCut ? ["\(path): there is more; these are the first \(findings.count) findings"] : [])
  }
}
