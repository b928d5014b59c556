import CHDF5
import Glibc
public import HoldfastTensor

/// The value of an attribute.
public enum HDF5Attribute: Sendable, Equatable {
  /// A string, UTF-8 without zero bytes.
  case text(ByteString)
  /// An integer.
  case integer(Int64)
  /// A number.
  case number(Double)
  /// An array of strings.
  case texts([ByteString])
  /// An array of integers.
  case integers([Int64])
  /// An array of numbers.
  case numbers([Double])
}

extension HDF5Object {
  /// The most strings that an array attribute may have.
  private static var textLimit: Int { 1024 }

  /// Sets an attribute, replacing one of the same name.
  public func setAttribute(_ name: ByteString, _ value: HDF5Attribute) throws(HoldfastError) {
    let key = try checked(name)
    switch value {
    case .text(let text): try writeTexts(key, [text], shape: [])
    case .texts(let texts): try writeTexts(key, texts, shape: [hsize_t(texts.count)])
    case .integer(let number): try writeNumbers(key, [number], shape: [])
    case .integers(let numbers): try writeNumbers(key, numbers, shape: [hsize_t(numbers.count)])
    case .number(let number): try writeNumbers(key, [number], shape: [])
    case .numbers(let numbers): try writeNumbers(key, numbers, shape: [hsize_t(numbers.count)])
    }
  }

  private func writeNumbers<T: HDF5Element>(
    _ key: String, _ numbers: [T], shape: [hsize_t]
  ) throws(HoldfastError) {
    try write(key, T.hdf5Type, shape: shape) { attribute, _ in
      numbers.withUnsafeBytes { H5Awrite(attribute, T.hdf5Type.memoryType, $0.baseAddress) }
    }
  }

  private func writeTexts(_ key: String, _ texts: [ByteString], shape: [hsize_t]) throws(HoldfastError) {
    let strings = try CStrings(texts, place: "\(place), attribute '\(key)'")
    try write(key, .string, shape: shape) { attribute, type in
      strings.withPointers { H5Awrite(attribute, type, $0.baseAddress) }
    }
  }

