/// How a file lays a tensor out, seen from the engine's own layout.
///
/// The engine keeps outputs first [N,K], queries, keys and values one after another, and the halves of rotary pairs
/// E/2 apart. Most files do too.
enum TensorLayout: Sendable, Equatable {
  /// As the engine does.
  case natural
  /// The rotary pairs of each head side by side, as GGUF keeps the queries and keys of Llama: the engine's row
  /// `h·E + half·E/2 + j` is the file's row `h·E + 2j + half`.
  case interleavedPairs
  /// Inputs first [K,N], as GPT-2's Hugging Face files keep matrices.
  case transposed
  /// Query, key and value of one head together, then those of the next, as GPT-NeoX's Hugging Face files do: the
  /// engine's row `part·H·E + h·E + e` is the file's row `h·3E + part·E + e`.
  case headwise
  /// The value plus one, as GGUF keeps the norm weights of Gemma.
  case plusOne

  /// The file's row (element of a vector) that is the engine's row.
  func source(_ row: Int, headWidth: Int, heads: Int) -> Int {
    switch self {
    case .natural, .transposed, .plusOne: return row
    case .interleavedPairs:
      let (head, within) = row.quotientAndRemainder(dividingBy: headWidth)
      let (half, j) = within.quotientAndRemainder(dividingBy: headWidth / 2)
      return head * headWidth + 2 * j + half
    case .headwise:
      let (part, rest) = row.quotientAndRemainder(dividingBy: heads * headWidth)
      let (head, e) = rest.quotientAndRemainder(dividingBy: headWidth)
      return (3 * head + part) * headWidth + e
    }
  }

  /// Whether rows are in another order than the engine's.
  var reordersRows: Bool { self == .interleavedPairs || self == .headwise }
}
