import HoldfastStorage
public import HoldfastTensor

/// The two matrices of one adapter, in the engine's layout.
struct AdapterTensors {
  /// A [r,K].
  let down: Tensor
  /// B [N,r].
  let up: Tensor
  /// s.
  let scale: Float
  /// Its place among all adapters of the parameters.
  let place: Int

  /// r.
  var rank: Int { down.shape[0] }

  /// The adapters among named tensors, by the name of the weight they stand beside.
  static func all(
    _ named: [(name: ByteString, tensor: Tensor)], _ configuration: AdapterConfiguration
  ) -> [ByteString: AdapterTensors] {
    let tensors = Dictionary(named.map { ($0.name, $0.tensor) }, uniquingKeysWith: { first, _ in first })
    var all: [ByteString: AdapterTensors] = [:]
    let ending: ByteString = ".lora_A.weight"
    for (name, down) in named where name.hasSuffix(ending) {
      let module = ByteString(name.bytes.dropLast(ending.count))
      guard let up = tensors[module + ".lora_B.weight"] else { continue }
      all[module + ".weight"] = AdapterTensors(
        down: down, up: up, scale: configuration.scale(of: module), place: all.count)
    }
    return all
  }
}

extension Parameters {
  /// New adapters on a model: A drawn uniformly from ±1/√K (Kaiming with a = √5, as PEFT does), B zero.
  ///
  /// What the model computes with stays as it is and is not copied, unless it has adapters already: these are merged.
  /// - Parameter seed: of A.
  /// - Throws: `invalidArgument` for a configuration that cannot be used, naming the setting.
  public convenience init(
    adapting model: Model, _ configuration: AdapterConfiguration, seed: UInt64
  ) throws(HoldfastError) {
    var named: [(name: ByteString, tensor: Tensor)] = []
    for (place, slot) in try model.weights.targets(configuration).enumerated() {
      let rank = configuration.rank(of: slot.moduleName)
      let down = try Tensor(uninitialized: [rank, slot.shape[1]])
      let bound = 1 / Double(slot.shape[1]).squareRoot()
      var random = RandomSource(seed: seed).fork(stream: 0x4C6F_5241 << 32 | UInt64(place))
      for i in 0..<down.count { down.pointer[i] = Float((2 * random.uniform() - 1) * bound) }
      named.append((slot.downName, down))
      named.append((slot.upName, try Tensor(zeros: [slot.shape[0], rank])))
    }
    let beneath = model.parameters?.adapter == nil ? model.parameters : try Parameters(copying: model)
    self.init(named, adapter: configuration, frozen: beneath)
  }
}
