import HoldfastTensor

@testable import HoldfastStorage

/// A file with everything that Holdfast writes to HDF5, for the tests.
enum Sample {
  static let format = FileFormat(name: "holdfast-test", major: 1, minor: 2)
  static let floats = (0..<6000).map { Float($0) * 0.37 - 1000 }
  static let names = (0..<3000).map { ByteString($0 % 7 == 0 ? "" : "naïve \($0) 語") }

  static func write(to path: String) throws {
    let table = try table(0..<100)
    try HDF5File.write(to: path, format: format) { root throws(HoldfastError) in
      try root.setAttribute("note", .text("bonjour à tous"))
      try root.setAttribute("count", .integer(-7))
      try root.setAttribute("rate", .number(0.1))
      try root.setAttribute("list", .integers([1, 2, 3]))
      try root.setAttribute("words", .texts(["a", "", "ü"]))
      try root.setAttribute("none", .numbers([]))
      let axes = [HDF5Axis("item", 3000), HDF5Axis("choice", 2)]
      try root.write("item", strings: names, axes: [axes[0]])
      try root.write("logprob", floats, axes: axes)
      try root.write("plain", floats, axes: axes, layout: .contiguous)
      try root.write("scalar", [Int64.min], axes: [])
      try root.write("empty", [Int32](), axes: [HDF5Axis("nothing", 0)])
      let group = try root.makeGroup("tensors")
      for type in [HDF5Type.bfloat16, .float16] {
        let tensor = try group.makeDataset(
          ByteString(type.rawValue), type, axes: [HDF5Axis("row", 60), HDF5Axis("column", 100)],
          layout: .contiguous)
        try tensor.write(floats)
      }
      try table.write(to: root.makeGroup("ledger"))
    }
  }

  static func table(_ rows: Range<Int>) throws(HoldfastError) -> Table {
    var table = Table(axis: "item")
    try table.add("correct", .bool(rows.map { $0 % 3 == 0 }))
    try table.add("item", .text(rows.map { "q\($0)" }))
    try table.add("gold", .int32(rows.map { Int32($0 % 4) }))
    try table.add("hash", .int64(rows.map { Int64($0) << 40 }))
    try table.add("confidence", .float(rows.map { Float($0) / 7 }))
    try table.add("margin", .double(rows.map { Double($0) / 7 }))
    try table.add(
      "logprob", .floats(rows.map { i in (0..<(i % 5)).map { Float($0) - 0.5 } }, axis: "choice"))
    try table.add("tokens", .ints(rows.map { i in (0..<(i % 4)).map { Int32($0 + i) } }, axis: "choice"))
    return table
  }
}
