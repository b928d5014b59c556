import HoldfastTensor

/// Models split over several files, `NAME-00001-of-00003.gguf` and so on.
///
/// Each part tells in its metadata which one it is (`split.no`, from 0), how many there are (`split.count`) and how many
/// tensors they have together (`split.tensors.count`). The first part has the model's metadata.
///
/// Source: https://github.com/ggml-org/llama.cpp, tools/gguf-split
extension GGUFShard {
  /// What a part says about the model it belongs to.
  private struct Split: Equatable {
    let number: Int
    let count: Int
    let tensors: Int?
  }

  /// The parts of the model that this one belongs to, in order; this one alone when the model is not split.
  ///
  /// Throws `notFound` naming the first part that is missing, and `corruptData` when the parts do not belong together
  /// or this file's name does not tell the others'.
  func parts() throws(HoldfastError) -> [GGUFShard] {
    guard let split = try split(), split.count > 1 else { return [self] }
    let own = Self.suffix(split.number, of: split.count)
    guard path.utf8.count > own.utf8.count, ByteString(path).hasSuffix(ByteString(own)) else {
      throw HoldfastError(
        .corruptData,
        "\(path): this is part \(split.number + 1) of \(split.count) of a split model, but its name does not end in "
          + "'\(own)', so the others cannot be found; give the parts their names back")
    }
    let stem = String(decoding: path.utf8.dropLast(own.utf8.count), as: UTF8.self)
    var parts: [GGUFShard] = []
    for number in 0..<split.count {
      let path = stem + Self.suffix(number, of: split.count)
      guard number != split.number else {
        parts.append(self)
        continue
      }
      guard FileSystem.exists(path) else {
        throw HoldfastError(
          .notFound,
          "\(path): there is no such file; it is part \(number + 1) of \(split.count) of the split model of "
            + "'\(self.path)', and all parts must lie in one directory")
      }
      let part = try GGUFShard(path: path)
      let expected = Split(number: number, count: split.count, tensors: split.tensors)
      guard try part.split() == expected else {
        throw HoldfastError(
          .corruptData,
          "\(path): its metadata does not say that it is part \(number + 1) of \(split.count) of the split model of "
            + "'\(self.path)'; a part of another model has its place")
      }
      parts.append(part)
    }
    let found = parts.reduce(0) { $0 + $1.tensors.count }
    if let tensors = split.tensors, tensors != found {
      throw HoldfastError(
        .corruptData,
        "\(path): the \(split.count) parts of the model have \(found) tensors, but should have \(tensors)")
    }
    return parts
  }

  /// The end of the name of a part, counted from 0, with the numbers in at least five digits.
  private static func suffix(_ number: Int, of count: Int) -> String {
    func digits(_ value: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, 5 - text.utf8.count)) + text
    }
    return "-\(digits(number + 1))-of-\(digits(count)).gguf"
  }

  private func split() throws(HoldfastError) -> Split? {
    guard metadata["split.count"] != nil else { return nil }
    let count = try integer("split.count", in: 0...65535) ?? 0
    guard count > 1 else { return Split(number: 0, count: count, tensors: nil) }
    guard let number = try integer("split.no", in: 0...(count - 1)) else {
      throw HoldfastError(
        .corruptData, "\(path): the metadata has 'split.count', but lacks 'split.no', the number of the part")
    }
    return Split(
      number: number, count: count, tensors: try integer("split.tensors.count", in: 0...Int(Int32.max)))
  }

  private func integer(_ key: ByteString, in range: ClosedRange<Int>) throws(HoldfastError) -> Int? {
    guard let stored = metadata[key] else { return nil }
    guard case .integer(let value) = stored, let integer = Int(exactly: value), range.contains(integer) else {
      throw HoldfastError(
        .corruptData,
        "\(path): metadata '\(key)' must be an integer from \(range.lowerBound) to \(range.upperBound)")
    }
    return integer
  }
}
