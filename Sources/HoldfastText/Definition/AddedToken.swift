import HoldfastStorage

/// A token that is found in the text before anything is cut or merged.
struct AddedToken: Sendable, Hashable {
  /// Its id.
  var id: Int32
  /// The text it stands for, as UTF-8.
  var content: ByteString
  /// Whether it steers the model (`<|im_end|>`) rather than being text.
  var isSpecial: Bool
  /// Whether it takes the white space before it along.
  var stripsLeft = false
  /// Whether it takes the white space behind it along.
  var stripsRight = false
  /// Whether it counts only between characters that are not part of a word.
  var isSingleWord = false
  /// Whether it is looked for in the normalised text.
  var isNormalized = false
  /// Whether the model's vocabulary holds it too, so that merging may lead to it.
  var isPiece = false
}
