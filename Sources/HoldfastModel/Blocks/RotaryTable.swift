import Glibc
import HoldfastTensor

/// Cosines and sines of a rotary embedding, grown to the positions in use.
///
/// Angles follow transformers: `inverse frequency` and `position · inverse frequency` are rounded to float32.
final class RotaryTable {
  private let configuration: RotaryConfiguration
  private var cosines: Tensor
  private var sines: Tensor
  /// The variants in the table, each of `positions` rows.
  private var variants: [Int] = []
  private var positions = 0

  init(_ configuration: RotaryConfiguration) throws(HoldfastError) {
    self.configuration = configuration
    cosines = try Tensor(zeros: [1, configuration.width / 2])
    sines = cosines
  }

  /// The table bound to the rows of a batch.
  ///
  /// - Parameters:
  ///   - rows: each row's position.
  ///   - textLengths: the length of each row's whole text.
  func slice(_ rows: [Int32], textLengths: [Int]) throws(HoldfastError) -> Slice {
    let count = textLengths.max() ?? 0
    if configuration.isStatic {
      if count > positions { try make(max(count, 2 * positions), [0]) }
      return Slice(rows: rows, cosines: cosines, sines: sines)
    }
    let wanted = textLengths.map { configuration.variant(textLength: $0) }
    let distinct = Set(wanted)
    if count > positions || !distinct.isSubset(of: variants) {
      try make(max(count, positions), distinct.sorted())
    }
    let starts = Dictionary(uniqueKeysWithValues: variants.enumerated().map { ($1, $0 * positions) })
    let places = zip(rows, wanted).map { Int32(truncatingIfNeeded: Int($0) + (starts[$1] ?? 0)) }
    return Slice(rows: places, cosines: cosines, sines: sines)
  }

  private func make(_ count: Int, _ variants: [Int]) throws(HoldfastError) {
    let half = configuration.width / 2
    let factor = configuration.attentionFactor
    let cosines = try Tensor(uninitialized: [count * variants.count, half])
    let sines = try Tensor(uninitialized: [count * variants.count, half])
    var next = 0
    for variant in variants {
      let frequencies = configuration.frequencies(variant: variant)
      for position in 0..<count {
        for frequency in frequencies {
          let angle = Double(Float(position) * frequency)
          cosines.pointer[next] = Float(Glibc.cos(angle)) * factor
          sines.pointer[next] = Float(Glibc.sin(angle)) * factor
          next += 1
        }
      }
    }
    self.cosines = cosines
    self.sines = sines
    self.variants = variants
    positions = count
  }

  /// The table for the rows of one batch.
  struct Slice {
    let rows: [Int32]
    let cosines: Tensor
    let sines: Tensor

    /// Rotates x [T, heads·E] in place, or back.
    func rotate(_ x: Tensor, heads: Int, inverse: Bool, _ runtime: Runtime) {
      runtime.rotate(x, positions: rows, cosines: cosines, sines: sines, heads: heads, inverse: inverse)
    }
  }
}

/// The rotary embeddings of a model: one for all layers, or a second one for the windowed ones.
final class RotaryTables {
  private let whole, local: RotaryTable?

  init(_ c: ModelConfiguration) throws(HoldfastError) {
    whole = try c.rotary.map { configuration throws(HoldfastError) in try RotaryTable(configuration) }
    local = try c.localRotary.map { configuration throws(HoldfastError) in try RotaryTable(configuration) }
  }

  /// The tables bound to the rows of a batch.
  func slices(_ rows: [Int32], textLengths: [Int]) throws(HoldfastError) -> RotarySlices {
    RotarySlices(
      whole: try whole?.slice(rows, textLengths: textLengths),
      local: try local?.slice(rows, textLengths: textLengths))
  }
}

/// The rotary embeddings for the rows of one batch; none where positions are learned.
struct RotarySlices {
  let whole, local: RotaryTable.Slice?

  /// That of a layer.
  func slice(isLocal: Bool) -> RotaryTable.Slice? { isLocal ? local ?? whole : whole }
}
