import HoldfastStorage
import HoldfastTensor

/// A dataset of activations: all captured sites of one kind.
struct CaptureColumn {
  let kind: Site.Kind
  /// The captured blocks, ascending; `nil` for a site outside of the blocks.
  let layers: [Int]?
  /// The extent of the axis `layer`, which has the blocks that any kind captures; 1 without that axis.
  let layerCount: Int
  /// What a token has: axes behind `position`.
  let tail: [HDF5Axis]
  let dtype: FloatPrecision

  /// The numbers of a token in one block.
  var tailCount: Int { tail.reduce(1) { $0 * $1.length } }
  /// The bytes of a token in all blocks.
  var tokenBytes: Int { layerCount * tailCount * dtype.elementBytes }
  /// Whether the kind captures fewer blocks than the axis `layer` has.
  var isPartial: Bool { layers.map { $0.count < layerCount } ?? false }
  var name: ByteString { ByteString(kind.rawValue) }
  /// The name of the sites, with `{layer}` for the block.
  var siteName: String { kind.isOfBlock ? "blocks.{layer}.\(kind.rawValue)" : kind.rawValue }

  /// The axes in a file of so many items.
  func axes(items: Int, positions: Int) -> [HDF5Axis] {
    [HDF5Axis("item", items)] + (layers == nil ? [] : [HDF5Axis("layer", layerCount)])
      + [HDF5Axis("position", positions)] + tail
  }

  /// The part of the dataset that some items of equal length fill.
  func block(_ items: Range<Int>, length: Int) -> HDF5Block {
    let axes = axes(items: items.count, positions: length)
    var start = axes.map { _ in 0 }
    start[0] = items.lowerBound
    return HDF5Block(start: start, extent: axes.map(\.length))
  }

  /// Half a megabyte in a chunk: whole items where they are small, else some blocks of one, else some of its tokens.
  ///
  /// - Parameter isRagged: whether items differ in length; then the axis `position` is cut, so that padding takes little room.
  func chunk(positions: Int, isRagged: Bool) -> [Int] {
    let target = 1 << 19
    let token = max(tailCount * dtype.elementBytes, 1)
    let tokens = min(max(isRagged ? min(positions, 32) : positions, 1), max(1, target / token))
    let blocks = min(layerCount, max(1, target / (token * tokens)))
    let isWhole = tokens >= positions && blocks == layerCount
    let items = isWhole ? max(1, min(1024, target / (token * tokens * blocks))) : 1
    return [items] + (layers == nil ? [] : [blocks]) + [tokens] + tail.map { max(1, $0.length) }
  }
}

extension Site.Kind {
  /// The axes of one token's activation, as `shape` gives their lengths.
  func axes(_ c: ModelConfiguration, keys: Int) -> [HDF5Axis] {
    let names: [ByteString] =
      switch self {
      case .attentionNormScale, .feedForwardNormScale, .finalNormScale: []
      case .query, .rotatedQuery, .attended: ["head", "d_head"]
      case .key, .value, .rotatedKey: ["kv_head", "d_head"]
      case .scores, .pattern: ["head", "key"]
      case .result: ["head", "d_model"]
      case .pre, .preLinear, .post: ["d_mlp"]
      default: ["d_model"]
      }
    return zip(names, shape(c, keys: keys)).map { HDF5Axis($0, $1) }
  }

  /// Whether the activation has an axis of keys, whose length depends on the text.
  var hasKeys: Bool { self == .scores || self == .pattern }
}
