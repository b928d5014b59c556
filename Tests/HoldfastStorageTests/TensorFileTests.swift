import HoldfastTensor
import Testing

@testable import HoldfastStorage

@Suite struct TensorFileTests {
  @Test func dequantizationEqualsGGUFPython() throws {
    let file = try GGUFFile(path: Fixture.path("types.gguf"))
    let expected = try SafetensorsFile(path: Fixture.path("types.expected.safetensors"))
    #expect(file.tensors.map(\.name) == ["f32", "f16", "bf16", "q8_0", "q4_0", "q4_1"])
    for tensor in file.tensors {
      let values = try tensor.values()
      let reference = try expected.tensor(tensor.name).values()
      #expect(tensor.shape == [3, 256])
      #expect(values.map(\.bitPattern) == reference.map(\.bitPattern), "\(tensor.name)")
      var row = [Float](repeating: 0, count: 256)
      row.withUnsafeMutableBufferPointer { tensor.dequantize(rows: 1..<2, into: $0) }
      #expect(row == Array(values[256..<512]), "\(tensor.name)")
    }
  }

  @Test func everyHalfIsExact() {
    for bits in UInt16.min...UInt16.max {
      let value = Dequantize.float(half: bits)
      let reference = Float(Float16(bitPattern: bits))
      #expect(value.bitPattern == reference.bitPattern || (value.isNaN && reference.isNaN))
      if !value.isNaN { #expect(HalfFloat.float16(value) == bits) }
    }
  }

  @Test func metadataOfEveryType() throws {
    let file = try GGUFFile(path: Fixture.path("types.gguf"))
    #expect(file.version == 3)
    #expect(try file.string("general.architecture") == "llama")
    for (key, value) in [
      ("uint8", 255), ("int8", -128), ("uint16", 65535), ("int16", -32768), ("uint32", 4_294_967_295),
      ("int32", -2_147_483_648), ("int64", Int.min),
    ] { #expect(try file.int(ByteString("test.\(key)")) == value) }
    #expect(file.metadata["test.uint64"] == .unsigned(.max))
    #expect(try file.double("test.float32") == Double(Float(0.1)))
    #expect(try file.double("test.float64") == 0.1)
    #expect(try file.bool("test.bool"))
    #expect(try file.string("test.string") == "naïve 語")
    #expect(try file.strings("test.strings") == ["a", "", "ü"])
    #expect(try file.integers("test.ints") == [1, -2, 3])
    #expect(try file.numbers("test.floats") == [0.5, -0.25])
    #expect(file.metadata["test.bools"] == .array([.bool(true), .bool(false)]))
    #expect(try file.int("missing", default: 3) == 3)
    #expect(code { try file.int("missing") } == .corruptData)
    #expect(code { try file.int("test.string", default: 3) } == .corruptData)
    #expect(code { try file.tensor("missing") } == .notFound)
    #expect(try file.optionalTensor("missing") == nil)
  }

  @Test func aTypeThatCannotBeReadIsNamed() throws {
    try withTemporaryDirectory { directory in
      var bytes = try contents(Fixture.path("types.gguf"))
      // The type of tensor 'q4_0' follows its name and its two axes; 21 is IQ3_S.
      let name = Array("q4_0".utf8)
      let place = try #require(bytes.indices.first { bytes[$0...].starts(with: name) })
      bytes[place + 4 + 4 + 16] = 21
      let path = "\(directory)/iq3.gguf"
      try AtomicFile.write(bytes, to: path)
      let file = try GGUFFile(path: path)
      let error = #expect(throws: HoldfastError.self) { try file.tensor("q4_0") }
      #expect(error?.code == .unsupported)
      for part in [path, "q4_0", "IQ3_S", "Q8_0"] { #expect(error?.message.contains(part) == true) }
    }
  }

  @Test func safetensorsComeBack() throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/model.safetensors"
      try SafetensorsFile.write(
        path: path,
        tensors: [
          .init(name: "b", shape: [2, 3], values: [1, 2, 3, 4, 5, -0.0]),
          .init(name: "ä/0", shape: [], values: [.infinity]), .init(name: "none", shape: [0, 4], values: []),
        ], metadata: [("format", "pt")])
      let file = try ShardedSafetensors(directory: directory)
      #expect(file.files.first?.metadata == ["format": "pt"])
      #expect(try file.tensor("b").values() == [1, 2, 3, 4, 5, 0])
      #expect(try file.tensor("b").shape == [2, 3])
      #expect(try file.tensor("ä/0").values() == [.infinity])
      #expect(try file.tensor("none").values() == [])
      #expect(
        code {
          try SafetensorsFile.write(path: path, tensors: [.init(name: "short", shape: [2], values: [1])])
        } == .invalidArgument)
      #expect(
        code {
          try SafetensorsFile.write(
            path: path,
            tensors: [.init(name: "a", shape: [1], values: [1]), .init(name: "a", shape: [1], values: [1])])
        } == .invalidArgument)
      #expect(try SafetensorsFile(path: path).tensors.count == 3)
    }
  }

  @Test(arguments: [
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#,
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#, #"{"a":{"dtype":"F32","shape":[2]}}"#,
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}}"#,
    #"{"a":[]}"#, "[]", "",
  ])
  func wrongSafetensorsAreRefused(header: String) throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/wrong.safetensors"
      let length = UInt8(header.utf8.count)
      try AtomicFile.write(
        [length, 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8) + [UInt8](repeating: 0, count: 8), to: path)
      let error = #expect(throws: HoldfastError.self) { try SafetensorsFile(path: path) }
      #expect(error?.code == .corruptData)
      #expect(error?.message.hasPrefix(path) == true)
    }
  }

  @Test func shardsAreFoundThroughTheIndex() throws {
    try withTemporaryDirectory { directory in
      try SafetensorsFile.write(
        path: "\(directory)/one.safetensors", tensors: [.init(name: "a", shape: [1], values: [1])])
      try SafetensorsFile.write(
        path: "\(directory)/two.safetensors", tensors: [.init(name: "b", shape: [1], values: [2])])
      func index(_ map: JSON) throws {
        let json: JSON = ["weight_map": map]
        try AtomicFile.write(json.serialized(), to: "\(directory)/model.safetensors.index.json")
      }
      try index(["a": "one.safetensors", "b": "two.safetensors"])
      let file = try ShardedSafetensors(directory: directory)
      #expect(try file.tensor("b").values() == [2])
      #expect(code { try file.tensor("c") } == .notFound)
      try index(["a": "two.safetensors", "b": "two.safetensors"])
      #expect(code { try ShardedSafetensors(directory: directory) } == .corruptData)
      try index(["a": "one.safetensors", "b": "three.safetensors"])
      #expect(code { try ShardedSafetensors(directory: directory) } == .notFound)
      for name in ["../one.safetensors", "/etc/passwd", "..", "", "a\0"] {
        try index(["a": .text(name)])
        #expect(code { try ShardedSafetensors(directory: directory) } == .corruptData)
      }
    }
  }

  @Test func aRealModelOpens() throws {
    guard let directory = Fixture.shared("data/models/tinystories-656k") else {
      print("SKIPPED: ../shared/data/models/tinystories-656k is absent; set HOLDFAST_SHARED")
      return
    }
    let file = try ShardedSafetensors(directory: directory)
    #expect(try file.tensor("lm_head.weight").shape == [2048, 128])
    #expect(try file.optionalTensor("model.embed_tokens.weight") == nil)
    for tensor in file.tensors { #expect(try tensor.values().allSatisfy(\.isFinite), "\(tensor.name)") }
    #expect(try JSON.read("\(directory)/tokenizer.json")["model"]?["vocab"]?.index?.count == 2048)
  }
}
