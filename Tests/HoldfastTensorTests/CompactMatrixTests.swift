import Testing

@testable import HoldfastTensor

/// Products with matrices in fewer bits than float32 have the bits of products with the numbers they stand for.
@Suite struct CompactMatrixTests {
  static let forms = [
    CompactForm(coding: .nibbles, group: 32), CompactForm(coding: .nibbles, group: 16),
    CompactForm(coding: .signedNibbles, group: 32), CompactForm(coding: .bytes, group: 16),
    CompactForm(coding: .bytes, group: 32), CompactForm(coding: .offsetBytes, group: 32),
    CompactForm(coding: .halves, group: 0), CompactForm(coding: .brains, group: 0),
  ]

  /// A matrix as its codes and scales, and as the float32 it stands for.
  struct Sample {
    let codes: [[UInt8]]
    let scales: [[Float]]
    let offsets: [[Float]]
    let values: Tensor

    init(_ form: CompactForm, n: Int, k: Int, _ random: inout RandomSource) throws {
      let groups = form.groups(k)
      var (codes, scales, offsets): ([[UInt8]], [[Float]], [[Float]]) = ([], [], [])
      var values: [Float] = []
      for _ in 0..<n {
        let s = (0..<groups).map { _ in Float(random.normal()) }
        let o = (0..<groups).map { _ in Float(random.normal()) }
        var row: [UInt8] = []
        for i in 0..<k {
          let bits = UInt16(truncatingIfNeeded: random.next())
          switch form.coding {
          case .halves:
            // Finite ones, the subnormal among them.
            let half = Float16(bitPattern: bits & 0xfbff)
            row += [UInt8(half.bitPattern & 255), UInt8(half.bitPattern >> 8)]
            values.append(Float(half))
          case .brains:
            let brain = bits & 0x8fff | 0x3000
            row += [UInt8(brain & 255), UInt8(brain >> 8)]
            values.append(Float(bitPattern: UInt32(brain) << 16))
          case .nibbles, .signedNibbles:
            let q = UInt8(bits & 15)
            row.append(q)
            values.append(
              form.coding == .nibbles
                ? Float(q) * s[i / form.group] + o[i / form.group] : (Float(q) - 8) * s[i / form.group])
          case .bytes, .offsetBytes:
            let q = Int8(truncatingIfNeeded: Int(bits))
            row.append(UInt8(bitPattern: q))
            let product = Float(q) * s[i / form.group]
            values.append(form.coding == .bytes ? product : product + o[i / form.group])
          }
        }
        codes.append(row)
        scales.append(s)
        offsets.append(o)
      }
      (self.codes, self.scales, self.offsets) = (codes, scales, offsets)
      self.values = try Tensor(values, shape: [n, k])
    }

    func packed(_ form: CompactForm, _ runtime: Runtime) throws -> PackedMatrix {
      try PackedMatrix(outputs: codes.count, inputs: values.columns, form: form, runtime: runtime) {
        row, parts in
        for (i, code) in codes[row].enumerated() { parts.codes[i] = code }
        for (g, scale) in scales[row].enumerated() { parts.scales[g] = scale }
        if form.coding.hasOffsets {
          for (g, offset) in offsets[row].enumerated() { parts.offsets[g] = offset }
        }
      }
    }
  }

  @Test(arguments: Candidate.others, forms)
  func bitsAreThoseOfTheNumbers(_ candidate: Candidate, _ form: CompactForm) throws {
    var random = RandomSource(seed: UInt64(form.group) + 7)
    let reference = Candidate.reference.runtime
    // From one row to more than are multiplied without expanding; outputs that fill no panel; more terms than one chain.
    for (n, k) in [(1, 32), (33, 64), (130, 800), (70, 1600)] {
      let sample = try Sample(form, n: n, k: k, &random)
      let packed = try sample.packed(form, candidate.runtime)
      for m in [1, 2, 3, 4, 5, 13, 340] where m * n * k < 4_000_000 {
        let (x, start) = (try random.tensor([m, k]), try random.tensor([m, n]))
        for accumulate in [false, true] {
          let (y, expected) = (try start.copy(), try start.copy())
          candidate.runtime.linear(x, packed, into: y, accumulate: accumulate)
          reference.linear(x, sample.values, into: expected, accumulate: accumulate)
          expectSameBits(y.array, expected.array, "\(form), \(m) x \(n) x \(k)")
        }
      }
    }
  }

  @Test func rowsThatAreNotFiniteAreSeen() {
    func isFinite(_ form: CompactForm, code: UInt16 = 0, scale: Float = 1, offset: Float = 0) -> Bool {
      var codes = [UInt8](repeating: 0, count: 64)
      (codes[62], codes[63]) = (UInt8(code & 255), UInt8(code >> 8))
      var (scales, offsets): ([Float], [Float]) = ([1, scale], [0, offset])
      return codes.withUnsafeMutableBufferPointer { codes in
        scales.withUnsafeMutableBufferPointer { scales in
          offsets.withUnsafeMutableBufferPointer { offsets in
            CompactRow(codes: codes.baseAddress!, scales: scales.baseAddress!, offsets: offsets.baseAddress!)
              .isFinite(inputs: 32, form)
          }
        }
      }
    }
    let (bytes, nibbles) = (
      CompactForm(coding: .bytes, group: 16), CompactForm(coding: .nibbles, group: 16)
    )
    #expect(isFinite(bytes) && isFinite(nibbles))
    #expect(!isFinite(bytes, scale: .nan) && !isFinite(bytes, scale: .infinity))
    #expect(isFinite(bytes, offset: .nan) && !isFinite(nibbles, offset: .nan))
    let (halves, brains) = (
      CompactForm(coding: .halves, group: 0), CompactForm(coding: .brains, group: 0)
    )
    #expect(
      isFinite(halves, code: 0x7bff) && !isFinite(halves, code: 0x7c00) && !isFinite(halves, code: 0xfe00))
    #expect(
      isFinite(brains, code: 0x7f7f) && !isFinite(brains, code: 0x7f80) && !isFinite(brains, code: 0xffc0))
  }
}
