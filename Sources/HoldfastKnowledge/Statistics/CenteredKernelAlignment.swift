extension Statistics {
  /// The debiased linear CKA of two representations of the same items, from their Gram matrices; NaN below 4 items or where
  /// one of them does not vary.
  ///
  /// The unbiased estimator of HSIC (Song et al. 2012, equation 5) takes the place of the biased one, which is inflated
  /// when there are fewer items than widths. May be slightly below 0 for unrelated representations.
  ///
  /// Source: Kornblith et al., arXiv 1905.00414; Nguyen et al., arXiv 2010.15327.
  ///
  /// - Parameters:
  ///   - first, second: the products of all pairs of rows, n·n, row-major.
  ///   - count: n, the number of items.
  public static func debiasedCKA(_ first: [Double], _ second: [Double], count: Int) -> Double {
    guard count > 3, first.count == count * count, second.count == count * count else { return .nan }
    let cross = unbiasedHSIC(first, second, count)
    let own = unbiasedHSIC(first, first, count) * unbiasedHSIC(second, second, count)
    return own > 0 ? cross / own.squareRoot() : .nan
  }

  /// Song et al.'s unbiased estimator of the Hilbert-Schmidt independence criterion.
  static func unbiasedHSIC(_ k: [Double], _ l: [Double], _ n: Int) -> Double {
    var (trace, sumK, sumL, across) = (0.0, 0.0, 0.0, 0.0)
    for i in 0..<n {
      var (rowK, rowL) = (0.0, 0.0)
      for j in 0..<n where j != i {
        trace += k[i * n + j] * l[i * n + j]
        rowK += k[i * n + j]
        rowL += l[i * n + j]
      }
      sumK += rowK
      sumL += rowL
      across += rowK * rowL
    }
    let m = Double(n)
    return (trace + sumK * sumL / ((m - 1) * (m - 2)) - 2 * across / (m - 2)) / (m * (m - 3))
  }
}
