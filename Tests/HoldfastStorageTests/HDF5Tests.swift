import CHDF5
import Glibc
import HoldfastTensor
import Testing

@testable import HoldfastStorage

@Suite struct HDF5Tests {
  @Test func everyKindOfValueComesBack() throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/values.h5"
      try Sample.write(to: path)
      let root = try HDF5File(path: path, format: Sample.format).root
      #expect(try root.attribute("note") == .text("bonjour à tous"))
      #expect(try root.attribute("count") == .integer(-7))
      #expect(try root.attribute("rate") == .number(0.1))
      #expect(try root.attribute("list") == .integers([1, 2, 3]))
      #expect(try root.attribute("words") == .texts(["a", "", "ü"]))
      #expect(try root.attribute("none") == .numbers([]))
      #expect(try root.attribute("missing") == nil)
      #expect(try root.text("creator") == ByteString("Holdfast \(engineVersion)"))
      #expect(try root.dataset("item").readStrings() == Sample.names)
      #expect(try root.dataset("logprob").read() == Sample.floats)
      #expect(try root.dataset("logprob").axes() == ["item", "choice"])
      #expect(try root.dataset("scalar").read() == [Int64.min])
      #expect(try root.dataset("empty").read() == [Int32]())
      #expect(try root.dataset("plain").storedTensor(name: "plain").values() == Sample.floats)
      #expect(
        try root.members().map { "\($0.name) \($0.kind)" } == [
          "item dataset", "logprob dataset", "choice dimension", "plain dataset", "scalar dataset",
          "empty dataset", "nothing dimension", "tensors group", "ledger group",
        ])
    }
  }

  @Test func halvesAreRoundedToTheNearest() throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/halves.h5"
      try Sample.write(to: path)
      let tensors = try HDF5File(path: path).root.group("tensors")
      #expect(try tensors.dataset("float16").read(as: Float.self) == Sample.floats.map { Float(Float16($0)) })
      let brains = try tensors.dataset("bfloat16")
      #expect(try brains.read(as: Float.self) == brains.storedTensor(name: "b").values())
      for bits in stride(from: UInt32(0), through: 0xFF80_0000, by: 4_093) {
        let value = Float(bitPattern: bits)
        guard !value.isNaN else { continue }
        #expect(HalfFloat.float16(value) == Float16(value).bitPattern)
      }
    }
  }

  @Test func rowsAreReadAndWrittenApart() throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/rows.h5"
      let axes = [HDF5Axis("row", 100), HDF5Axis("column", 30), HDF5Axis("depth", 2)]
      try HDF5File.write(to: path, format: Sample.format) { root throws(HoldfastError) in
        for layout in [HDF5Layout.contiguous, .compressed] {
          let dataset = try root.makeDataset("\(layout)", .float32, axes: axes, layout: layout)
          for start in stride(from: 90, through: 0, by: -10) {
            let part = Array(Sample.floats[(start * 60)..<((start + 10) * 60)])
            try part.withUnsafeBufferPointer { buffer throws(HoldfastError) in
              try dataset.writeRows(start..<(start + 10), from: buffer)
            }
          }
        }
      }
      let root = try HDF5File(path: path).root
      for name in ["contiguous", "compressed"] as [ByteString] {
        let dataset = try root.dataset(name)
        #expect(try dataset.read() == Sample.floats)
        #expect(try dataset.read() == Sample.floats.map(Double.init))
        var rows = [Float](repeating: 0, count: 7 * 60)
        try rows.withUnsafeMutableBufferPointer { try dataset.readRows(33..<40, into: $0) }
        #expect(rows == Array(Sample.floats[(33 * 60)..<(40 * 60)]))
        #expect(
          code { try rows.withUnsafeMutableBufferPointer { try dataset.readRows(94..<101, into: $0) } }
            == .invalidArgument)
        #expect(code { try dataset.read(as: Int32.self) } == .corruptData)
      }
    }
  }

  @Test func misuseIsAnError() throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/misuse.h5"
      var escaped: HDF5Group?
      try HDF5File.write(to: path, format: Sample.format) { root throws(HoldfastError) in
        escaped = root
        for name in ["", ".", "a/b", "a\0b"] as [ByteString] {
          #expect(code { try root.makeGroup(name) } == .invalidArgument)
        }
        #expect(code { try root.makeGroup(ByteString([0xFF])) } == .invalidArgument)
        try root.write("a", [1, 2, 3] as [Int32], axes: [HDF5Axis("x", 3)])
        #expect(code { try root.write("a", [1] as [Int32], axes: [HDF5Axis("y", 1)]) } == .invalidArgument)
        #expect(code { try root.write("b", [1] as [Int32], axes: [HDF5Axis("x", 1)]) } == .invalidArgument)
        #expect(code { try root.write("c", [1] as [Int32], axes: [HDF5Axis("x", 3)]) } == .invalidArgument)
        #expect(code { try root.write("d", [Float](), axes: [HDF5Axis("z", -1)]) } == .invalidArgument)
        #expect(
          code { try root.makeDataset("e", .int8, axes: [HDF5Axis("p", .max), HDF5Axis("q", .max)]) }
            == .invalidArgument)
        #expect(
          code { try root.write("f", strings: ["a\0b"], axes: [HDF5Axis("one", 1)]) } == .invalidArgument)
        #expect(code { try root.dataset("nothing") } == .corruptData)
        #expect(code { try root.text("nothing") } == .corruptData)
      }
      #expect(code { try escaped?.makeGroup("late") } == .io)
      #expect(code { try HDF5File(path: "\(directory)/none.h5") } == .notFound)
      #expect(code { try HDF5File(path: directory) } == .io)
    }
  }

  @Test func formatsAreTold() throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/new.h5"
      let newer = FileFormat(name: "holdfast-test", major: 3, minor: 1)
      try HDF5File.write(to: path, format: newer) { _ throws(HoldfastError) in }
      let error = #expect(throws: HoldfastError.self) { try HDF5File(path: path, format: Sample.format) }
      #expect(error?.code == .newerVersion)
      #expect(error?.message.contains("3.1.0") == true && error?.message.contains("1.2.0") == true)
      let other = FileFormat(name: "holdfast-other", major: 3, minor: 1)
      #expect(code { try HDF5File(path: path, format: other) } == .corruptData)
      let older = FileFormat(name: "holdfast-test", major: 3, minor: 0)
      _ = try HDF5File(path: path, format: older)
    }
  }

  @Test func linksAreNotFollowed() throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/links.h5"
      try Sample.write(to: "\(directory)/target.h5")
      try HDF5File.write(to: path, format: Sample.format) { root throws(HoldfastError) in
        let status = try HDF5.locked {
          H5Lcreate_external("\(directory)/target.h5", "/plain", root.id, "outside", 0, 0)
            | H5Lcreate_soft("/nowhere", root.id, "dangling", 0, 0)
        }
        #expect(status == 0)
      }
      let root = try HDF5File(path: path).root
      #expect(try root.members().map { "\($0.name) \($0.kind)" } == ["outside other", "dangling other"])
      #expect(try root.optionalDataset("outside") == nil)
      #expect(try root.optionalGroup("dangling") == nil)
    }
  }
}

