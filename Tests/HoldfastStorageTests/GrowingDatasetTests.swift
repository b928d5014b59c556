import HoldfastTensor
import Testing

@testable import HoldfastStorage

/// Datasets that grow along their first axis, and parts of datasets.
@Suite struct GrowingDatasetTests {
  private func block(_ start: [Int], _ extent: [Int]) -> HDF5Block { HDF5Block(start: start, extent: extent) }

  private func write<T>(_ dataset: HDF5Dataset, _ block: HDF5Block, _ values: [T]) throws {
    try values.withUnsafeBytes { try dataset.write(block, from: $0) }
  }

  @Test(arguments: [false, true])
  func blocksComeBackAndTheRestIsEmpty(compressed: Bool) throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/grown.h5"
      try HDF5File.write(to: path, format: Sample.format) { root throws(HoldfastError) in
        do {
          let names = try root.makeGrowingDataset("item", .string, axes: [HDF5Axis("item", 0)], chunk: [2])
          let axes = [HDF5Axis("item", 0), HDF5Axis("x", 3)]
          let floats = try root.makeGrowingDataset(
            "floats", .float32, axes: axes, chunk: [2, 2], compressed: compressed)
          let halves = try root.makeGrowingDataset(
            "halves", .bfloat16, axes: axes, chunk: [1, 3], compressed: compressed)
          let integers = try root.makeGrowingDataset(
            "integers", .int32, axes: axes, chunk: [5, 1], compressed: compressed)
          for rows in [1, 4] {
            for dataset in [names, floats, halves, integers] { try dataset.grow(to: rows) }
          }
          try names.write(block([1], [3]), strings: ["b", "ç", ""])
          try write(floats, block([1, 1], [2, 2]), [1, 2, 3, 4] as [Float])
          try write(halves, block([3, 0], [1, 2]), [0x3F80, 0xBF80] as [UInt16])
          try write(integers, block([0, 0], [1, 3]), [7, 8, 9] as [Int32])
        } catch let error as HoldfastError { throw error } catch { Issue.record("\(error)") }
      }
      let root = try HDF5File(path: path, format: Sample.format).root
      let floats = try root.dataset("floats")
      #expect(floats.shape == [4, 3])
      #expect(try floats.axes() == ["item", "x"])
      var values = [Float](repeating: 0, count: 12)
      try values.withUnsafeMutableBytes { try floats.read(block([0, 0], [4, 3]), into: $0) }
      let nan = Float.nan
      let wanted = [nan, nan, nan, nan, 1, 2, nan, 3, 4, nan, nan, nan]
      #expect(zip(values, wanted).allSatisfy { $0.isNaN ? $1.isNaN : $0 == $1 })
      var halves = [UInt16](repeating: 0, count: 3)
      try halves.withUnsafeMutableBytes { try root.dataset("halves").read(block([3, 0], [1, 3]), into: $0) }
      #expect(halves == [0x3F80, 0xBF80, 0x7FC0])
      #expect(
        try root.dataset("integers").read(as: Int32.self) == [7, 8, 9] + [Int32](repeating: -1, count: 9))
      // What was never written takes no room.
      #expect(try FileSystem.size(path) < 16384)
    }
  }

  @Test func wrongBlocksAreRefused() throws {
    try withTemporaryDirectory { directory in
      try HDF5File.write(to: "\(directory)/grown.h5", format: Sample.format) { root throws(HoldfastError) in
        let axes = [HDF5Axis("item", 0), HDF5Axis("x", 3)]
        let dataset = try root.makeGrowingDataset("d", .float32, axes: axes, chunk: [2, 2])
        try dataset.grow(to: 2)
        let one: [Float] = [1]
        for wrong in [
          block([2, 0], [1, 1]), block([0, 3], [1, 1]), block([-1, 0], [1, 1]), block([0], [1]),
          block([0, 0], [1, 2]), block([0, Int.max], [1, 1]),
        ] {
          #expect(throws: HoldfastError.self) { try write(dataset, wrong, one) }
        }
        #expect(throws: HoldfastError.self) { try dataset.write(block([0, 0], [1, 1]), strings: ["a"]) }
        #expect(throws: HoldfastError.self) { try dataset.grow(to: 1) }
        for chunk in [[2], [0, 1], [1 << 40, 1 << 40]] {
          #expect(throws: HoldfastError.self) {
            try root.makeGrowingDataset("e", .float32, axes: axes, chunk: chunk)
          }
        }
        #expect(throws: HoldfastError.self) {
          try root.makeGrowingDataset("d", .float32, axes: axes, chunk: [1, 1])
        }
      }
    }
  }

  @Test func globsMatch() {
    #expect(Glob("a*c").matches("abbc") && Glob("*").matches("") && Glob("a?c").matches("abc"))
    #expect(!Glob("a*c").matches("abcd") && !Glob("").matches("a") && Glob("**b*").matches("aab"))
  }
}
