import HoldfastStorage
import HoldfastTensor

/// Where the parts of a study lie.
struct StudyDirectory: Sendable {
  let path: String

  /// The result for machines, in words, and as one HDF5 file.
  var summaryJSON: String { "\(path)/summary.json" }
  var summaryText: String { "\(path)/summary.txt" }
  var studyFile: String { "\(path)/study.h5" }
  /// The stages, and the plan that says which there are.
  var stages: String { "\(path)/stages" }
  var plan: String { "\(path)/stages/plan.json" }

  /// The domains of a series, where this is one.
  var domains: String { "\(path)/domains.json" }

  /// The directory of a stage.
  func stage(_ name: String) -> String { "\(stages)/\(Self.plain(name))" }
  /// The tuned weights of a model.
  func weights(_ model: TunedModel) -> String { "\(path)/models/\(model.fileName).h5" }
  /// The rows of a group.
  func rows(_ group: GroupName) -> String { "\(path)/groups/\(group.fileName).jsonl" }

  /// Where each row of the pool went, without the ending.
  var assignment: String { "\(path)/groups/assignment" }

  func make() throws(HoldfastError) {
    for part in [stages, "\(path)/models", "\(path)/groups"] { try FileSystem.makeDirectory(part) }
  }

  /// A name with everything but letters, digits and `.` made `-`; unlike names stay apart by the caller's choice.
  static func plain(_ name: String) -> String {
    String(
      decoding: name.utf8.map { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."):
          byte
        default: UInt8(ascii: "-")
        }
      }, as: UTF8.self)
  }

  /// Removes a file or a whole directory; links are removed, not followed.
  static func removeTree(_ path: String) throws(HoldfastError) {
    do throws(HoldfastError) {
      try FileSystem.remove(path)
    } catch {
      guard FileSystem.isDirectory(path) else { throw error }
      for name in try FileSystem.list(path) { try removeTree("\(path)/\(name.text)") }
      try FileSystem.remove(path)
    }
  }
}

/// One tuned model of a study.
struct TunedModel: Sendable, Hashable {
  let group: GroupName
  let seed: UInt64
  /// Whether the study has several seeds, so that names must tell them apart.
  let isOneOfSeveral: Bool

  /// `HARMONIOUS`, or `HARMONIOUS-seed7`.
  var name: String { group.rawValue + suffix }
  /// The same in small letters.
  var fileName: String { group.fileName + suffix }

  private var suffix: String { isOneOfSeveral ? "-seed\(seed)" : "" }
}
