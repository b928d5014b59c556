extension Statistics {
  /// Ranks from 1 for the smallest, ties sharing the mean of their places (scipy `rankdata(method="average")`).
  public static func averageRanks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      // Places start+1 … end, whose mean is (start + 1 + end) / 2.
      let rank = Double(start + 1 + end) / 2
      for place in start..<end { ranks[order[place]] = rank }
      start = end
    }
    return ranks
  }

  /// Ranks from 1 for the *largest*, ties equal and without gaps after them (scipy `rankdata(-x, method="dense")`),
  /// as the paper ranks choices.
  public static func denseRanksDescending(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] > values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var rank = 0.0
    for (place, index) in order.enumerated() {
      if place == 0 || values[index] != values[order[place - 1]] { rank += 1 }
      ranks[index] = rank
    }
    return ranks
  }
}
