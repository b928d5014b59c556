import HoldfastTensor
import Testing

@testable import HoldfastStorage

/// Files as h5py writes them by default: the old layout, chunks, filters and strings of a fixed length.
@Suite struct OldLayoutTests {
  private static let path = Fixture.path("../hdf5/old-layout.h5")

  @Test func numbersAreRead() throws {
    let root = try HDF5File(path: Self.path).root
    #expect(try root.dataset("plain").read(as: Float.self) == (0..<64).map { Float($0) })
    #expect(try root.dataset("again").shape == [8, 8])
    #expect(try root.dataset("packed").read(as: Float.self) == (0..<2000).map { Float($0) })
    #expect(try root.dataset("packed").read(as: Double.self) == (0..<2000).map { Double($0) })
    #expect(try root.dataset("chunked").read(as: Double.self) == (0..<600).map { Double($0) })
    #expect(try root.dataset("growing").read(as: Int64.self) == (0..<40).map { Int64($0) })
    #expect(try root.dataset("half").read(as: Float.self) == (0..<10).map { Float($0) })
    #expect(try root.dataset("sparse").read(as: Int32.self) == (0..<30).map { $0 == 12 ? 5 : -7 })
    #expect(try root.dataset("empty").read(as: Float.self) == [])
    #expect(try root.dataset("null").read(as: Float.self) == [])
    #expect(try root.group("group").dataset("y").axes() == [nil, "x"])
    #expect(try root.group("group").dataset("x").axes() == ["x"])
    #expect(try root.group("group").members().count == 23)
  }

  @Test func rowsAndBlocksOfFilteredChunks() throws {
    let dataset = try HDF5File(path: Self.path).root.dataset("packed")
    var rows = [Float](repeating: 0, count: 700)
    try rows.withUnsafeMutableBufferPointer { rows throws(HoldfastError) in
      try dataset.readRows(250..<950, into: rows)
    }
    #expect(rows == (250..<950).map { Float($0) })
    var block = [Float](repeating: 0, count: 9)
    try block.withUnsafeMutableBufferPointer { block throws(HoldfastError) in
      try dataset.read(HDF5Block(start: [1495], extent: [9]), into: UnsafeMutableRawBufferPointer(block))
    }
    #expect(block == (1495..<1504).map { Float($0) })
  }

  @Test func weightsNeedNotBeContiguous() throws {
    let root = try HDF5File(path: Self.path).root
    #expect(try root.dataset("plain").storedTensor(name: "w").values() == (0..<64).map { Float($0) })
    #expect(try root.dataset("packed").storedTensor(name: "w").values() == (0..<2000).map { Float($0) })
    #expect(try root.dataset("half").storedTensor(name: "w").values() == (0..<10).map { Float($0) })
    #expect(code { try root.dataset("growing").storedTensor(name: "w") } == .unsupported)
  }

  @Test func stringsAreRead() throws {
    let root = try HDF5File(path: Self.path).root
    #expect(try root.dataset("text").readStrings() == ["{\"a\": 1}"])
    #expect(try root.dataset("words").readStrings() == ["x", "yy", "zzz"])
    #expect(try root.dataset("packed_words").readStrings() == (0..<27).map { ["x", "yy", ""][$0 % 3] })
    #expect(try root.dataset("fixed_words").readStrings() == ["ab", "cde", ""])
    #expect(try root.dataset("packed_fixed").readStrings() == (0..<27).map { ["ab", "cde", ""][$0 % 3] })
    #expect(try root.attribute("note") == .text("bonjour"))
    #expect(try root.attribute("fixed") == .text("abc"))
    #expect(try root.attribute("words") == .texts(["a", "bb"]))
    #expect(try root.attribute("numbers") == .integers([0, 1, 2, 3, 4]))
    #expect(code { try root.attribute("flag") } == .corruptData)
  }

  @Test func whatIsNotCheckedIsRefused() throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/changed.h5"
      let whole = try contents(Self.path)
      // The root's header: its version, then the type of its first message.
      let root = Int(whole[64]) | Int(whole[65]) << 8
      for (place, value, expected): (Int, UInt8, HoldfastError.Code) in [
        (root, UInt8(ascii: "O"), .unsupported), (root, 7, .corruptData), (root + 16, 0x15, .unsupported),
        (24, 8, .unsupported), (48, 0, .unsupported), (16, 0, .corruptData),
      ] {
        var bytes = whole
        bytes[place] = value
        try overwrite(path, bytes[...])
        #expect(code { try HDF5File(path: path) } == expected, "byte \(place)")
      }
    }
  }

  /// A tree of 20 levels, in each of which 16 children are one and the same, is refused and not walked 16^20 times.
  @Test func aTreeThatMeetsItselfIsNotWalked() throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/bomb.h5"
      var bytes = try contents(Self.path)
      // The root's entry holds the addresses of its tree and, behind it, of its heap.
      let tree = Array(bytes[80..<88])
      let number = { (value: Int) in (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
      let limit = 2 * (Int(bytes[18]) | Int(bytes[19]) << 8)
      var child = tree
      for level in 1...20 {
        while bytes.count % 8 != 0 { bytes.append(0) }
        let address = number(bytes.count)
        let key = number(0)
        bytes += Array("TREE".utf8)
        bytes += [0, UInt8(level), 16, 0]
        bytes += [UInt8](repeating: 255, count: 16)
        for _ in 0..<16 { bytes += key + child }
        bytes += key
        bytes += [UInt8](repeating: 0, count: 16 * (limit - 16))
        child = address
      }
      for place in 0..<(bytes.count - 8) where place % 4 == 0 && Array(bytes[place..<(place + 8)]) == tree {
        if place < 4096 { bytes.replaceSubrange(place..<(place + 8), with: child) }
      }
      bytes.replaceSubrange(40..<48, with: number(bytes.count))
      try overwrite(path, bytes[...])
      let error = #expect(throws: HoldfastError.self) { try HDF5File(path: path) }
      #expect(error?.message.contains("two structures share bytes") == true, "\(error?.message ?? "")")
    }
  }
}
