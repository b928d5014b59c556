import Glibc
import Testing

@testable import HoldfastTensor

/// Named rows of numbers from `Tests/Fixtures/tensor`.
struct Fixture {
  private var rows: [String: [Double]] = [:]

  init(named name: String) throws {
    let path = "\(#filePath)".split(separator: "/").dropLast(2).map { "/" + $0 }.joined()
    let file = try #require(fopen("\(path)/Fixtures/tensor/\(name).txt", "r"), "fixture \(name)")
    defer { fclose(file) }
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    while getline(&line, &capacity, file) > 0, let text = line {
      let words = String(cString: text).split { $0 == " " || $0 == "\n" }
      rows[String(try #require(words.first))] = words.dropFirst().compactMap { Double($0) }
    }
    free(line)
  }

  func numbers(_ name: String) throws -> [Double] { try #require(rows[name], "\(name)") }

  func tensor(_ name: String, _ shape: [Int]) throws -> Tensor {
    try Tensor(numbers(name).map { Float($0) }, shape: shape)
  }
}
