extension Verification {
  /// Checks a GGUF file, a safetensors file or a Hugging Face directory: every tensor is read.
  mutating func checkTensors(_ start: [UInt8], _ progress: ProgressHandler?) throws(HoldfastError) {
    let tensors: [StoredTensor]
    if FileSystem.isDirectory(path) {
      format = "hugging-face"
      guard FileSystem.exists("\(path)/config.json") else {
        throw HoldfastError(
          .unsupported,
          "\(path) is a directory without config.json; a Hugging Face model has one beside its weights")
      }
      _ = try JSON.read("\(path)/config.json")
      tensors = try ShardedSafetensors(directory: path).tensors
    } else if start.starts(with: Array("GGUF".utf8)) {
      format = "gguf"
      tensors = try GGUFFile(path: path).tensors
    } else if start.count > 8, start[8] == UInt8(ascii: "{") {
      format = "safetensors"
      tensors = try SafetensorsFile(path: path).tensors
    } else {
      throw HoldfastError(
        .unsupported,
        "\(path): neither GGUF, safetensors nor HDF5 by its first bytes; give one of these or a Hugging Face directory"
      )
    }
    for (index, tensor) in tensors.enumerated() {
      if tensor.type.isReadable { check(tensor) }
      datasets += 1
      try Progress(stage: "verify", done: index + 1, total: tensors.count, unit: "tensors").report(
        to: progress)
    }
  }

  /// Looks for NaN and infinities among the values, some rows at a time.
  private mutating func check(_ tensor: StoredTensor) {
    var scan = NonFinite(.float32)
    let step = max(1, (1 << 20) / max(tensor.width, 1))
    var values = [Float](repeating: 0, count: min(step, tensor.rowCount) * tensor.width)
    for start in stride(from: 0, to: tensor.count == 0 ? 0 : tensor.rowCount, by: step) {
      let rows = start..<min(start + step, tensor.rowCount)
      values.withUnsafeMutableBufferPointer {
        let part = UnsafeMutableBufferPointer(rebasing: $0[..<(rows.count * tensor.width)])
        tensor.dequantize(rows: rows, into: part)
        scan.look(at: UnsafeRawBufferPointer(part), first: start * tensor.width)
      }
    }
    if let first = scan.firstNaN {
      find(.nonFinite, tensor.name.text, "\(scan.nans) of the numbers are NaN, first element \(first)")
    }
    if let first = scan.firstInfinity {
      find(
        .nonFinite, tensor.name.text, "\(scan.infinities) of the numbers are infinite, first element \(first)"
      )
    }
  }
}
