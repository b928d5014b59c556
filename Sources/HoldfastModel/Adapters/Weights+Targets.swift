import HoldfastStorage
import HoldfastTensor

extension Weights {
  /// The projections that can carry an adapter, in the order of the forward pass; the output's is the last, where it is a
  /// tensor of its own.
  var adaptable: [Slot] {
    slots.filter { !$0.key.isBias && $0.key.module.isProjection }
  }

  /// The projections that a configuration selects.
  ///
  /// - Throws: `invalidArgument` for a name that selects none, with those that could.
  func targets(_ configuration: AdapterConfiguration) throws(HoldfastError) -> [Slot] {
    try configuration.validate()
    let all = adaptable
    var selected: Set<ByteString> = []
    for target in configuration.targetModules {
      let matches =
        target == AdapterConfiguration.allLinear
        ? all.filter { $0.key.module != .output }
        : all.filter { AdapterConfiguration.selects(target, $0.moduleName) }
      guard !matches.isEmpty else {
        var known: [String] = []
        for slot in all {
          let name = slot.moduleName.text.split(separator: ".").last.map(String.init) ?? ""
          if !known.contains(where: { $0.utf8.elementsEqual(name.utf8) }) { known.append(name) }
        }
        throw HoldfastError(
          .invalidArgument,
          "no projection of this \(architecture.name) model is called '\(target.text)'; LoRA can adapt all-linear or "
            + known.joined(separator: ", "))
      }
      selected.formUnion(matches.map(\.name))
    }
    return all.filter { selected.contains($0.name) }
  }
}

extension Slot {
  /// The name of its module: its own without `.weight` or `.bias`.
  var moduleName: ByteString { ByteString(name.bytes.dropLast(key.isBias ? 5 : 7)) }
  /// The name of A of its adapter.
  var downName: ByteString { moduleName + ".lora_A.weight" }
  /// The name of B.
  var upName: ByteString { moduleName + ".lora_B.weight" }
}

extension Module {
  /// Whether it is a matrix that vectors are multiplied by.
  var isProjection: Bool {
    switch self {
    case .query, .key, .value, .queryKeyValue, .attentionOutput, .gate, .up, .gateUp, .down, .output: true
    default: false
    }
  }
}
