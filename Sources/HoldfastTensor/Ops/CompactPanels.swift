internal import CHoldfastKernels

/// The panels of a right operand in fewer bits than float32, immutable once made.
final class CompactPanels: @unchecked Sendable {
  let form: CompactForm
  private let outputs: Int
  private let inputs: Int
  private let columns: Int
  private let codes: TensorMemory
  private let scales: TensorMemory
  private let offsets: TensorMemory
  private let codeStride: Int
  private let scaleStride: Int

  /// Takes the rows apart, each once, on all threads, and packs them.
  ///
  /// - Throws: `outOfMemory`.
  init(
    outputs: Int, inputs: Int, form: CompactForm, runtime: Runtime,
    decode: @Sendable (_ row: Int, CompactRow) -> Void
  ) throws(HoldfastError) {
    let table = KernelTable(runtime.kernels)
    let columns = table.panelColumns
    let panels = (outputs + columns - 1) / columns
    let groups = form.groups(inputs)
    (self.form, self.outputs, self.inputs, self.columns) = (form, outputs, inputs, columns)
    codeStride = form.coding.bytes(inputs * columns)
    scaleStride = groups * columns
    codes = try TensorMemory(floats: (panels * codeStride + 3) / 4)
    scales = try TensorMemory(floats: panels * scaleStride)
    offsets = try TensorMemory(floats: form.coding.hasOffsets ? panels * scaleStride : 0)
    let watch = MemoryWatch()
    runtime.parallel(panels) { range in
      for panel in range {
        let rows = panel * columns..<min((panel + 1) * columns, outputs)
        guard pack(panel, rows, groups, decode) else { return }
      }
    }
    try watch.check()
  }

  /// Packs the rows of one panel; false when there is no room for them.
  private func pack(
    _ panel: Int, _ rows: Range<Int>, _ groups: Int, _ decode: (_ row: Int, CompactRow) -> Void
  ) -> Bool {
    let rowBytes = inputs * form.coding.codeBytes
    let codeFloats = (columns * rowBytes + 3) / 4
    guard let scratch = holdfast_scratch(codeFloats + 2 * groups) else { return false }
    let bytes = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: UInt8.self)
    let (rowScales, rowOffsets) = (scratch + codeFloats, scratch + codeFloats + groups)
    let place = panel * scaleStride
    if rows.count < columns {
      (scales.pointer + place).update(repeating: 0, count: scaleStride)
      if form.coding.hasOffsets { (offsets.pointer + place).update(repeating: 0, count: scaleStride) }
    }
    for (j, row) in rows.enumerated() {
      decode(row, CompactRow(codes: bytes + j * rowBytes, scales: rowScales, offsets: rowOffsets))
      for g in 0..<groups {
        scales.pointer[place + g * columns + j] = rowScales[g]
        if form.coding.hasOffsets { offsets.pointer[place + g * columns + j] = rowOffsets[g] }
      }
    }
    let packed = UnsafeMutableRawPointer(codes.pointer).assumingMemoryBound(to: UInt8.self)
    holdfast_pack_codes(
      form.coding.kernelCoding, bytes, rows.count, inputs, columns, packed + panel * codeStride)
    return true
  }

  /// The panels from one on, as kernels take them.
  func panels(from first: Int) -> holdfast_compact {
    let bytes = UnsafeRawPointer(codes.pointer).assumingMemoryBound(to: UInt8.self)
    return holdfast_compact(
      coding: form.coding.kernelCoding, group: form.group, codes: bytes + first * codeStride,
      code_stride: codeStride, scales: UnsafePointer(scales.pointer + first * scaleStride),
      offsets: UnsafePointer(offsets.pointer + (form.coding.hasOffsets ? first * scaleStride : 0)),
      scale_stride: scaleStride)
  }
}
