extension Statistics {
  /// Pearson's correlation of two vectors of equal length, kept within -1 … 1; `nil` when either is constant, which
  /// leaves it undefined.
  public static func pearson(_ x: [Double], _ y: [Double]) -> Double? {
    let count = min(x.count, y.count)
    guard count > 1 else { return nil }
    let (meanX, meanY) = (mean(x), mean(y))
    var (xx, yy, xy) = (0.0, 0.0, 0.0)
    for index in 0..<count {
      let (dx, dy) = (x[index] - meanX, y[index] - meanY)
      xx += dx * dx
      yy += dy * dy
      xy += dx * dy
    }
    guard xx > 0, yy > 0 else { return nil }
    return min(max(xy / (xx * yy).squareRoot(), -1), 1)
  }

  /// Pearson of dense ranks, 1 = highest, ties equal: the paper's consistency of two choice distributions.
  ///
  /// `nil` where undefined (all choices tied); the paper's code counts such an item as 0.
  public static func rankPearson(_ p: [Double], _ q: [Double]) -> Double? {
    pearson(denseRanksDescending(p), denseRanksDescending(q))
  }

  /// Spearman's rho: Pearson of average ranks (scipy `spearmanr`); `nil` where undefined.
  public static func spearman(_ x: [Double], _ y: [Double]) -> Double? {
    pearson(averageRanks(x), averageRanks(y))
  }

  /// Kendall's tau-b, which corrects for ties (scipy `kendalltau`); `nil` where undefined.
  public static func kendallTauB(_ x: [Double], _ y: [Double]) -> Double? {
    let count = min(x.count, y.count)
    var (balance, untiedX, untiedY) = (0.0, 0.0, 0.0)
    for i in 0..<count {
      for j in 0..<i {
        let signX = sign(x[i], x[j])
        let signY = sign(y[i], y[j])
        balance += signX * signY
        untiedX += signX * signX
        untiedY += signY * signY
      }
    }
    guard untiedX > 0, untiedY > 0 else { return nil }
    return min(max(balance / (untiedX * untiedY).squareRoot(), -1), 1)
  }

  private static func sign(_ a: Double, _ b: Double) -> Double { a < b ? -1 : a > b ? 1 : 0 }
}
