import Glibc

/// Attention with its scores and pattern laid open; what `attention` computes without ever writing them down.
extension Runtime {
  /// scores [T,H,S]: scale · q·k, capped, and −∞ where a row does not look; S is at least the longest text.
  ///
  /// Shapes and segments as for `attention`; key index is position in the text.
  public func attentionScores(
    queries: Tensor, keys: Tensor, heads: Int, kvHeads: Int, segments: [AttentionSegment], scale: Float,
    window: Int? = nil, softcap: Float? = nil, into scores: Tensor
  ) {
    let width = queries.columns / heads
    let length = scores.count / max(1, queries.count / width)
    let group = heads / kvHeads
    scores.fill(-.infinity)
    for segment in segments {
      nonisolated(unsafe) let places = Self.places(segment, keys)
      precondition(places.count <= length, "\(places.count) keys in \(length) columns")
      let start = places.count - segment.rows.count
      parallel(segment.rows.count, grain: 8) { rows in
        for i in rows {
          let position = start + i
          let first = window.map { max(0, position - $0 + 1) } ?? 0
          for head in 0..<heads {
            let q = queries.pointer + ((segment.rows.lowerBound + i) * heads + head) * width
            let out = scores.pointer + ((segment.rows.lowerBound + i) * heads + head) * length
            for key in first...position {
              let k = places[key] + (head / group) * width
              var sum: Float = 0
              for e in 0..<width { sum += q[e] * k[e] }
              let score = sum * scale
              out[key] = softcap.map { $0 * tanhf(score / $0) } ?? score
            }
          }
        }
      }
    }
  }

  /// Each row of x [R,S] to its softmax, in place; a row of −∞ alone becomes 0.
  public func softmax(_ x: Tensor) {
    let width = x.columns
    parallel(x.count / max(1, width), grain: grain(width)) { rows in
      for row in rows {
        let values = x.pointer + row * width
        var top = -Float.infinity
        for i in 0..<width { top = max(top, values[i]) }
        guard top > -.infinity else {
          for i in 0..<width { values[i] = 0 }
          continue
        }
        var sum: Float = 0
        for i in 0..<width {
          values[i] = expf(values[i] - top)
          sum += values[i]
        }
        for i in 0..<width { values[i] /= sum }
      }
    }
  }

  /// output [T,H·E] = pattern [T,H,S] · values, for some rows of the batch only.
  public func attend(
    pattern: Tensor, values: Tensor, heads: Int, kvHeads: Int, segments: [AttentionSegment], rows: [Int],
    into output: Tensor
  ) {
    let width = values.columns / kvHeads
    let length = pattern.columns
    let group = heads / kvHeads
    let wanted = Set(rows)
    for segment in segments where segment.rows.contains(where: wanted.contains) {
      let places = Self.places(segment, values, isValues: true)
      for row in segment.rows where wanted.contains(row) {
        for head in 0..<heads {
          let weights = pattern.pointer + (row * heads + head) * length
          let out = output.pointer + (row * heads + head) * width
          for e in 0..<width { out[e] = 0 }
          for key in 0..<min(length, places.count) where weights[key] != 0 {
            let v = places[key] + (head / group) * width
            for e in 0..<width { out[e] += weights[key] * v[e] }
          }
        }
      }
    }
  }

  /// Where the keys (or values) of a segment's text lie, in the order of the text.
  private static func places(
    _ segment: AttentionSegment, _ own: Tensor, isValues: Bool = false
  ) -> [UnsafeMutablePointer<Float>] {
    var places: [UnsafeMutablePointer<Float>] = []
    for range in segment.context {
      let tensor = isValues ? range.values : range.keys
      places += range.rows.map { tensor.pointer + $0 * tensor.columns }
    }
    places += segment.rows.map { own.pointer + $0 * own.columns }
    return places
  }
}
