import Testing

@testable import HoldfastTensor

/// Arrays: shapes, views, casts and errors. Numbers of the operations are compared with PyTorch through the C face
/// (bindings/python/tests/test_ops.py).
@Suite struct NDArrayTests {
  private func counting(_ shape: [Int]) throws -> NDArray {
    NDArray(try Tensor((0..<shape.reduce(1, *)).map(Float.init), shape: shape))
  }

  private func values(_ array: NDArray) throws -> [Float] { try array.tensor().array }

  @Test func viewsShareMemoryAndKeepIt() throws {
    var array: NDArray? = try counting([2, 3, 4])
    let view = try #require(try array?.slice(axis: 1, start: -1, step: -2).transposed([2, 1, 0]))
    array = nil
    #expect(view.shape == [4, 2, 2])
    #expect(try values(view) == [8, 20, 0, 12, 9, 21, 1, 13, 10, 22, 2, 14, 11, 23, 3, 15])
  }

  @Test func reshapingIsAViewWhereTheLayoutAllowsOne() throws {
    let array = try counting([4, 3, 2])
    let cut = try array.slice(axis: 1, start: 1)
    for (shape, isView) in [
      ([4, 4], true), ([2, 2, 2, 2], true), ([16], false), ([4, 1, 4, 1], true), ([8, 2], false),
    ] {
      let reshaped = try cut.reshaped(shape)
      #expect((reshaped.pointer == cut.pointer) == isView, "\(shape)")
      #expect(try values(reshaped) == values(cut), "\(shape)")
    }
    let turned = try array.transposed()
    #expect(try values(turned.reshaped([-1])) == values(turned))
    #expect(try turned.reshaped([2, 3, 2, 2]).pointer == array.pointer)
  }

  @Test func broadcastingRepeatsWithoutMemory() throws {
    let array = try counting([3, 1]).broadcast(to: [2, 3, 4])
    #expect(array.strides == [0, 1, 0])
    #expect(
      try values(array)
        == (0..<2).flatMap { _ in (0..<3).flatMap { [Float](repeating: Float($0), count: 4) } })
    #expect(throws: HoldfastError.self) { try array.broadcast(to: [3, 4]) }
  }

  @Test func shapesThatOverflowAreErrorsAndNotTraps() throws {
    for shape in [[Int.max, 2], [1 << 62], [0, Int.max, 2], [-2], [Int](repeating: 1, count: 65)] {
      #expect(throws: HoldfastError.self, "\(shape)") { try NDArray(uninitialized: shape, type: .int64) }
      #expect(throws: HoldfastError.self, "\(shape)") { try counting([2]).broadcast(to: shape) }
      #expect(throws: HoldfastError.self, "\(shape)") { try counting([2]).reshaped(shape) }
      var random = RandomSource(seed: 1)
      #expect(throws: HoldfastError.self, "\(shape)") { try NDArray(uniform: shape, from: &random) }
    }
    let array = try counting([2, 3])
    for (shape, strides, offset) in [
      ([2], [Int.max], 1), ([2, 2], [3, 2], 2), ([1], [0], -1), ([1], [0], .max),
    ] {
      #expect(throws: HoldfastError.self, "\(shape)") { try array.strided(shape, strides, offset: offset) }
    }
    #expect(throws: HoldfastError.self) { try array.slice(axis: 0, step: .min) }
  }

  @Test func everyPairOfTypesConvertsSmallNumbers() throws {
    let numbers = try counting([5])
    for from in ElementType.allCases where from != .bool {
      for to in ElementType.allCases where to != .bool {
        let back = try numbers.cast(to: from).cast(to: to).cast(to: .float32)
        #expect(try values(back) == [0, 1, 2, 3, 4], "\(from) to \(to)")
      }
      #expect(
        try values(numbers.cast(to: from).cast(to: .bool).cast(to: from).cast(to: .float32)) == [
          0, 1, 1, 1, 1,
        ])
    }
  }

  @Test func truthOfForeignBytesIsNotZero() throws {
    let bytes = try NDArray(zeros: [3], type: .uint8)
    bytes.pointer.storeBytes(of: 7, toByteOffset: 1, as: UInt8.self)
    let flags = try NDArray(borrowing: bytes.pointer, type: .bool, shape: [3], owner: bytes.owner)
    #expect(try values(flags.cast(to: .uint8).cast(to: .float32)) == [0, 1, 0])
    let copy = try flags.copied()
    #expect(copy.pointer.load(fromByteOffset: 1, as: UInt8.self) == 1)
    withExtendedLifetime((bytes, copy)) {}
  }

  @Test func sixteenBitsAreRoundedOnceFromEveryType() throws {
    // bfloat16 has 8 bits, so odd numbers of 9 lie in the middle between two neighbours. These lie so close to it that a
    // stop at float32 would move them there.
    for middle in stride(from: 257.0, to: 512, by: 2) {
      for (nudge, wanted) in [(-0x1p-40, middle - 1), (0x1p-40, middle + 1)] {
        let value = try NDArray(full: [], type: .float64, value: middle + nudge)
        let rounded = try value.cast(to: .bfloat16).cast(to: .float64)
        withExtendedLifetime(rounded) { #expect($0.pointer.load(as: Double.self) == wanted) }
      }
    }
    let large = try NDArray(zeros: [], type: .int64)
    for (value, wanted) in [
      ((1 << 62) + (1 << 54) + 1, 0x1p62 + 0x1p55), ((1 << 62) + (1 << 54), 0x1p62),
      (-(1 << 62) - (1 << 54) - 1, -0x1p62 - 0x1p55),
    ] {
      large.pointer.storeBytes(of: Int64(value), as: Int64.self)
      let rounded = try large.cast(to: .bfloat16).cast(to: .float64)
      withExtendedLifetime(rounded) { #expect($0.pointer.load(as: Double.self) == wanted) }
    }
  }

  @Test func noticesWaitAndAreTakenOnce() {
    let notices = Notices()
    #expect(notices.isEmpty)
    for index in 0..<Notices.limit + 5 { notices.add(.info, "notice \(index)") }
    #expect(!notices.isEmpty)
    let taken = notices.take()
    #expect(taken.count == Notices.limit && taken.first == Notice(level: .info, text: "notice 0"))
    #expect(notices.isEmpty && notices.take().isEmpty)
  }
}
