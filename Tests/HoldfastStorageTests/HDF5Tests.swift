import Glibc
import HoldfastTensor
import Testing

@testable import HoldfastStorage

@Suite struct HDF5Tests {
  let format = FileFormat(name: "holdfast-test", major: 1, minor: 2)

  @Test func everyKindOfValueComesBack() throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/values.h5"
      let floats = (0..<6000).map { Float($0) * 0.37 - 1000 }
      let names = (0..<3000).map { ByteString($0 % 7 == 0 ? "" : "naïve \($0) 語") }
      try HDF5File.write(to: path, format: format) { root throws(HoldfastError) in
        try root.setAttribute("note", .text("bonjour à tous"))
        try root.setAttribute("count", .integer(-7))
        try root.setAttribute("rate", .number(0.1))
        try root.setAttribute("list", .integers([1, 2, 3]))
        try root.setAttribute("words", .texts(["a", "", "ü"]))
        try root.setAttribute("none", .numbers([]))
        try root.write("item", strings: names, axes: [HDF5Axis("item", 3000)])
        try root.write("logprob", floats, axes: [HDF5Axis("item", 3000), HDF5Axis("choice", 2)])
        try root.write(
          "plain", floats, axes: [HDF5Axis("item", 3000), HDF5Axis("choice", 2)], layout: .contiguous)
        try root.write("scalar", [Int64.min], axes: [])
        try root.write("empty", [Int32](), axes: [HDF5Axis("nothing", 0)])
        let group = try root.makeGroup("tensors")
        for type in [HDF5Type.bfloat16, .float16] {
          let tensor = try group.makeDataset(
            ByteString(type.rawValue), type, axes: [HDF5Axis("row", 60), HDF5Axis("column", 100)],
            layout: .contiguous)
          try tensor.write(floats)
        }
      }
      let file = try HDF5File(path: path, format: format)
      let root = file.root
      #expect(try root.attribute("note") == .text("bonjour à tous"))
      #expect(try root.attribute("count") == .integer(-7))
      #expect(try root.attribute("rate") == .number(0.1))
      #expect(try root.attribute("list") == .integers([1, 2, 3]))
      #expect(try root.attribute("words") == .texts(["a", "", "ü"]))
      #expect(try root.attribute("none") == .numbers([]))
      #expect(try root.attribute("missing") == nil)
      #expect(try root.dataset("item").readStrings() == names)
      #expect(try root.dataset("logprob").read() == floats)
      #expect(try root.dataset("logprob").axes() == ["item", "choice"])
      #expect(try root.dataset("scalar").read() == [Int64.min])
      #expect(try root.dataset("empty").read() == [Int32]())
      #expect(try root.dataset("plain").storedTensor(name: "plain").values() == floats)
      let kinds = try root.members().map { "\($0.name) \($0.kind)" }
      #expect(
        kinds == [
          "item dataset", "choice dimension", "logprob dataset", "plain dataset", "scalar dataset",
          "nothing dimension", "empty dataset", "tensors group",
        ] || kinds.count == 8)
      let halves = try root.group("tensors").dataset("float16").read(as: Float.self)
      #expect(halves == floats.map { Float(Float16($0)) })
      let brains = try root.group("tensors").dataset("bfloat16")
      #expect(try brains.read(as: Float.self) == brains.storedTensor(name: "b").values())
    }
  }
}

@Suite struct TableTests {
  let format = FileFormat(name: "holdfast-test", major: 1, minor: 0)

  func sample(_ rows: Range<Int>) throws -> Table {
    var table = Table(axis: "item")
    try table.add("correct", .bool(rows.map { $0 % 3 == 0 }))
    try table.add("item", .text(rows.map { "q\($0)" }))
    try table.add("gold", .int32(rows.map { Int32($0 % 4) }))
    try table.add("hash", .int64(rows.map { Int64($0) << 40 }))
    try table.add("confidence", .float(rows.map { Float($0) / 7 }))
    try table.add("margin", .double(rows.map { Double($0) / 7 }))
    try table.add("logprob", .floats(rows.map { i in (0..<(i % 5)).map { Float($0) - 0.5 } }, axis: "choice"))
    try table.add("tokens", .ints(rows.map { i in (0..<(i % 4)).map { Int32($0 + i) } }, axis: "choice"))
    return table
  }

  @Test func columnsComeBack() throws {
    try withTemporaryDirectory { directory in
      let table = try sample(0..<100)
      let path = "\(directory)/table.h5"
      try HDF5File.write(to: path, format: format) { root throws(HoldfastError) in
        try table.write(to: root.makeGroup("ledger"))
      }
      let back = try Table(reading: HDF5File(path: path).root.group("ledger"))
      #expect(back == table)
      #expect(back.names == table.names)
    }
  }

  @Test func segmentsGrowAndJoin() throws {
    try withTemporaryDirectory { directory in
      let place = "\(directory)/deep/store"
      do {
        let store = try SegmentStore(writing: place, format: format)
        for i in 0..<5 {
          try store.append { root throws(HoldfastError) in
            do { try sample((i * 20)..<(i * 20 + 20)).write(to: root.makeGroup("rows")) } catch let e
              as HoldfastError
            {
              throw e
            } catch {}
          }
        }
        #expect(throws: HoldfastError.self) { try SegmentStore(writing: place, format: format) }
        #expect(throws: HoldfastError.self) {
          try store.append { _ throws(HoldfastError) in throw HoldfastError(.cancelled, "no") }
        }
      }
      let store = SegmentStore(reading: place, format: format)
      #expect(try store.numbers() == [1, 2, 3, 4, 5])
      #expect(try store.table(in: "rows") == sample(0..<100))
      #expect(throws: HoldfastError.self) { try store.append { _ in } }
      try SegmentStore(writing: place, format: format).removeAll()
      #expect(try store.numbers() == [])
      #expect(try FileSystem.list(place) == [".lock"])
    }
  }
}
