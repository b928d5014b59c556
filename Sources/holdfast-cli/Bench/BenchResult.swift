import Holdfast

/// What one workload took.
struct BenchResult {
  let workload: Workload
  let samples: [Workload.Sample]
  /// What the machine reached before the first sample, between them and after the last one; empty without a yardstick.
  let peaks: [Peak]

  /// The median of the samples' figures.
  var value: Double { Self.median(samples.map(figure)) }

  /// The median of what the machine reached.
  var peak: Peak? {
    peaks.isEmpty ? nil : peaks.sorted { $0.value < $1.value }[peaks.count / 2]
  }

  /// The share of the peak that was reached of the work that is needed: the median over the samples, each compared with
  /// what the machine reached just before and just after it.
  var share: Double? {
    guard peaks.count > samples.count, samples.allSatisfy({ $0.needed > 0 }) else { return nil }
    return Self.median(
      samples.enumerated().map { index, sample in
        sample.needed / sample.seconds / ((peaks[index].value + peaks[index + 1].value) / 2)
      })
  }

  private func figure(_ sample: Workload.Sample) -> Double {
    workload.unit == .seconds ? sample.seconds : sample.amount / sample.seconds
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  /// The result as JSON; operations and bytes a second in full.
  var json: JSON {
    var json: JSON = [
      "name": .text(workload.name), "title": .text(workload.title), "unit": .text(workload.unit.rawValue),
      "value": .number(value), "samples": .array(samples.map { .number(figure($0)) }),
    ]
    if let needed = samples.first?.needed, needed > 0 { json.set("needed", .number(needed)) }
    if let peak {
      var object: JSON = ["what": .text(peak.what), "value": .number(peak.value)]
      for part in peak.parts { object.set(ByteString(part.name), .number(part.value)) }
      json.set("peak", object)
    }
    if let share { json.set("share", .number(share)) }
    return json
  }

  /// How many times as good the figure is as one that was stored.
  func ratio(to stored: JSON) -> Double? {
    let other = stored["workloads"]?.arrayValue?.first { $0["name"]?.textValue == workload.name }
    guard let value = other?["value"]?.doubleValue, value > 0 else { return nil }
    return workload.unit.largerIsBetter ? self.value / value : value / self.value
  }
}
