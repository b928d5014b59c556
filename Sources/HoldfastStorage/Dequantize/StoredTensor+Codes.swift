public import HoldfastTensor

extension StoredTensor {
  /// How rows can be taken apart without losing a bit: codes and their scales; `nil` for types that are no smaller so.
  public var compactForm: CompactForm? {
    switch type.decoder {
    case .f16: CompactForm(coding: .halves, group: 0)
    case .bf16: CompactForm(coding: .brains, group: 0)
    case .blocks(let form): CompactForm(coding: form.coding, group: form.group)
    default: nil
    }
  }

  /// Takes one row apart: codes of a byte each, or two for `halves` and `brains`, scales and offsets by group.
  ///
  /// Many threads may call this at once. The row must lie within `0..<rowCount`, the tensor must have a compact form and
  /// `row` room for it: these are the caller's to check, and preconditions here.
  public func decode(row index: Int, into row: CompactRow) {
    precondition(index >= 0 && index < rowCount, "a row outside the tensor")
    let blocks = width / type.blockElements
    guard blocks > 0, let base = file.bytes.baseAddress else { return }
    let input = base + offset + index * blocks * type.blockBytes
    switch type.decoder {
    case .f16, .bf16:
      let codes = UnsafeMutableRawPointer(row.codes)
      for i in 0..<width {
        let bits = UInt16(littleEndian: input.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self))
        codes.storeBytes(of: bits, toByteOffset: 2 * i, as: UInt16.self)
      }
    case .blocks(let form):
      row.codes.withMemoryRebound(to: Int8.self, capacity: width) { codes in
        Dequantize.decode(
          form, input, blocks, Dequantize.Parts(codes: codes, scales: row.scales, offsets: row.offsets))
        // A nibble is written without its sign.
        if form.coding == .signedNibbles { for i in 0..<width { codes[i] &+= 8 } }
      }
    default: preconditionFailure("the type has no compact form")
    }
    withExtendedLifetime(file) {}
  }
}
