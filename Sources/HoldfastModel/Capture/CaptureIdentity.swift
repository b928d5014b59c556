import HoldfastStorage
import HoldfastTensor

/// What an activation file is of: its root attributes, by which a rerun knows its own work.
struct CaptureIdentity {
  let settings: JSON
  let source: JSON
  let modelPath: String
  let modelSHA256: String
  let itemsDigest: String
  let itemCount: Int
  let kernel: String

  init(_ plan: CapturePlan, _ model: Model, source: JSON) throws(HoldfastError) {
    settings = plan.options.settings
    self.source = source
    modelPath = model.provenance.path
    modelSHA256 = try model.provenance.sha256()
    itemsDigest = plan.digest
    itemCount = plan.items.count
    kernel = Runtime.shared.kernelName
  }

  /// Writes the attributes.
  func write(to root: HDF5Group) throws(HoldfastError) {
    try root.setAttribute("source_model", .text(ByteString(modelPath)))
    try root.setAttribute("source_model_sha256", .text(ByteString(modelSHA256)))
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
    if try root.text("source_model_sha256").text != modelSHA256 { return "of another model" }
    if mine.serialized() != theirs.serialized() { return "captured with other options" }
    if try root.text("items_sha256").text != itemsDigest { return "of other items" }
    return nil
  }
}
