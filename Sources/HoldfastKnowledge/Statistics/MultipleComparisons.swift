extension Statistics {
  /// Holm's step-down adjustment of p-values, in the order given (statsmodels `multipletests(method="holm")`).
  public static func holm(_ pValues: [Double]) -> [Double] {
    let order = pValues.indices.sorted { pValues[$0] < pValues[$1] }
    var adjusted = [Double](repeating: 0, count: pValues.count)
    var largest = 0.0
    for (place, index) in order.enumerated() {
      largest = max(largest, min(pValues[index] * Double(pValues.count - place), 1))
      adjusted[index] = largest
    }
    return adjusted
  }
}

extension Statistics {
  /// Benjamini and Hochberg's step-up adjustment of p-values, in the order given, which bounds the expected share of
  /// false discoveries (statsmodels `multipletests(method="fdr_bh")`).
  public static func benjaminiHochberg(_ pValues: [Double]) -> [Double] {
    let order = pValues.indices.sorted { pValues[$0] > pValues[$1] }
    var adjusted = [Double](repeating: 0, count: pValues.count)
    var smallest = 1.0
    for (place, index) in order.enumerated() {
      smallest = min(smallest, pValues[index] * Double(pValues.count) / Double(pValues.count - place))
      adjusted[index] = smallest
    }
    return adjusted
  }
}
