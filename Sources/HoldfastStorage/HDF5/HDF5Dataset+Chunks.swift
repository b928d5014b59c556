import CHDF5
import HoldfastTensor

/// Reading chunked datasets as they are stored: HDF5 says where a chunk lies, and what is in it is undone here.
extension HDF5Dataset {
  /// How a chunked dataset is cut and filtered; to be asked under the lock.
  ///
  /// `nil` for a dataset that is not chunked.
  func chunking() throws(HoldfastError) -> Chunking? {
    let creation = HDF5Handle(H5Dget_create_plist(id), close: H5Pclose)
    guard H5Pget_layout(creation.id) == H5D_CHUNKED else { return nil }
    var extents = [hsize_t](repeating: 0, count: max(shape.count, 1))
    guard !shape.isEmpty, H5Pget_chunk(creation.id, Int32(extents.count), &extents) == Int32(shape.count)
    else {
      throw corrupt("has chunks that do not fit its shape \(shape)")
    }
    var bytes = elementSize
    for extent in extents {
      guard let length = Int(exactly: extent), length > 0,
        case let (product, overflow) = bytes.multipliedReportingOverflow(by: length), !overflow,
        product < 1 << 32
      else { throw corrupt("has chunks of the absurd shape \(extents)") }
      bytes = product
    }
    let filters = try HDF5Filters(creation: creation.id, place: place)
    return Chunking(
      extents: extents.map { Int($0) }, bytes: bytes, filters: filters, fill: try fill(creation.id))
  }

  /// What stands where nothing was written; zeros for strings.
  private func fill(_ creation: hid_t) throws(HoldfastError) -> [UInt8] {
    var value = [UInt8](repeating: 0, count: elementSize)
    var kind = H5D_FILL_VALUE_UNDEFINED
    guard let type, type != .string, H5Pfill_value_defined(creation, &kind) >= 0,
      kind == H5D_FILL_VALUE_USER_DEFINED
    else { return value }
    guard type.withFileType({ H5Pget_fill_value(creation, $0, &value) }) >= 0 else {
      throw HDF5.failure("\(place): the fill value cannot be read")
    }
    return value
  }

  /// How a dataset is cut into chunks.
  struct Chunking {
    /// The extent of a chunk along each axis.
    let extents: [Int]
    /// The bytes of a chunk.
    let bytes: Int
    let filters: HDF5Filters
    /// The element that stands where nothing was written.
    let fill: [UInt8]
  }

  /// The elements of a chunk that starts at the given indices; `nil` for one that was never written. To be called under
  /// the lock.
  private func chunk(_ chunking: Chunking, at start: [Int]) throws(HoldfastError) -> [UInt8]? {
    let offset = start.map { hsize_t($0) }
    var stored: hsize_t = 0
    guard H5Dget_chunk_storage_size(id, offset, &stored) >= 0 else {
      let failure = HDF5.failure("\(place): the chunk at \(start) cannot be found")
      // For a chunk that was never written, too, the library has but an error, and other ways take time for each chunk.
      if failure.message.contains("not allocated") { return nil }
      throw failure
    }
    guard stored > 0 else { return nil }
    guard let size = Int(exactly: stored), size <= store.mapped?.count ?? Int.max,
      !chunking.filters.isEmpty || size == chunking.bytes
    else { throw corrupt("has a chunk at \(start) of the absurd size \(stored)") }
    var bytes = [UInt8](repeating: 0, count: size)
    var mask: UInt32 = 0
    guard H5Dread_chunk(id, 0, offset, &mask, &bytes) >= 0 else {
      throw HDF5.failure("\(place): the chunk at \(start) cannot be read")
    }
    guard let whole = chunking.filters.undo(bytes, mask: mask, size: chunking.bytes) else {
      throw corrupt("has a damaged chunk at \(start)")
    }
    return whole
  }

  /// Copies a block out of the chunks it lies in, row-major, in the file's own type; to be called under the lock.
  func readChunks(
    _ chunking: Chunking, _ block: HDF5Block, into output: UnsafeMutableRawBufferPointer
  ) throws(HoldfastError) {
    guard block.count > 0 else { return }
    let size = elementSize
    let rank = shape.count
    let first = zip(block.start, chunking.extents).map { $0 / $1 }
    let last = (0..<rank).map { (block.start[$0] + block.extent[$0] - 1) / chunking.extents[$0] }
    var grid = first
    while true {
      let origin = zip(grid, chunking.extents).map { $0 * $1 }
      let low = zip(origin, block.start).map { max($0, $1) }
      let high = (0..<rank).map {
        min(origin[$0] + chunking.extents[$0], block.start[$0] + block.extent[$0])
      }
      let content = try chunk(chunking, at: origin)
      let run = high[rank - 1] - low[rank - 1]
      var index = low
      while true {
        var (source, target) = (0, 0)
        for axis in 0..<rank {
          source = source * chunking.extents[axis] + index[axis] - origin[axis]
          target = target * block.extent[axis] + index[axis] - block.start[axis]
        }
        let part = UnsafeMutableRawBufferPointer(rebasing: output[(target * size)..<((target + run) * size)])
        if let content {
          content.withUnsafeBytes {
            part.copyMemory(
              from: UnsafeRawBufferPointer(rebasing: $0[(source * size)..<((source + run) * size)]))
          }
        } else {
          for i in 0..<run { part[(i * size)..<((i + 1) * size)].copyBytes(from: chunking.fill) }
        }
        guard Self.advance(&index, low, high, axes: rank - 1) else { break }
      }
      guard Self.advance(&grid, first, last.map { $0 + 1 }, axes: rank) else { return }
    }
  }

  /// Counts on over the first axes, the last of them fastest; `false` behind the last index.
  private static func advance(_ index: inout [Int], _ low: [Int], _ high: [Int], axes: Int) -> Bool {
    for axis in (0..<axes).reversed() {
      index[axis] += 1
      if index[axis] < high[axis] { return true }
      index[axis] = low[axis]
    }
    return false
  }
}
