import HoldfastStorage
import HoldfastTensor

/// What an activation file is of: its root attributes, by which a rerun knows its own work.
struct CaptureIdentity {
  let settings: JSON
  let source: JSON
  let modelPath: String
  let modelSHA256: String
  /// Of tuned parameters in the place of the file's weights; `nil` when there are none.
  let parametersSHA256: String?
  let itemsDigest: String
  let itemCount: Int
  let kernel: String

  init(_ plan: CapturePlan, _ model: Model, source: JSON) throws(HoldfastError) {
    var settings = plan.options.settings
    if !model.interventions.isEmpty { settings.set("interventions", model.interventions.json) }
    self.settings = settings
    self.source = source
    modelPath = model.provenance.path
    modelSHA256 = try model.provenance.sha256()
    parametersSHA256 = model.parameters?.digest
    itemsDigest = plan.digest
    itemCount = plan.items.count
    kernel = Runtime.shared.kernelName
  }

  /// Writes the attributes.
  func write(to root: HDF5Group) throws(HoldfastError) {
    try root.setAttribute("source_model", .text(ByteString(modelPath)))
    try root.setAttribute("source_model_sha256", .text(ByteString(modelSHA256)))
    if let parametersSHA256 {
      try root.setAttribute("parameters_sha256", .text(ByteString(parametersSHA256)))
    }
    try root.setAttribute("kernel", .text(ByteString(kernel)))
    try root.setAttribute("settings", .text(ByteString(settings.serialized())))
    try root.setAttribute("source", .text(ByteString(source.serialized())))
    try root.setAttribute("items", .integer(Int64(itemCount)))
    try root.setAttribute("items_sha256", .text(ByteString(itemsDigest)))
  }

  /// What of a file or segment is of another capture, in words; `nil` when it is of this one.
  ///
  /// Kernels give the same bits, and a path may change: neither counts. Segments are never compressed.
  func difference(to root: HDF5Group, isSegment: Bool) throws(HoldfastError) -> String? {
    var (mine, theirs) = (settings, try root.json("settings"))
    if isSegment {
      mine.set("compression", false)
      theirs.set("compression", false)
    }
    let parameters: HDF5Attribute? = parametersSHA256.map { .text(ByteString($0)) }
    let isOfModel = try root.text("source_model_sha256").text == modelSHA256
    guard isOfModel, try root.attribute("parameters_sha256") == parameters else { return "of another model" }
    if mine.serialized() != theirs.serialized() { return "captured with other options" }
    if try root.text("items_sha256").text != itemsDigest { return "of other items" }
    return nil
  }
}

extension Parameters {
  /// SHA-256 over the names, shapes and numbers of all tensors and the scales of the adapters among them.
  var digest: String {
    var hash = SHA256()
    for (name, tensor) in zip(names, tensors) {
      let head = "\(name.text) \(tensor.shape)\n"
      hash.update(Array(head.utf8))
      hash.update(UnsafeRawBufferPointer(start: tensor.pointer, count: 4 * tensor.count))
    }
    for (name, adapter) in adapters.sorted(by: { $0.value.place < $1.value.place }) {
      hash.update(Array("\(name.text) \(adapter.scale.bitPattern)\n".utf8))
    }
    if let frozen { hash.update(Array(frozen.digest.utf8)) }
    return hash.hex
  }
}
