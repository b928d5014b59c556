/// How weights that are not tuned are held while a model is used. The bits of all answers are the same.
public enum Residency: String, Sendable, CaseIterable {
  /// As float32, packed for products: fastest, and four bytes for each parameter.
  case packed
  /// As they lie in the file, mapped and possibly quantised, made float32 piece by piece in every product.
  case stored
}
