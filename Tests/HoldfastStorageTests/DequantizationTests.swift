import HoldfastTensor
import Testing

@testable import HoldfastStorage

@Suite struct DequantizationTests {
  static let quantized = [
    "q8_0", "q4_0", "q4_1", "q5_0", "q5_1", "q2_k", "q3_k", "q4_k", "q5_k", "q6_k", "iq4_nl", "iq4_xs", "f64",
  ]

  /// Random blocks, some with zero, subnormal, largest and infinite scales. NaN need only be NaN.
  @Test(arguments: quantized) func everyValueEqualsGGUFPython(name: String) throws {
    let file = try GGUFFile(path: Fixture.path("quantizations.gguf"))
    let tensor = try file.tensor(ByteString(name))
    let expected = try SafetensorsFile(path: Fixture.path("quantizations.expected.safetensors"))
    let values = try tensor.values()
    let reference = try expected.tensor(ByteString(name)).values()
    #expect(tensor.type.name == name.uppercased())
    #expect(values.count == reference.count)
    #expect(reference.contains(0) && reference.contains(where: \.isFinite))
    let wrong = zip(values, reference).enumerated().first {
      $0.element.0.bitPattern != $0.element.1.bitPattern && !($0.element.0.isNaN && $0.element.1.isNaN)
    }
    #expect(wrong == nil, "element \(wrong?.offset ?? 0)")
  }

  @Test(arguments: quantized) func rowsAreThoseOfTheWhole(name: String) throws {
    let tensor = try GGUFFile(path: Fixture.path("quantizations.gguf")).tensor(ByteString(name))
    let values = try tensor.values()
    let width = tensor.width
    for row in 0..<tensor.rowCount {
      var part = [Float](repeating: .nan, count: width)
      part.withUnsafeMutableBufferPointer { tensor.dequantize(rows: row..<(row + 1), into: $0) }
      let whole = values[(row * width)..<((row + 1) * width)]
      #expect(part.elementsEqual(whole) { $0.bitPattern == $1.bitPattern }, "row \(row)")
    }
  }

  /// Codes and scales are the elements, to the bit.
  @Test(arguments: quantized.filter { $0 != "f64" }) func partsMakeTheElements(name: String) throws {
    let tensor = try GGUFFile(path: Fixture.path("quantizations.gguf")).tensor(ByteString(name))
    let form = try #require(tensor.compactForm)
    let (values, width) = (try tensor.values(), tensor.width)
    var codes = [UInt8](repeating: 0, count: width)
    var scales = [Float](repeating: 0, count: width / form.group)
    var offsets = scales
    for row in 0..<tensor.rowCount {
      codes.withUnsafeMutableBufferPointer { codes in
        scales.withUnsafeMutableBufferPointer { scales in
          offsets.withUnsafeMutableBufferPointer { offsets in
            tensor.decode(
              row: row,
              into: CompactRow(
                codes: codes.baseAddress!, scales: scales.baseAddress!, offsets: offsets.baseAddress!))
          }
        }
      }
      let wrong = (0..<width).first { i in
        let q: Float
        switch form.coding {
        case .nibbles: q = Float(codes[i])
        case .signedNibbles: q = Float(codes[i]) - 8
        default: q = Float(Int8(bitPattern: codes[i]))
        }
        let product = q * scales[i / form.group]
        let value = form.coding.hasOffsets ? product + offsets[i / form.group] : product
        let expected = values[row * width + i]
        return value.bitPattern != expected.bitPattern && !(value.isNaN && expected.isNaN)
      }
      #expect(wrong == nil, "row \(row), element \(wrong ?? 0)")
    }
  }

  @Test func everyTypeInUseIsRead() throws {
    let read = try GGUFFile(path: Fixture.path("quantizations.gguf")).tensors.filter(\.type.isReadable)
    #expect(read.count == Self.quantized.count)
    for name in Self.quantized { #expect(StorageType.readableNames.contains(name.uppercased())) }
  }

  @Test func rowsOfBrokenBlocksAreRefused() throws {
    let file = try MappedFile(path: Fixture.path("quantizations.gguf"))
    let error = #expect(throws: HoldfastError.self) {
      try StoredTensor(name: "odd", shape: [2, 288], type: .q6k, file: file, offset: 0)
    }
    #expect(error?.code == .corruptData)
    for part in [file.path, "'odd'", "288", "Q6_K", "256"] { #expect(error?.message.contains(part) == true) }
  }

  @Test(arguments: [[0, Int.max / 2], [Int.max / 2, 0], [0, 1 << 40, 1 << 40], [-1], [1 << 62, 4]])
  func absurdShapesAreRefusedEvenWhenEmpty(shape: [Int]) throws {
    let file = try MappedFile(path: Fixture.path("quantizations.gguf"))
    #expect(
      code { try StoredTensor(name: "empty", shape: shape, type: .f32, file: file, offset: 0) }
        == .corruptData)
  }
}
