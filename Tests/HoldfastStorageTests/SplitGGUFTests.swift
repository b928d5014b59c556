import HoldfastTensor
import Testing

@testable import HoldfastStorage

@Suite struct SplitGGUFTests {
  static func name(_ part: Int) -> String { "split-0000\(part)-of-00003.gguf" }

  /// Copies of the three parts in a directory, each changed by `edit`.
  private func parts(in directory: String, edit: (Int, inout [UInt8]) throws -> Void = { _, _ in }) throws {
    for part in 1...3 {
      var bytes = try contents(Fixture.path(Self.name(part)))
      try edit(part, &bytes)
      try AtomicFile.write(bytes, to: "\(directory)/\(Self.name(part))")
    }
  }

  /// Replaces the byte that is `distance` behind the first occurrence of a text.
  private func set(_ bytes: inout [UInt8], after text: String, _ distance: Int = 0, to value: UInt8) throws {
    let wanted = Array(text.utf8)
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: wanted) })
    bytes[place + wanted.count + distance] = value
  }

  @Test(arguments: 1...3) func anyPartOpensAll(part: Int) throws {
    let file = try GGUFFile(path: Fixture.path(Self.name(part)))
    #expect(file.path == Fixture.path(Self.name(part)))
    #expect(file.files.map(\.path) == (1...3).map { Fixture.path(Self.name($0)) })
    #expect(try file.string("general.name") == "split")
    #expect(file.tensors.map(\.name) == (0..<5).map { ByteString("tensor.\($0)") })
    for i in 0..<5 {
      let tensor = try file.tensor(ByteString("tensor.\(i)"))
      #expect(tensor.shape == [2, 4 + 4 * i])
      #expect(try tensor.values().allSatisfy { $0 == Float(i) })
    }
  }

  @Test func aMissingPartIsNamed() throws {
    try withTemporaryDirectory { directory in
      try parts(in: directory)
      try FileSystem.remove("\(directory)/\(Self.name(2))")
      let error = #expect(throws: HoldfastError.self) { try GGUFFile(path: "\(directory)/\(Self.name(3))") }
      #expect(error?.code == .notFound)
      #expect(error?.message.hasPrefix("\(directory)/\(Self.name(2)): ") == true)
      #expect(error?.message.contains("part 2 of 3") == true)
    }
  }

  @Test func aPartUnderAnotherNameIsRefused() throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/renamed.gguf"
      try AtomicFile.write(try contents(Fixture.path(Self.name(2))), to: path)
      let error = #expect(throws: HoldfastError.self) { try GGUFFile(path: path) }
      #expect(error?.code == .corruptData)
      #expect(error?.message.contains("-00002-of-00003.gguf") == true)
    }
  }

  /// The number of a value stands behind its key and four bytes of type.
  @Test(arguments: [
    ("split.no", 2, "part 2 of 3"), ("split.count", 4, "part 2 of 3"),
    ("split.tensors.count", 6, "part 2 of 3"),
    ("tensor.", 0x31, "two tensors"),
  ])
  func partsOfAnotherModelAreRefused(key: String, value: UInt8, words: String) throws {
    try withTemporaryDirectory { directory in
      try parts(in: directory) { part, bytes in
        guard part == 2 else { return }
        try set(&bytes, after: key, key.hasPrefix("split") ? 4 : 0, to: value)
      }
      let error = #expect(throws: HoldfastError.self) { try GGUFFile(path: "\(directory)/\(Self.name(1))") }
      #expect(error?.code == .corruptData)
      #expect(error?.message.hasPrefix("\(directory)/\(Self.name(2)): ") == true)
      #expect(error?.message.contains(words) == true)
    }
  }

  @Test func theNumberOfTensorsMustBeRight() throws {
    try withTemporaryDirectory { directory in
      try parts(in: directory) { _, bytes in try set(&bytes, after: "split.tensors.count", 4, to: 7) }
      let error = #expect(throws: HoldfastError.self) { try GGUFFile(path: "\(directory)/\(Self.name(1))") }
      #expect(error?.code == .corruptData)
      #expect(error?.message.contains("have 5 tensors, but should have 7") == true)
    }
  }

  @Test(
    arguments: [
      ([2, 0, 0, 0], nil, ""), ([1, 0, 0, 0], HoldfastError.Code.unsupported, "GGUF version 1"),
      ([4, 0, 0, 0], .newerVersion, "GGUF version 4"), ([0, 0, 0, 3], .unsupported, "big-endian"),
      ([0, 0, 0, 0], .unsupported, "GGUF version 0"),
    ] as [([UInt8], HoldfastError.Code?, String)])
  func versionsAreTold(version: [UInt8], code: HoldfastError.Code?, words: String) throws {
    try withTemporaryDirectory { directory in
      var bytes = try contents(Fixture.path("types.gguf"))
      bytes.replaceSubrange(4..<8, with: version)
      let path = "\(directory)/version.gguf"
      try AtomicFile.write(bytes, to: path)
      do {
        let file = try GGUFFile(path: path)
        #expect(code == nil && file.version == 2)
        #expect(try file.tensor("f32").values().count == 768)
      } catch let error as HoldfastError {
        #expect(error.code == code)
        #expect(error.message.contains(words))
      }
    }
  }
}
