import Glibc
import HoldfastTensor
import Testing

@testable import HoldfastStorage

@Suite struct SafetensorsWriterTests {
  /// Values between, at and beyond 16-bit ones: ties, the largest, subnormal and special ones.
  static let values: [Float] = [
    0, -0.0, 1, -2.5, 1 + 0x1p-11, 1 + 0x3p-11, 1 + 0x1p-8, 1 + 0x3p-8, 65504, 65519.996, 65520, -1e30,
    3.4e38,
    0x1p-24, 0x1p-25, 0x3p-26, 0x1p-14, 0x1p-140, .infinity, -.infinity, .nan, 0.1,
  ]

  @Test(arguments: FloatPrecision.allCases) func valuesAreRoundedToTheNearest(precision: FloatPrecision)
    throws
  {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/a.safetensors"
      let many = (0..<5000).flatMap { _ in Self.values }
      try SafetensorsFile.write(
        path: path,
        tensors: [
          .init(name: "few", shape: [2, 11], precision: precision, values: Self.values),
          .init(name: "many", shape: [many.count], precision: precision, values: many),
        ])
      let file = try SafetensorsFile(path: path)
      let expected = many.map { value -> Float in
        switch precision {
        case .float32: value
        case .float16: Float(Float16(value))
        case .bfloat16: Float(bitPattern: UInt32(HalfFloat.bfloat16(value)) << 16)
        }
      }
      for (name, count) in [("few", 22), ("many", many.count)] {
        let tensor = try file.tensor(ByteString(name))
        #expect(tensor.type == precision.storageType)
        let read = try tensor.values()
        #expect(read.count == count)
        let same = zip(read, expected).allSatisfy { $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN) }
        #expect(same)
      }
    }
  }

  @Test func bfloat16RoundsTiesToEven() {
    #expect(HalfFloat.bfloat16(1 + 0x1p-8) == 0x3F80)
    #expect(HalfFloat.bfloat16(1 + 0x3p-8) == 0x3F82)
    #expect(HalfFloat.bfloat16(3.4e38) == 0x7F80)
    #expect(HalfFloat.bfloat16(-.infinity) == 0xFF80)
    #expect(HalfFloat.bfloat16(Float(bitPattern: 0x7F80_0001)) == 0x7FC0)
    for bits in UInt16.min...UInt16.max {
      let value = Float(bitPattern: UInt32(bits) << 16)
      let back = HalfFloat.bfloat16(value)
      #expect(back == bits || (value.isNaN && back == bits | 0x40))
    }
  }

  private func tensors(_ precision: FloatPrecision = .float32) -> [SafetensorsFile.Output] {
    (0..<5).map { i in
      .init(
        name: ByteString("t\(i)"), shape: [i + 1, 4], precision: precision,
        values: (0..<(4 * i + 4)).map { Float($0 + 100 * i) })
    }
  }

  @Test(
    arguments: [
      (nil, []), (240, []), (239, [0...3, 4...4]), (112, [0...2, 3...3, 4...4]), (1, (0...4).map { $0...$0 }),
    ] as [(Int?, [ClosedRange<Int>])])
  func shardsComeBack(limit: Int?, shards: [ClosedRange<Int>]) throws {
    try withTemporaryDirectory { directory in
      try ShardedSafetensors.write(
        directory: directory, tensors: tensors(), shardBytes: limit, metadata: [("format", "pt")])
      let file = try ShardedSafetensors(directory: directory)
      for i in 0..<5 {
        #expect(
          try file.tensor(ByteString("t\(i)")).values() == (0..<(4 * i + 4)).map { Float($0 + 100 * i) })
      }
      let names = try FileSystem.list(directory)
      guard !shards.isEmpty else {
        #expect(names == ["model.safetensors"])
        return
      }
      let index = try JSON.read("\(directory)/model.safetensors.index.json")
      #expect(index["metadata"]?["total_size"]?.intValue == 240)
      for (number, shard) in shards.enumerated() {
        let name = "model-0000\(number + 1)-of-0000\(shards.count).safetensors"
        let part = try SafetensorsFile(path: "\(directory)/\(name)")
        #expect(part.metadata == ["format": "pt"])
        #expect(part.tensors.map(\.name) == shard.map { ByteString("t\($0)") })
        for i in shard { #expect(index["weight_map"]?[ByteString("t\(i)")]?.textValue == name) }
      }
      #expect(names.count == shards.count + 1)
    }
  }

  @Test func halvesTakeHalf() throws {
    try withTemporaryDirectory { directory in
      try ShardedSafetensors.write(directory: directory, tensors: tensors(.bfloat16), shardBytes: 120)
      let file = try ShardedSafetensors(directory: directory)
      #expect(file.files.count == 1 && file.tensors.allSatisfy { $0.type == .bf16 })
    }
  }

  @Test func nonsenseIsRefused() throws {
    try withTemporaryDirectory { directory in
      let twice = [tensors()[0], tensors()[0]]
      #expect(code { try ShardedSafetensors.write(directory: directory, tensors: twice) } == .invalidArgument)
      #expect(
        code { try ShardedSafetensors.write(directory: directory, tensors: twice, shardBytes: 1) }
          == .invalidArgument)
      #expect(
        code { try ShardedSafetensors.write(directory: directory, tensors: tensors(), shardBytes: 0) }
          == .invalidArgument)
    }
  }
}

