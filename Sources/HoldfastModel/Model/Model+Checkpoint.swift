import HoldfastTensor

extension Model {
  static func loadCheckpoint(_ path: String) throws(HoldfastError) -> Model {
    throw HoldfastError(.unsupported, "\(path): checkpoints cannot be read yet")
  }
}