@Suite struct TableTests {
  @Test func columnsComeBack() throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/table.h5"
      try Sample.write(to: path)
      let table = try Table(reading: HDF5File(path: path).root.group("ledger"))
      #expect(try table == Sample.table(0..<100))
      #expect(table.names.first == "correct")
      #expect(try table.floats("logprob")[4] == [-0.5, 0.5, 1.5, 2.5])
      #expect(code { try table.floats("gold") } == .corruptData)
      #expect(code { try table.text("none") } == .corruptData)
    }
  }

  @Test func columnsMustFit() throws {
    var table = try Sample.table(0..<3)
    #expect(code { try table.add("short", .bool([true])) } == .invalidArgument)
    #expect(code { try table.add("gold", .bool([true, true, true])) } == .invalidArgument)
    #expect(code { try table.append(Table(axis: "row")) } == .invalidArgument)
    try table.append(Sample.table(3..<7))
    #expect(try table == Sample.table(0..<7))
  }

  @Test func segmentsGrowAndJoin() throws {
    try withTemporaryDirectory { directory in
      let place = "\(directory)/deep/store"
      do {
        let store = try SegmentStore(writing: place, format: Sample.format)
        for i in 0..<5 {
          try store.append { root throws(HoldfastError) in
            try Sample.table((i * 20)..<(i * 20 + 20)).write(to: root.makeGroup("rows"))
          }
        }
        let second = #expect(throws: HoldfastError.self) {
          try SegmentStore(writing: place, format: Sample.format)
        }
        #expect(second?.message.contains(place) == true)
        #expect(
          code {
            try store.append { _ throws(HoldfastError) in throw HoldfastError(.cancelled, "no") }
          } == .cancelled)
      }
      let leftover = "\(place)/.segment-000006.h5.abc.holdfast-tmp"
      try AtomicFile.write([1, 2, 3], to: leftover)
      let store = SegmentStore(reading: place, format: Sample.format)
      #expect(try store.numbers() == [1, 2, 3, 4, 5])
      #expect(try store.table(in: "rows") == Sample.table(0..<100))
      #expect(code { try store.append { _ throws(HoldfastError) in } } == .invalidArgument)
      try SegmentStore(writing: place, format: Sample.format).removeAll()
      #expect(try store.numbers() == [])
      #expect(try store.table(in: "rows") == nil)
      #expect(try FileSystem.list(place) == [".lock"])
    }
  }
}