@Suite struct AtomicDirectoryTests {
  @Test func theDirectoryAppearsAsAWhole() throws {
    try withTemporaryDirectory { directory in
      let target = "\(directory)/a/b/model"
      try AtomicDirectory.write(to: target + "/") { temporary throws(HoldfastError) in
        #expect(!FileSystem.exists(target))
        try AtomicFile.write([1, 2, 3], to: "\(temporary)/x")
      }
      #expect(try contents("\(target)/x") == [1, 2, 3])
      #expect(try FileSystem.list("\(directory)/a/b") == ["model"])
      let error = #expect(throws: HoldfastError.self) {
        try AtomicDirectory.write(to: target) { _ throws(HoldfastError) in Issue.record("never called") }
      }
      #expect(error?.code == .invalidArgument)
      #expect(error?.message.contains(target) == true)
      #expect(code { try AtomicDirectory.check(target) } == .invalidArgument)
    }
  }

  @Test func anEmptyDirectoryIsFilled() throws {
    try withTemporaryDirectory { directory in
      let target = "\(directory)/empty"
      try FileSystem.makeDirectory(target)
      try AtomicDirectory.write(to: target) { temporary throws(HoldfastError) in
        try AtomicFile.write([1], to: "\(temporary)/x")
      }
      #expect(try contents("\(target)/x") == [1])
    }
  }

  @Test func aFailureLeavesNothing() throws {
    try withTemporaryDirectory { directory in
      let target = "\(directory)/model"
      let error = #expect(throws: HoldfastError.self) {
        try AtomicDirectory.write(to: target) { temporary throws(HoldfastError) in
          try AtomicFile.write([1], to: "\(temporary)/x")
          throw HoldfastError(.io, "\(temporary)/x: is bad")
        }
      }
      #expect(error?.message == "\(target)/x: is bad")
      #expect(try FileSystem.list(directory).isEmpty)
      try AtomicFile.write([1], to: target)
      #expect(code { try AtomicDirectory.write(to: target) { _ in } } == .io)
      #expect(code { try AtomicDirectory.check("") } == .invalidArgument)
      #expect(code { try AtomicDirectory.check("a\0b") } == .invalidArgument)
    }
  }

  @Test func leftoversOfKilledWritersGo() throws {
    try withTemporaryDirectory { directory in
      let leftover = "\(directory)/.model.abc.holdfast-tmp"
      let other = "\(directory)/.other.abc.holdfast-tmp"
      for path in [leftover, other] {
        try FileSystem.makeDirectory(path)
        try AtomicFile.write([1], to: "\(path)/x")
      }
      let busy = "\(directory)/.model.busy.holdfast-tmp"
      try FileSystem.makeDirectory(busy)
      let descriptor = open(busy, O_RDONLY | O_DIRECTORY)
      defer { close(descriptor) }
      #expect(flock(descriptor, LOCK_EX) == 0)
      try AtomicDirectory.write(to: "\(directory)/model") { temporary throws(HoldfastError) in
        try AtomicFile.write([1], to: "\(temporary)/x")
      }
      #expect(!FileSystem.exists(leftover))
      #expect(FileSystem.exists(other) && FileSystem.exists(busy))
    }
  }
}
