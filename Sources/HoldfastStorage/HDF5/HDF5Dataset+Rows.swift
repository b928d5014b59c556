import CHDF5
import Glibc
public import HoldfastTensor

/// Reading and writing numbers, whole or by rows of the first axis.
extension HDF5Dataset {
  /// All elements.
  ///
  /// Throws `corruptData` when they are of a type that `T` cannot hold exactly or are not all in the file.
  public func read<T: HDF5Element>(as type: T.Type = T.self) throws(HoldfastError) -> [T] {
    try store.locked { () throws(HoldfastError) in try checkReadable(as: T.hdf5Type) }
    var failure: HoldfastError?
    let values = [T](unsafeUninitializedCapacity: count) { buffer, initialized in
      do throws(HoldfastError) {
        try readRows(0..<rowCount, into: UnsafeMutableBufferPointer(rebasing: buffer[0..<count]))
        initialized = count
      } catch { failure = error }
    }
    if let failure { throw failure }
    return values
  }

  /// Reads rows into memory that holds exactly `rows.count * rowWidth` elements.
  public func readRows<T: HDF5Element>(
    _ rows: Range<Int>, into output: UnsafeMutableBufferPointer<T>
  ) throws(HoldfastError) {
    try checkRows(rows, output.count)
    guard let base = output.baseAddress, !output.isEmpty else { return }
    try store.locked { () throws(HoldfastError) in
      try checkReadable(as: T.hdf5Type)
      if let chunking = try chunking(), !chunking.filters.isEmpty {
        try readFiltered(chunking, rows, base)
      } else if type?.isHalf == true, T.self == Float.self {
        try readHalves(rows, UnsafeMutableRawPointer(base).assumingMemoryBound(to: Float.self))
      } else {
        try transfer(rows, "read") { H5Dread(id, T.hdf5Type.memoryType, $0, $1, 0, base) }
      }
    }
  }

  /// Writes rows from memory that holds exactly `rows.count * rowWidth` elements.
  ///
  /// The elements must be of the dataset's own type; float32 may also be written to float16 and bfloat16, rounded to
  /// the nearest, ties to even.
  public func writeRows<T: HDF5Element>(
    _ rows: Range<Int>, from input: UnsafeBufferPointer<T>
  ) throws(HoldfastError) {
    try checkRows(rows, input.count)
    guard let base = input.baseAddress, !input.isEmpty else { return }
    if type?.isHalf == true, T.self == Float.self {
      return try writeHalves(rows, UnsafeRawPointer(base).assumingMemoryBound(to: Float.self))
    }
    guard type == T.hdf5Type else {
      throw HoldfastError(
        .invalidArgument, "\(place) holds \(type?.rawValue ?? "another type"), not \(T.hdf5Type)")
    }
    try store.locked { () throws(HoldfastError) in
      try transfer(rows, "write") { H5Dwrite(id, T.hdf5Type.memoryType, $0, $1, 0, base) }
    }
  }

  /// Writes all elements.
  public func write<T: HDF5Element>(_ values: [T]) throws(HoldfastError) {
    try values.withUnsafeBufferPointer { buffer throws(HoldfastError) in
      try writeRows(0..<rowCount, from: buffer)
    }
  }

  private func checkRows(_ rows: Range<Int>, _ elements: Int) throws(HoldfastError) {
    guard rows.lowerBound >= 0, rows.upperBound <= rowCount, elements == rows.count * rowWidth else {
      throw HoldfastError(
        .invalidArgument, "\(place): rows \(rows) with \(elements) elements do not fit the shape \(shape)")
    }
  }

  /// Calls HDF5 with the spaces that select rows in memory and in the file; to be called under the lock.
  func transfer(
    _ rows: Range<Int>, _ action: String, _ body: (_ memory: hid_t, _ file: hid_t) -> herr_t
  ) throws(HoldfastError) {
    var status: herr_t = -1
    if shape.isEmpty {
      status = body(0, 0)
    } else {
      let file = HDF5Handle(H5Dget_space(id), close: H5Sclose)
      var start = [hsize_t](repeating: 0, count: shape.count)
      var length = shape.map { hsize_t($0) }
      start[0] = hsize_t(rows.lowerBound)
      length[0] = hsize_t(rows.count)
      let memory = HDF5Handle(H5Screate_simple(Int32(shape.count), length, nil), close: H5Sclose)
      if H5Sselect_hyperslab(file.id, H5S_SELECT_SET, start, nil, length, nil) >= 0 {
        status = body(memory.id, file.id)
      }
    }
    guard status >= 0 else {
      throw HDF5.failure("\(place): cannot \(action) the values", action == "read" ? .corruptData : .io)
    }
  }
}