  private func write(
    _ key: String, _ type: HDF5Type, shape: [hsize_t], _ body: (hid_t, hid_t) -> herr_t
  ) throws(HoldfastError) {
    try store.locked { () throws(HoldfastError) in
      if H5Aexists(id, key) > 0 { H5Adelete(id, key) }
      let space = HDF5Handle(
        shape.isEmpty ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, shape, nil), close: H5Sclose)
      let type = type.makeFileType()
      let attribute = HDF5Handle(H5Acreate2(id, key, type.id, space.id, 0, 0), close: H5Aclose)
      guard attribute.id >= 0, shape == [0] || body(attribute.id, type.id) >= 0 else {
        throw HDF5.failure("\(place): cannot write attribute '\(key)'", .io)
      }
    }
  }

  /// The value of an attribute, or `nil` when there is none.
  ///
  /// Throws `corruptData` for one that is damaged, of another type, or an array of more than one axis.
  public func attribute(_ name: ByteString) throws(HoldfastError) -> HDF5Attribute? {
    let key = try checked(name)
    return try store.locked { () throws(HoldfastError) -> HDF5Attribute? in
      let exists = H5Aexists(id, key)
      if exists == 0 { return nil }
      let attribute = HDF5Handle(exists > 0 ? H5Aopen(id, key, 0) : -1, close: H5Aclose)
      let typeHandle = HDF5Handle(H5Aget_type(attribute.id), close: H5Tclose)
      let space = HDF5Handle(H5Aget_space(attribute.id), close: H5Sclose)
      let rank = H5Sget_simple_extent_ndims(space.id)
      let count = H5Sget_simple_extent_npoints(space.id)
      guard attribute.id >= 0, typeHandle.id >= 0, rank >= 0, count >= 0 else {
        throw HDF5.failure("\(place): cannot read attribute '\(key)'")
      }
      let fixedLength = HDF5Type.fixedLength(of: typeHandle.id)
      guard let type = fixedLength == nil ? HDF5Type(identifying: typeHandle.id) : .string, rank <= 1,
        rank == 1 || count == 1
      else {
        throw corrupt("has an attribute '\(key)' of a kind that Holdfast does not write")
      }
      let fileSize = store.mapped?.count ?? Int.max
      guard Int(count) <= fileSize / (fixedLength ?? type.size), type != .string || count <= Self.textLimit
      else {
        throw corrupt("has an attribute '\(key)' of an absurd size")
      }
      let isScalar = rank == 0
      switch type {
      case .string:
        let texts =
          if let fixedLength {
            try readFixedTexts(attribute.id, typeHandle.id, Int(count), fixedLength, key)
          } else {
            try readTexts(attribute.id, typeHandle.id, Int(count), key)
          }
        return isScalar ? .text(texts[0]) : .texts(texts)
      case .float16, .bfloat16, .float32, .float64:
        let numbers: [Double] = try readNumbers(attribute.id, Int(count), key)
        return isScalar ? .number(numbers[0]) : .numbers(numbers)
      default:
        let numbers: [Int64] = try readNumbers(attribute.id, Int(count), key)
        return isScalar ? .integer(numbers[0]) : .integers(numbers)
      }
    }
  }

  private func readNumbers<T: HDF5Element>(
    _ attribute: hid_t, _ count: Int, _ key: String
  ) throws(HoldfastError) -> [T] {
    var status: herr_t = -1
    let numbers = [T](unsafeUninitializedCapacity: count) { buffer, initialized in
      status = count == 0 ? 0 : H5Aread(attribute, T.hdf5Type.memoryType, buffer.baseAddress)
      initialized = status < 0 ? 0 : count
    }
    guard status >= 0 else { throw HDF5.failure("\(place): cannot read attribute '\(key)'") }
    return numbers
  }

  private func readFixedTexts(
    _ attribute: hid_t, _ type: hid_t, _ count: Int, _ length: Int, _ key: String
  ) throws(HoldfastError) -> [ByteString] {
    var bytes = [UInt8](repeating: 0, count: count * length)
    guard count == 0 || H5Aread(attribute, type, &bytes) >= 0 else {
      throw HDF5.failure("\(place): cannot read attribute '\(key)'")
    }
    let isPadded = H5Tget_strpad(type) == H5T_STR_SPACEPAD
    return bytes.withUnsafeBytes { ByteString.fixed($0, length: length, isPadded: isPadded) }
  }

  private func readTexts(
    _ attribute: hid_t, _ type: hid_t, _ count: Int, _ key: String
  ) throws(HoldfastError) -> [ByteString] {
    var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
    let status = count == 0 ? 0 : H5Aread(attribute, type, &pointers)
    defer { for pointer in pointers { H5free_memory(pointer) } }
    guard status >= 0 else { throw HDF5.failure("\(place): cannot read attribute '\(key)'") }
    return pointers.map { ByteString(copying: $0) }
  }
}

/// Attributes by type; each throws `corruptData` when it is missing or of another type.
extension HDF5Object {
  /// A string.
  public func text(_ name: ByteString) throws(HoldfastError) -> ByteString {
    guard case .text(let value) = try attribute(name) else { throw lacks(name, "a string") }
    return value
  }

  /// An integer.
  public func int(_ name: ByteString) throws(HoldfastError) -> Int {
    guard case .integer(let value) = try attribute(name), let value = Int(exactly: value) else {
      throw lacks(name, "an integer")
    }
    return value
  }

  /// A number, also one stored as an integer.
  public func double(_ name: ByteString) throws(HoldfastError) -> Double {
    switch try attribute(name) {
    case .number(let value): return value
    case .integer(let value): return Double(value)
    default: throw lacks(name, "a number")
    }
  }

  /// A JSON document stored as a string.
  public func json(_ name: ByteString) throws(HoldfastError) -> JSON {
    try JSON.parse(text(name).bytes, name: "\(place), attribute '\(name)'")
  }

  private func lacks(_ name: ByteString, _ what: String) -> HoldfastError {
    corrupt("lacks the attribute '\(name)', \(what)")
  }
}
