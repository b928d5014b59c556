/// One-to-one matching of candidates to targets with the smallest total distance (an assignment problem, solved exactly).
///
/// The distance of two rows is the sum, over the covariates matched on, of `|difference| / standard deviation` for
/// confidence and for the length of the trained choice (standard deviation over targets and candidates), and 1 when
/// the trained choices stand at different letters.
struct Matching {
  /// What of a row is matched on.
  struct Traits {
    var confidence: Double
    var length: Double
    var letter: Int

    /// The traits of a row trained with its right choice.
    init(_ row: LedgerRow, _ question: Question) {
      letter = row.gold ?? row.predicted
      confidence = row.confidence
      length = Double(question.choices[letter].unicodeScalars.count)
    }

    init(confidence: Double, length: Double, letter: Int) {
      self.confidence = confidence
      self.length = length
      self.letter = letter
    }
  }

  /// The candidate of each target; no candidate stands twice.
  let partners: [Int]
  /// The sum of the distances of the pairs.
  let totalDistance: Double

  /// Matches every target; there must be at least as many candidates.
  init(targets: [Traits], candidates: [Traits], on covariates: [GroupOptions.Covariate]) {
    let all = targets + candidates
    let scale = { (values: [Double]) in
      let deviation = Statistics.standardDeviation(values)
      return deviation > 0 ? 1 / deviation : 0
    }
    let confidenceScale = covariates.contains(.confidence) ? scale(all.map(\.confidence)) : 0
    let lengthScale = covariates.contains(.length) ? scale(all.map(\.length)) : 0
    let letterCost = covariates.contains(.letter) ? 1.0 : 0
    let costs = targets.map { target in
      candidates.map { candidate in
        abs(target.confidence - candidate.confidence) * confidenceScale
          + abs(target.length - candidate.length) * lengthScale
          + (target.letter == candidate.letter ? 0 : letterCost)
      }
    }
    partners = Assignment.solve(costs)
    totalDistance = zip(costs, partners).reduce(0) { $0 + $1.0[$1.1] }
  }
}

/// The rectangular assignment problem by shortest augmenting paths (Crouse 2016, as scipy's `linear_sum_assignment`).
enum Assignment {
  /// The column of each row so that the sum of costs is smallest; needs at least as many columns as rows.
  static func solve(_ costs: [[Double]]) -> [Int] {
    let (rows, columns) = (costs.count, costs.first?.count ?? 0)
    precondition(rows <= columns || rows == 0, "an assignment needs a column for each row")
    var rowPrice = [Double](repeating: 0, count: rows)
    var columnPrice = [Double](repeating: 0, count: columns)
    var rowOfColumn = [Int](repeating: -1, count: columns)
    var columnOfRow = [Int](repeating: -1, count: rows)
    for start in 0..<rows {
      var shortest = [Double](repeating: .infinity, count: columns)
      var previousRow = [Int](repeating: -1, count: columns)
      var visitedRows = [Bool](repeating: false, count: rows)
      var visitedColumns = [Bool](repeating: false, count: columns)
      var (row, sink, reached) = (start, -1, 0.0)
      while sink < 0 {
        visitedRows[row] = true
        var (best, lowest) = (-1, Double.infinity)
        for column in 0..<columns where !visitedColumns[column] {
          let length = reached + costs[row][column] - rowPrice[row] - columnPrice[column]
          if length < shortest[column] {
            shortest[column] = length
            previousRow[column] = row
          }
          if shortest[column] < lowest || (shortest[column] == lowest && rowOfColumn[column] < 0 && best < 0)
          {
            (best, lowest) = (column, shortest[column])
          }
        }
        reached = lowest
        visitedColumns[best] = true
        if rowOfColumn[best] < 0 { sink = best } else { row = rowOfColumn[best] }
      }
      rowPrice[start] += reached
      for other in 0..<rows where visitedRows[other] && other != start {
        rowPrice[other] += reached - shortest[columnOfRow[other]]
      }
      for column in 0..<columns where visitedColumns[column] {
        columnPrice[column] -= reached - shortest[column]
      }
      var column = sink
      while true {
        let owner = previousRow[column]
        rowOfColumn[column] = owner
        (columnOfRow[owner], column) = (column, columnOfRow[owner])
        if owner == start { break }
      }
    }
    return columnOfRow
  }
}
