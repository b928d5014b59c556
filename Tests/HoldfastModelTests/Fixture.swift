import HoldfastStorage
import HoldfastTensor

@testable import HoldfastModel

/// Files beside the tests, and what the reference implementation computed for them.
enum Fixture {
  static var directory: String {
    var parts = #filePath.split(separator: "/").dropLast(2)
    parts.append(contentsOf: ["Fixtures", "model"])
    return "/" + parts.joined(separator: "/")
  }

  static func path(_ name: String) -> String { "\(directory)/\(name)" }
  static func model(_ name: String) throws -> Model { try Model.load(path(name)) }

  static func expected(_ name: String) throws -> JSONNode {
    JSONNode(try JSON.read(path("\(name).expected.json")), document: name)
  }

  static func tensors(_ name: String) throws -> [ByteString: [Float]] {
    var all: [ByteString: [Float]] = [:]
    for tensor in try SafetensorsFile(path: path("\(name).safetensors")).tensors {
      var values = [Float](repeating: 0, count: tensor.count)
      values.withUnsafeMutableBufferPointer { tensor.dequantize(rows: 0..<tensor.rowCount, into: $0) }
      all[tensor.name] = values
    }
    return all
  }

  static func sequences(_ node: JSONNode) throws -> [TrainingSequence] {
    try node.elements().map { item in
      TrainingSequence(
        tokens: try item.member("tokens").elements().map { try $0.int32() },
        labels: try item.member("labels").elements().map { try $0.int32() })
    }
  }
}

extension [Float] {
  /// The bits, for comparisons that mean it.
  var bits: [UInt32] { map(\.bitPattern) }

  /// The largest difference to another array as a share of that array's range.
  func deviation(from other: [Float]) -> Double {
    guard count == other.count, let low = other.min(), let high = other.max() else { return .infinity }
    let worst = zip(self, other).map { abs(Double($0) - Double($1)) }.max() ?? 0
    return worst / Swift.max(Double(high) - Double(low), 1e-30)
  }
}
