extension Statistics {
  /// The smallest true difference that a two-sided test at `alpha` would find with probability `power`, for an
  /// estimate with this standard error: `(z(1 - alpha/2) + z(power)) * standardError`.
  public static func minimumDetectableDifference(
    standardError: Double, alpha: Double = 0.05, power: Double = 0.8
  ) -> Double {
    (normalQuantile(1 - alpha / 2) + normalQuantile(power)) * standardError
  }
}
