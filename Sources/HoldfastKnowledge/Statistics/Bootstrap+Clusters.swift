import HoldfastTensor

extension Bootstrap {
  /// The mean over items of `values[seed][item]` when items come in clusters, such as MMLU's subjects: whole clusters are
  /// resampled with all their items, and seeds crossed with them.
  ///
  /// With one cluster for each item it is `mean(crossed:)` but for the draws. Every item needs a cluster, and all seeds
  /// the same items; surplus ones are passed over.
  ///
  /// - Parameter clusters: what names each item's cluster.
  public func mean(crossed values: [[Double]], clusters: [String]) -> Estimate {
    let count = min(values.map(\.count).min() ?? 0, clusters.count)
    let groups = Self.places(clusters.prefix(count))
    guard count > 0, groups.count > 1 else { return mean(crossed: values) }
    let byItem = (0..<count).map { item in Statistics.mean(values.map { $0[item] }) }
    var random = RandomSource(seed: seed)
    let sizes = groups.map(\.count)
    let seedSums = values.map { seed in groups.map { $0.reduce(0) { $0 + seed[$1] } } }
    let itemSums = groups.map { $0.reduce(0) { $0 + byItem[$1] } }
    let replicates = (0..<max(resamples, 1)).map { _ in
      var sums = itemSums
      if values.count > 1 {
        let drawn = (0..<values.count).map { _ in random.below(values.count) }
        sums = groups.indices.map { group in
          drawn.reduce(0) { $0 + seedSums[$1][group] } / Double(values.count)
        }
      }
      return Self.ratio(sums, sizes, drawn: groups.map { _ in random.below(groups.count) })
    }
    let value = Statistics.mean(byItem)
    let jackknife = groups.indices.map { left in
      Self.ratio(itemSums, sizes, drawn: groups.indices.filter { $0 != left })
    }
    return estimate(
      value, replicates: replicates, jackknife: values.count == 1 ? jackknife : nil, count: count)
  }

  /// The paired difference, first minus second, of `values[seed][item]` of two models on the same items and seeds; with
  /// clusters, these are resampled.
  public func difference(_ first: [[Double]], _ second: [[Double]], clusters: [String]? = nil) -> Estimate {
    let differences = zip(first, second).map { a, b in zip(a, b).map { $0 - $1 } }
    return clusters.map { mean(crossed: differences, clusters: $0) } ?? mean(crossed: differences)
  }

  /// The mean over all items of the drawn clusters, from each cluster's sum and size.
  static func ratio(_ sums: [Double], _ sizes: [Int], drawn: [Int]) -> Double {
    var (sum, size) = (0.0, 0)
    for cluster in drawn {
      sum += sums[cluster]
      size += sizes[cluster]
    }
    return sum / Double(size)
  }

  /// The places of each cluster's items, clusters in the order they are met.
  private static func places(_ clusters: ArraySlice<String>) -> [[Int]] {
    var order: [[UInt8]: Int] = [:]
    var places: [[Int]] = []
    for (item, name) in clusters.enumerated() {
      let key = Array(name.utf8)
      if let place = order[key] {
        places[place].append(item)
      } else {
        order[key] = places.count
        places.append([item])
      }
    }
    return places
  }
}
