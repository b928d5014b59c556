/// How weights that are not tuned are held while a model is used. The bits of all answers are the same.
public enum Residency: String, Sendable, CaseIterable {
  /// Packed for products, in the few bits they are stored with or as float32: fastest, and a copy beside the file.
  case packed
  /// As they lie in the file, mapped and possibly quantised, made float32 piece by piece in every product.
  case stored
}
