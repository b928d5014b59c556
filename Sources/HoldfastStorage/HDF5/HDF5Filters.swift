import CHDF5
import HoldfastTensor

/// The filters of a chunked dataset, undone here and not by the HDF5 library.
///
/// The library (1.10) takes it on trust that a chunk decompresses to its full size and reads beyond a shorter one. Here a
/// chunk that is not exactly as long as it must be, or has a wrong checksum, is an error.
struct HDF5Filters {
  /// What Holdfast can undo.
  private enum Filter {
    case deflate
    case shuffle(width: Int)
    case fletcher32
  }

  private let filters: [Filter]

  /// The filters in the order in which they were applied; to be called under the lock.
  ///
  /// Throws `unsupported` naming a filter that cannot be undone.
  init(creation: hid_t, place: String) throws(HoldfastError) {
    var filters: [Filter] = []
    let count = H5Pget_nfilters(creation)
    guard count >= 0 else { throw HDF5.failure("\(place): the filters cannot be read") }
    for index in 0..<UInt32(count) {
      var (flags, config): (UInt32, UInt32) = (0, 0)
      var valueCount = 8
      var values = [UInt32](repeating: 0, count: valueCount)
      let id = H5Pget_filter2(creation, index, &flags, &valueCount, &values, 0, nil, &config)
      switch id {
      case H5Z_FILTER_DEFLATE: filters.append(.deflate)
      case H5Z_FILTER_SHUFFLE where valueCount == 1 && values[0] > 0:
        filters.append(.shuffle(width: Int(values[0])))
      case H5Z_FILTER_FLETCHER32: filters.append(.fletcher32)
      default:
        throw HoldfastError(
          .unsupported,
          "\(place) is compressed by the filter \(id); Holdfast reads shuffle, deflate and fletcher32: rewrite the file "
            + "with 'h5repack -f GZIP=4'")
      }
    }
    self.filters = filters
  }

  var isEmpty: Bool { filters.isEmpty }

  /// The `size` bytes that were stored as `bytes`; `nil` when they are damaged.
  ///
  /// - Parameter mask: has a bit for every filter that was left out.
  func undo(_ bytes: [UInt8], mask: UInt32, size: Int) -> [UInt8]? {
    var bytes = bytes
    for (index, filter) in filters.enumerated().reversed() where mask >> UInt32(index) & 1 == 0 {
      switch filter {
      case .fletcher32:
        guard let rest = Self.checked(bytes) else { return nil }
        bytes = rest
      case .shuffle(let width): bytes = Self.unshuffled(bytes, width)
      case .deflate:
        // Of what was applied before, only checksums add to the size.
        let sums = filters[..<index].enumerated().count {
          if case .fletcher32 = $0.element { mask >> UInt32($0.offset) & 1 == 0 } else { false }
        }
        let (length, overflow) = size.addingReportingOverflow(4 * sums)
        // Deflate shrinks at most 1032 times.
        guard !overflow, length / 1040 <= bytes.count else { return nil }
        var output = [UInt8](repeating: 0, count: length)
        let isGood = output.withUnsafeMutableBytes { output in
          bytes.withUnsafeBytes { Inflate.zlib($0, into: output) }
        }
        guard isGood else { return nil }
        bytes = output
      }
    }
    return bytes.count == size ? bytes : nil
  }

  /// The bytes without the checksum behind them; `nil` when it is wrong.
  private static func checked(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count >= 4 else { return nil }
    let end = bytes.count - 4
    let stored = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[end + $1]) << UInt32(8 * $1) }
    let rest = Array(bytes[..<end])
    return fletcher32(rest) == stored ? rest : nil
  }

  /// Fletcher's checksum of 32 bits over big-endian words of 16, as HDF5 computes it.
  static func fletcher32(_ bytes: [UInt8]) -> UInt32 {
    var (low, high): (UInt32, UInt32) = (0, 0)
    func fold(_ sum: UInt32) -> UInt32 { sum & 0xFFFF + sum >> 16 }
    var place = 0
    while place + 1 < bytes.count {
      // So many words cannot overflow 32 bits.
      let end = min(place + 720, bytes.count & ~1)
      while place < end {
        low &+= UInt32(bytes[place]) << 8 | UInt32(bytes[place + 1])
        high &+= low
        place += 2
      }
      (low, high) = (fold(low), fold(high))
    }
    if place < bytes.count {
      low &+= UInt32(bytes[place]) << 8
      high &+= low
      (low, high) = (fold(low), fold(high))
    }
    return fold(high) << 16 | fold(low)
  }

  /// Elements of `width` bytes whose first bytes come first, then their second bytes, and so on, put together again.
  private static func unshuffled(_ bytes: [UInt8], _ width: Int) -> [UInt8] {
    let count = bytes.count / width
    guard width > 1, count > 1 else { return bytes }
    var output = bytes
    for part in 0..<width {
      for i in 0..<count { output[i * width + part] = bytes[part * count + i] }
    }
    return output
  }
}