/// Filtered rows, some chunks at a time.
extension HDF5Dataset {
  private func readFiltered<T: HDF5Element>(
    _ chunking: Chunking, _ rows: Range<Int>, _ output: UnsafeMutablePointer<T>
  ) throws(HoldfastError) {
    guard let type else { return }
    let height = chunking.extents[0]
    let step = max(1, (1 << 22) / max(rowWidth * elementSize * height, 1)) * height
    var out = output
    var start = rows.lowerBound
    while start < rows.upperBound {
      let end = min((start / step + 1) * step, rows.upperBound)
      let block = HDF5Block(
        start: shape.indices.map { $0 == 0 ? start : 0 },
        extent: shape.indices.map { $0 == 0 ? end - start : shape[$0] })
      let count = block.count
      var raw = [UInt8](repeating: 0, count: count * max(elementSize, MemoryLayout<T>.size))
      let status = try raw.withUnsafeMutableBufferPointer { raw throws(HoldfastError) -> herr_t in
        let raw = UnsafeMutableRawBufferPointer(raw)
        try readChunks(
          chunking, block, into: UnsafeMutableRawBufferPointer(rebasing: raw[..<(count * elementSize)]))
        guard let base = raw.baseAddress else { return 0 }
        if type.isHalf, T.self == Float.self {
          let floats = UnsafeMutableRawPointer(out).assumingMemoryBound(to: Float.self)
          if type == .bfloat16 {
            Dequantize.bf16(base, count, floats)
          } else {
            Dequantize.f16(base, count, floats)
          }
          return 0
        }
        let status =
          type == T.hdf5Type
          ? 0 : type.withFileType { H5Tconvert($0, T.hdf5Type.memoryType, count, base, nil, 0) }
        if status >= 0 { memcpy(out, base, count * MemoryLayout<T>.size) }
        return status
      }
      guard status >= 0 else { throw HDF5.failure("\(place): cannot convert the values") }
      out += count
      start = end
    }
  }
}

/// 16-bit floats pass as raw bits, because HDF5's own conversion is slow; rows are taken a megabyte at a time.
extension HDF5Dataset {
  private func pieces(of rows: Range<Int>) -> [Range<Int>] {
    let step = max(1, (1 << 19) / max(rowWidth, 1))
    return stride(from: rows.lowerBound, to: rows.upperBound, by: step).map {
      $0..<min($0 + step, rows.upperBound)
    }
  }

  private func readHalves(
    _ rows: Range<Int>, _ output: UnsafeMutablePointer<Float>
  ) throws(HoldfastError) {
    guard let type else { return }
    var out = output
    for piece in pieces(of: rows) {
      let count = piece.count * rowWidth
      var bits = [UInt16](repeating: 0, count: count)
      try transfer(piece, "read") { memory, file in
        type.withFileType { H5Dread(id, $0, memory, file, 0, &bits) }
      }
      bits.withUnsafeBytes { buffer in
        guard let base = buffer.baseAddress else { return }
        if type == .bfloat16 { Dequantize.bf16(base, count, out) } else { Dequantize.f16(base, count, out) }
      }
      out += count
    }
  }

  private func writeHalves(_ rows: Range<Int>, _ input: UnsafePointer<Float>) throws(HoldfastError) {
    guard let type else { return }
    var source = input
    for piece in pieces(of: rows) {
      let count = piece.count * rowWidth
      let values = UnsafeBufferPointer(start: source, count: count)
      let bits = values.map { type == .bfloat16 ? HalfFloat.bfloat16($0) : HalfFloat.float16($0) }
      try store.locked { () throws(HoldfastError) in
        try transfer(piece, "write") { memory, file in
          type.withFileType { H5Dwrite(id, $0, memory, file, 0, bits) }
        }
      }
      source += count
    }
  }
}
