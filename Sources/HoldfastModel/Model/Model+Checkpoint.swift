public import HoldfastStorage
public import HoldfastTensor
import HoldfastText

/// Holdfast's own model file: HDF5 with everything needed to run, so that one file is a model.
///
/// Root attributes `format`, `format_version`, `creator`, `created`, `source`, `source_format`, `source_sha256`; `/config` and
/// `/tokenizer` JSON; `/weights/<Hugging Face name>` float32, float16 or bfloat16 (an HDF5 float of 1, 8 and 7 bits),
/// contiguous, with named axes. A model with an adapter has the weights beneath it there, and the adapter in `/adapter`
/// (`AdapterGroup`). Of files from other tools, docs/hdf5.md says what they need and may have.
extension Model {
  /// The format's name and the newest version that is read.
  public static let checkpointFormat = FileFormat(name: "holdfast-model", major: 2, minor: 1)
  /// The version of files without an adapter, which earlier readers understand as well.
  private static let plainFormat = FileFormat(name: "holdfast-model", major: 1, minor: 1)

  /// Writes the model, overlay included, as one HDF5 file; atomically. An adapter is kept apart from the weights.
  ///
  /// - Parameters:
  ///   - precision: how the weights are stored; 16 bits are rounded to the nearest, ties to even.
  ///   - progress: counts tensors and may cancel, which leaves no file.
  ///   - more: adds groups of its own, such as a trainer's moments; nothing by default.
  public func save(
    to path: String, precision: FloatPrecision = .float32, progress: ProgressHandler? = nil,
    more: (HDF5Group) throws(HoldfastError) -> Void = { _ throws(HoldfastError) in }
  ) throws(HoldfastError) {
    try requireNoInterventions("saved")
    try FileSystem.requireSpace(byteCount(precision), for: path)
    let sha256 = try provenance.sha256()
    let format = parameters?.adapter == nil ? Self.plainFormat : Self.checkpointFormat
    let base = parameters?.adapter == nil ? self : self.base
    try HDF5File.write(to: path, format: format) { root throws(HoldfastError) in
      try root.setAttribute("source", .text(ByteString(provenance.path)))
      try root.setAttribute("source_format", .text(ByteString(provenance.format)))
      try root.setAttribute("source_sha256", .text(ByteString(sha256)))
      try root.write("config", strings: [ByteString(configuration.huggingFace.serialized())], axes: [])
      try root.write("tokenizer", strings: [ByteString(tokenizer.serialized().serialized())], axes: [])
      let group = try root.makeGroup("weights")
      for (index, slot) in weights.slots.enumerated() {
        let tensor = try base.materialized(slot, for: precision)
        let axes = zip(slot.axes, slot.shape).map { HDF5Axis($0, $1) }
        let dataset = try group.makeDataset(slot.name, precision.hdf5Type, axes: axes, layout: .contiguous)
        try dataset.writeRows(
          0..<slot.shape[0],
          from: UnsafeBufferPointer(start: UnsafePointer(tensor.pointer), count: tensor.count))
        try Progress(stage: "save", done: index + 1, total: weights.slots.count, unit: "tensors").report(
          to: progress)
      }
      try AdapterGroup.write(self, to: root)
      try more(root)
    }
  }

  static func loadCheckpoint(_ path: String) throws(HoldfastError) -> Model {
    let file = try HDF5File(path: path, format: checkpointFormat)
    func document(_ name: ByteString) throws(HoldfastError) -> JSON {
      guard let text = try file.root.dataset(name).readStrings().first else {
        throw HoldfastError(.corruptData, "\(path): /\(name.text) is empty; the file is damaged")
      }
      return try JSON.parse(text.bytes, name: "\(path):/\(name.text)")
    }
    let configuration = try ModelConfiguration(
      huggingFace: JSONNode(try document("config"), document: "\(path):/config"))
    let group = try file.root.group("weights")
    var stored: [ByteString: StoredTensor] = [:]
    for slot in Architecture.named(configuration.architecture)?.slots(configuration) ?? [] {
      guard let dataset = try group.optionalDataset(slot.name) else { continue }
      stored[slot.name] = try dataset.storedTensor(name: slot.name)
    }
    let tokenizerDocument = try document("tokenizer")
    let tokenizer: Tokenizer
    if tokenizerDocument["model"] != nil {
      // Hugging Face's own documents, as other tools put them in.
      let beside =
        try file.root.optionalDataset("tokenizer_config") == nil ? nil : try document("tokenizer_config")
      tokenizer = try Tokenizer(
        huggingFace: tokenizerDocument, configuration: beside, source: "\(path):/tokenizer")
    } else {
      tokenizer = try Tokenizer(serialized: tokenizerDocument)
    }
    let weights = try Weights(configuration, source: path, layouts: { _ in [:] }) { stored[$0.name] }
    return Model(
      weights: weights, parameters: try AdapterGroup.read(file.root, weights),
      tokenizer: tokenizer,
      provenance: Provenance(path: path, format: "holdfast", files: [try MappedFile(path: path)]))
  }
}
