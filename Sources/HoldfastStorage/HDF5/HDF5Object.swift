import CHDF5
import HoldfastTensor

/// A group or a dataset: what can have attributes.
public class HDF5Object: @unchecked Sendable {
  /// The path from the root, such as `/groups/harmonious`.
  public let path: String
  let store: HDF5Store
  let handle: HDF5Handle

  init(store: HDF5Store, path: String, handle: HDF5Handle) {
    self.store = store
    self.path = path
    self.handle = handle
  }

  /// The path of the file.
  public var filePath: String { store.path }

  var id: hid_t { handle.id }

  /// The file and the place in it, for messages.
  var place: String { "\(store.path): \(path)" }

  func corrupt(_ message: String) -> HoldfastError { HoldfastError(.corruptData, "\(place) \(message)") }

  /// Throws when a name cannot be one of HDF5: empty, `.`, with a slash or a zero byte, or not UTF-8.
  func checked(_ name: ByteString) throws(HoldfastError) -> String {
    guard let text = name.validText, !name.isEmpty, name != ".",
      !name.bytes.contains(where: { $0 == 0 || $0 == 0x2F })
    else { throw HoldfastError(.invalidArgument, "\(place): '\(name)' cannot be a name in an HDF5 file") }
    return text
  }
}
