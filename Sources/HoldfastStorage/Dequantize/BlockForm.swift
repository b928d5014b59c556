import HoldfastTensor

/// How the blocks of a quantised format are made: `code * scale` for each element, or `code * scale + offset`.
struct BlockForm: Sendable, Hashable {
  /// The formats.
  enum Kind: Sendable { case q8x0, q4x0, q4x1, q5x0, q5x1, q2k, q3k, q4k, q5k, q6k, iq4nl, iq4xs }

  let kind: Kind
  /// Elements of a block.
  let elements: Int
  /// Bytes of a block.
  let bytes: Int
  /// Successive elements that share a scale.
  let group: Int
  /// How few bits hold a code, and whether there are offsets.
  let coding: CompactCoding

  static let q8x0 = BlockForm(kind: .q8x0, elements: 32, bytes: 34, group: 32, coding: .bytes)
  static let q4x0 = BlockForm(kind: .q4x0, elements: 32, bytes: 18, group: 32, coding: .signedNibbles)
  static let q4x1 = BlockForm(kind: .q4x1, elements: 32, bytes: 20, group: 32, coding: .nibbles)
  static let q5x0 = BlockForm(kind: .q5x0, elements: 32, bytes: 22, group: 32, coding: .bytes)
  static let q5x1 = BlockForm(kind: .q5x1, elements: 32, bytes: 24, group: 32, coding: .offsetBytes)
  static let q2k = BlockForm(kind: .q2k, elements: 256, bytes: 84, group: 16, coding: .nibbles)
  static let q3k = BlockForm(kind: .q3k, elements: 256, bytes: 110, group: 16, coding: .bytes)
  static let q4k = BlockForm(kind: .q4k, elements: 256, bytes: 144, group: 32, coding: .nibbles)
  static let q5k = BlockForm(kind: .q5k, elements: 256, bytes: 176, group: 32, coding: .offsetBytes)
  static let q6k = BlockForm(kind: .q6k, elements: 256, bytes: 210, group: 16, coding: .bytes)
  static let iq4nl = BlockForm(kind: .iq4nl, elements: 32, bytes: 18, group: 32, coding: .bytes)
  static let iq4xs = BlockForm(kind: .iq4xs, elements: 256, bytes: 136, group: 32, coding: .bytes)
}

extension Dequantize {
  /// Takes successive blocks apart, the parts of one behind those of the other.
  static func decode(_ form: BlockForm, _ input: UnsafeRawPointer, _ blocks: Int, _ parts: Parts) {
    switch form.kind {
    case .q8x0: each(form, input, blocks, parts, q8x0)
    case .q4x0: each(form, input, blocks, parts, q4x0)
    case .q4x1: each(form, input, blocks, parts, q4x1)
    case .q5x0: each(form, input, blocks, parts, q5x0)
    case .q5x1: each(form, input, blocks, parts, q5x1)
    case .q2k: each(form, input, blocks, parts, q2k)
    case .q3k: each(form, input, blocks, parts, q3k)
    case .q4k: each(form, input, blocks, parts, q4k)
    case .q5k: each(form, input, blocks, parts, q5k)
    case .q6k: each(form, input, blocks, parts, q6k)
    case .iq4nl: each(form, input, blocks, parts, iq4nl)
    case .iq4xs: each(form, input, blocks, parts, iq4xs)
    }
  }

  @inline(__always)
  private static func each(
    _ form: BlockForm, _ input: UnsafeRawPointer, _ blocks: Int, _ parts: Parts,
    _ decode: (UnsafeRawPointer, Parts) -> Void
  ) {
    let groups = form.elements / form.group
    for b in 0..<blocks {
      decode(
        input + b &* form.bytes,
        Parts(
          codes: parts.codes + b &* form.elements, scales: parts.scales + b &* groups,
          offsets: parts.offsets + b &* groups))
    }
  }

  /// The elements of successive blocks as float32.
  static func blocks(_ form: BlockForm, _ input: UnsafeRawPointer, _ blocks: Int, _ output: Output) {
    // So many blocks that codes and scales stay in the first-level cache.
    let step = max(1, 1024 / form.elements)
    let groups = form.elements / form.group
    withUnsafeTemporaryAllocation(of: Int8.self, capacity: step * form.elements) { codes in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * step * groups) { scales in
        guard let codes = codes.baseAddress, let scales = scales.baseAddress else { return }
        let parts = Parts(codes: codes, scales: scales, offsets: scales + step * groups)
        for first in stride(from: 0, to: blocks, by: step) {
          let count = min(step, blocks - first)
          decode(form, input + first * form.bytes, count, parts)
          let y = output + first * form.elements
          if form.group == 32 {
            apply(parts, count * groups, 32, form.coding.hasOffsets, y)
          } else {
            apply(parts, count * groups, 16, form.coding.hasOffsets, y)
          }
        }
      }
    }
  }

  /// Codes times scales, with offsets where there are any.
  @inline(__always)
  private static func apply(_ parts: Parts, _ groups: Int, _ group: Int, _ hasOffsets: Bool, _ y: Output) {
    for g in 0..<groups {
      let (scale, codes, y) = (parts.scales[g], parts.codes + g &* group, y + g &* group)
      if hasOffsets {
        let offset = parts.offsets[g]
        for i in 0..<group { y[i] = Float(codes[i]) * scale + offset }
      } else {
        for i in 0..<group { y[i] = Float(codes[i]) * scale }
      }
    }
  }
}
