import HoldfastStorage
import HoldfastTensor

/// One stage of a study on disk: a directory, and a record of what its content depends on.
///
/// The record's key is a digest of everything that can change the content. When the key is no longer the same, the stage
/// is emptied and begun anew.
struct Stage {
  let name: String
  let directory: String
  let key: String
  /// Whether the content is complete.
  private(set) var isDone: Bool
  /// The kernels it was begun with.
  let kernel: String
  private var notes: JSON

  /// Opens the stage; `depends` names all it depends on.
  init(_ name: String, in study: StudyDirectory, depends: JSON, kernel: String) throws(HoldfastError) {
    self.name = name
    directory = study.stage(name)
    let identity: JSON = ["stage": .text(name), "version": 2, "depends": depends]
    key = SHA256.hex(identity.serialized())
    notes = [
      "stage": .text(name), "key": .text(key), "done": false, "kernel": .text(kernel), "depends": depends,
    ]
    if let record = try Self.record(directory), record["key"]?.textValue == key {
      isDone = record["done"]?.boolValue ?? false
      self.kernel = record["kernel"]?.textValue ?? kernel
      notes = record
      return
    }
    isDone = false
    self.kernel = kernel
    if FileSystem.exists(directory) { try StudyDirectory.removeTree(directory) }
    try FileSystem.makeDirectory(directory)
    try save()
  }

  /// Marks the content as complete.
  mutating func finish() throws(HoldfastError) {
    notes.set("done", true)
    notes.set("finished", .text(FileFormat.timestamp()))
    try save()
    isDone = true
  }

  /// A file of the stage.
  func file(_ name: String) -> String { "\(directory)/\(name)" }

  /// The record of a stage's directory, or `nil` when there is none that can be read.
  static func record(_ directory: String) throws(HoldfastError) -> JSON? {
    let path = "\(directory)/stage.json"
    guard FileSystem.exists(path) else { return nil }
    do throws(HoldfastError) {
      return try JSON.read(path)
    } catch {
      guard error.code == .corruptData else { throw error }
      return nil
    }
  }

  private func save() throws(HoldfastError) {
    try AtomicFile.write(notes.serialized(pretty: true), to: file("stage.json"))
  }
}
