import Glibc

extension Statistics {
  /// The exact two-sided McNemar test of two paired proportions: the binomial test at 1/2 of the discordant pairs
  /// (statsmodels `mcnemar(exact=True)`). 1 when no pair is discordant.
  public static func mcNemar(lost: Int, gained: Int) -> Double {
    let (trials, fewer) = (lost + gained, min(lost, gained))
    guard trials > 0, fewer * 2 < trials else { return 1 }
    // log C(n, k) by recurrence over k; every term is divided by 2^n.
    var logTerm = -Double(trials) * log(2)
    var sum = exp(logTerm)
    for k in 0..<fewer {
      logTerm += log(Double(trials - k)) - log(Double(k + 1))
      sum += exp(logTerm)
    }
    return min(2 * sum, 1)
  }

  /// McNemar's chi-squared test with Edwards' continuity correction, `(|lost - gained| - 1)² / (lost + gained)`, one
  /// degree of freedom (statsmodels `mcnemar(exact=False, correction=True)`); p is 1 when no pair is discordant.
  public static func mcNemarCorrected(lost: Int, gained: Int) -> (statistic: Double, p: Double) {
    guard lost + gained > 0 else { return (0, 1) }
    let gap = Double(abs(lost - gained)) - 1
    let statistic = gap * gap / Double(lost + gained)
    return (statistic, erfc((statistic / 2).squareRoot()))
  }
}
