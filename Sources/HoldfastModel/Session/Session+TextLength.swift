import HoldfastTensor

/// Rotary frequencies that depend on the length of the text (dynamic scaling, LongRoPE): keys of a shorter text are of
/// no use to a longer one once it passes the length where frequencies change, so they are computed again.
extension Session {
  /// The frequencies a text of that length takes; all texts with the same ones may share keys.
  private func variant(_ length: Int) -> Int {
    model.configuration.rotary?.variant(textLength: length) ?? 0
  }

  private var isStatic: Bool { model.configuration.rotary?.isStatic ?? true }

  /// The tokens to extend a cache with: all of its text when the longer one takes other frequencies.
  func renewed(_ cache: KeyValueCache, with tokens: [Int32]) -> [Int32] {
    guard !isStatic, cache.length > 0, variant(cache.length) != variant(cache.length + tokens.count) else {
      return tokens
    }
    let text = cache.text + tokens
    let c = model.configuration
    // What cannot be computed is refused later on; the cache must not have lost its text by then.
    guard text.count <= c.contextLength, tokens.allSatisfy({ $0 >= 0 && Int($0) < c.vocabularySize }) else {
      return tokens
    }
    cache.restart()
    return text
  }

  /// The same segments, as whole texts where any of them takes other frequencies than what it follows.
  func unshared(_ segments: [Segment]) -> [Segment] {
    guard !isStatic else { return segments }
    var texts: [[Int32]] = []
    var differs = false
    for segment in segments {
      var before: [Int32] = []
      switch segment.parent {
      case nil: break
      case .cache(let cache): before = cache.text
      case .batch(let parent): before = texts.indices.contains(parent) ? texts[parent] : []
      }
      let text = before + segment.tokens
      if !before.isEmpty, variant(before.count) != variant(text.count) { differs = true }
      texts.append(text)
    }
    guard differs else { return segments }
    return zip(segments, texts).map { segment, text in
      let shift = text.count - segment.tokens.count
      var outputs = segment.outputs
      switch outputs {
      case .rows(let rows): outputs = .rows(rows.map { $0 + shift })
      case .all: outputs = .rows(Array(shift..<text.count))
      case .none, .last: break
      }
      return Segment(text, outputs: outputs, promptLength: segment.promptLength)
    }
  }
}
