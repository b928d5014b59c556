import ArgumentParser
import Holdfast

/// `holdfast system-info`
struct SystemInfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "system-info",
    abstract: "Show the CPU, the kernels and the BLAS that were chosen, and why.")

  @Flag(name: .long, help: "Print one JSON object on standard output.")
  var json = false

  func run() throws {
    let info = Self.json(Runtime.shared.systemInfo())
    if json { Console.print(info.text()) } else { Outline.print(info) }
  }

  private static func json(_ info: SystemInfo) -> JSON {
    func text(_ value: String?) -> JSON { value.map { .text($0) } ?? .null }
    let blas: JSON = [
      "path": text(info.blas.path), "version": text(info.blas.version), "core": text(info.blas.core),
      "admitted": .bool(info.blas.admitted), "reason": .text(info.blas.reason),
    ]
    return [
      "version": .text(engineVersion), "processor": .text(info.processor),
      "features": .array(info.features.map { .text($0) }), "kernel": .text(info.kernel),
      "products": .text(info.products), "products_reason": .text(info.productsReason),
      "threads": .int(info.threads), "blas": blas,
    ]
  }
}
