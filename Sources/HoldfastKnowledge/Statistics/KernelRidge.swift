extension Statistics {
  /// Ridge classification from the Gram matrix of all items: the predictions for some items of a fit to others.
  ///
  /// Least squares on +1 for an item's class and −1 for the others, with an intercept that is not penalised, as
  /// scikit-learn's `RidgeClassifier(alpha=penalty)`; in its dual form, so that features wider than items are many cost
  /// nothing more.
  ///
  /// - Parameters:
  ///   - gram: the products of all pairs of items, count · count, row-major.
  ///   - labels: the class of each item, from 0; those of tested items are not looked at.
  ///   - penalty: the weight of the squared norm of the coefficients; above 0.
  /// - Returns: for each tested item, the score of each class, largest for the predicted one.
  static func ridgeScores(
    _ gram: [Double], labels: [Int], classes: Int, train: [Int], test: [Int], penalty: Double
  ) -> [[Double]] {
    let (count, n) = (labels.count, train.count)
    guard n > 0 else { return test.map { _ in [Double](repeating: 0, count: classes) } }
    let rowMeans = train.map { a in train.reduce(0) { $0 + gram[a * count + $1] } / Double(n) }
    let mean = rowMeans.reduce(0, +) / Double(n)
    var system = [Double](repeating: 0, count: n * n)
    for (i, a) in train.enumerated() {
      for (j, b) in train.enumerated() {
        system[i * n + j] = gram[a * count + b] - rowMeans[i] - rowMeans[j] + mean + (i == j ? penalty : 0)
      }
    }
    guard let lower = cholesky(system, n) else {
      return test.map { _ in [Double](repeating: .nan, count: classes) }
    }
    // Two classes are one question.
    let questions = classes == 2 ? [1] : Array(0..<classes)
    let solved = questions.map { question -> (weights: [Double], intercept: Double) in
      let targets = train.map { labels[$0] == question ? 1.0 : -1.0 }
      let center = targets.reduce(0, +) / Double(n)
      return (solve(lower, n, targets.map { $0 - center }), center)
    }
    return test.map { item in
      let products = train.map { gram[item * count + $0] }
      let own = products.reduce(0, +) / Double(n)
      let scores = solved.map { answer in
        answer.intercept
          + (0..<n).reduce(0) { $0 + answer.weights[$1] * (products[$1] - own - rowMeans[$1] + mean) }
      }
      return classes == 2 ? [-scores[0], scores[0]] : scores
    }
  }

  /// L of a symmetric positive definite matrix L Lᵀ; `nil` when it is not.
  static func cholesky(_ matrix: [Double], _ n: Int) -> [Double]? {
    var lower = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      for j in 0...i {
        var sum = matrix[i * n + j]
        for k in 0..<j { sum -= lower[i * n + k] * lower[j * n + k] }
        if i == j {
          guard sum > 0 else { return nil }
          lower[i * n + i] = sum.squareRoot()
        } else {
          lower[i * n + j] = sum / lower[j * n + j]
        }
      }
    }
    return lower
  }

  /// x of L Lᵀ x = b.
  static func solve(_ lower: [Double], _ n: Int, _ b: [Double]) -> [Double] {
    var x = b
    for i in 0..<n {
      for k in 0..<i { x[i] -= lower[i * n + k] * x[k] }
      x[i] /= lower[i * n + i]
    }
    for i in stride(from: n - 1, through: 0, by: -1) {
      for k in i + 1..<max(n, i + 1) { x[i] -= lower[k * n + i] * x[k] }
      x[i] /= lower[i * n + i]
    }
    return x
  }
}
