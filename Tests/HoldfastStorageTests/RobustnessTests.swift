import Glibc
import HoldfastTensor
import Testing

@testable import HoldfastStorage

/// A seeded source of numbers, so that every run tries the same cases.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}

/// Damaged files must give an error or a value, never a trap, a hang or a crash.
@Suite struct RobustnessTests {
  /// A small file of every kind, and what reads all of it.
  struct Kind: Sendable, CustomStringConvertible {
    let name: String
    let cases: Int
    let make: @Sendable (String) throws -> Void
    let read: @Sendable (String) throws -> Void
    var description: String { name }
  }

  static let kinds = [
    Kind(name: "gguf", cases: 4000) {
      try AtomicFile.write(contents(Fixture.path("types.gguf")), to: $0)
    } read: { path in
      for tensor in try GGUFFile(path: path).tensors where tensor.type.isReadable { _ = try tensor.values() }
    },
    Kind(name: "split-00002-of-00003.gguf", cases: 4000) { path in
      for part in 1...3 {
        let name = "split-0000\(part)-of-00003.gguf"
        let directory = FileSystem.parent(of: path) ?? "."
        try AtomicFile.write(contents(Fixture.path(name)), to: "\(directory)/\(name)")
      }
    } read: { path in
      for tensor in try GGUFFile(path: path).tensors where tensor.type.isReadable { _ = try tensor.values() }
    },
    Kind(name: "safetensors", cases: 4000) {
      try SafetensorsFile.write(
        path: $0,
        tensors: [
          .init(name: "a.weight", shape: [4, 3], values: (0..<12).map(Float.init)),
          .init(name: "b", shape: [5], values: [1, 2, 3, 4, 5]),
        ], metadata: [("format", "pt")])
    } read: { path in
      for tensor in try SafetensorsFile(path: path).tensors where tensor.type.isReadable {
        _ = try tensor.values()
      }
    },
    Kind(name: "json", cases: 8000) {
      let text =
        #"{"a":[1,-2.5e3,"\u00e9\ud83d\ude00 naïve",{"b":null,"c":[true,false,[]]}],"deep":{"x":{"y":[0]}}}"#
      try AtomicFile.write(Array(text.utf8), to: $0)
    } read: { path in
      let json = try JSON.read(path)
      #expect(try JSON.parse(json.serialized(), name: "again") == json)
    },
  ]

  @Test(arguments: kinds) func everyTruncationIsAnError(kind: Kind) throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/\(kind.name)"
      try kind.make(path)
      let whole = try contents(path)
      try kind.read(path)
      for length in 0..<whole.count {
        #expect(truncate(path, 0) == 0)
        try overwrite(path, whole[..<length])
        #expect(code { try kind.read(path) } != nil, "\(kind.name) cut to \(length) bytes")
      }
    }
  }

  @Test(arguments: kinds) func mutationsDoNoHarm(kind: Kind) throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/\(kind.name)"
      try kind.make(path)
      let whole = try contents(path)
      var random = SplitMix(seed: 11)
      var refused = 0
      for _ in 0..<kind.cases {
        try overwrite(path, mutated(whole, &random)[...])
        if let code = code({ try kind.read(path) }) {
          refused += 1
          #expect(code == .corruptData || code == .unsupported || code == .newerVersion)
        }
      }
      #expect(refused > kind.cases / 20, "only \(refused) of \(kind.cases) mutations were noticed")
    }
  }
}

/// Writes a file in place, quickly: the tests do not need it to be atomic.
func overwrite(_ path: String, _ bytes: ArraySlice<UInt8>) throws {
  let file = try OutputFile(path: path)
  try file.write(Array(bytes))
  try file.close()
}

/// Bytes with one to four small changes: a byte, a number of 1 to 8 bytes, a piece removed or doubled.
func mutated(_ bytes: [UInt8], _ random: inout SplitMix) -> [UInt8] {
  var bytes = bytes
  let interesting: [UInt64] = [
    0, 1, 0x7F, 0x80, 0xFF, 0x7FFF_FFFF, 0xFFFF_FFFF, .max, 1 << 63, 1 << 62, 1 << 40,
  ]
  for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
    // Half of the changes go to the first part, where headers are.
    let bound = Bool.random(using: &random) ? bytes.count : min(bytes.count, 1200)
    let place = Int.random(in: 0..<bound, using: &random)
    let length = min(Int.random(in: 1...16, using: &random), bytes.count - place)
    switch Int.random(in: 0..<6, using: &random) {
    case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
    case 1: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
    case 2, 3:
      let value = interesting.randomElement(using: &random) ?? 0
      for i in 0..<min(length, 8) { bytes[place + i] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(i))) }
    case 4: bytes.removeSubrange(place..<(place + length))
    default: bytes.insert(contentsOf: bytes[place..<(place + length)], at: place)
    }
  }
  return bytes
}
