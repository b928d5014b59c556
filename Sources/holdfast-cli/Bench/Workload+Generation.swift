import Holdfast

extension Workload {
  /// One long prompt.
  static let prefill = Workload(
    name: "prefill", title: "prefill of 512 tokens", unit: .tokens, yardstick: .products(rows: 512)
  ) { subject throws(HoldfastError) in
    let count = min(512, subject.model.configuration.contextLength)
    let tokens = try subject.tokens(count)
    let session = try subject.model.makeSession()
    var cost = ForwardCost()
    cost.add(tokens: count, rows: 1, subject.model.configuration)
    return { () throws(HoldfastError) in
      try timed(Double(count), needed: cost.total) { () throws(HoldfastError) in
        let cache = try session.cache(capacity: count)
        _ = try session.extend([(cache, tokens)])
      }
    }
  }

  /// One text, token by token.
  static let decode = Workload(
    name: "decode", title: "decoding one text of 64 tokens behind 32", unit: .tokens, yardstick: .weights
  ) { subject throws(HoldfastError) in try decode(subject, streams: 1) }

  /// Many texts, token by token.
  static let sampling = Workload(
    name: "sampling", title: "sampling 32 texts of 64 tokens behind 32", unit: .tokens,
    yardstick: .products(rows: 32)
  ) { subject throws(HoldfastError) in try decode(subject, streams: 32) }

  private static func decode(_ subject: BenchSubject, streams: Int) throws(HoldfastError) -> Timed {
    let (prompt, count) = (32, 64)
    let configuration = subject.model.configuration
    let all = try subject.tokens(streams * prompt)
    let session = try subject.model.makeSession()
    var cost = ForwardCost()
    for _ in 0..<streams { cost.add(tokens: count, behind: prompt, rows: count, configuration) }
    let needed = streams == 1 ? Double(count * subject.model.weights.bytesPerToken) : cost.total
    let sampler = TokenSampler(temperature: streams == 1 ? 0 : 0.7, topP: streams == 1 ? 1 : 0.8)
    return { () throws(HoldfastError) in
      var caches: [KeyValueCache] = []
      var next: [[Int32]] = []
      var randoms = (0..<streams).map { RandomSource(seed: UInt64($0)) }
      for stream in 0..<streams {
        caches.append(try session.cache(capacity: prompt + count + 1))
        next.append(Array(all[(stream * prompt)..<((stream + 1) * prompt)]))
      }
      // The prompt is not timed; its last token gives the first that is drawn.
      func step() throws(HoldfastError) {
        let logits = try session.extend(zip(caches, next).map { (cache: $0, tokens: $1) })
        for (stream, token) in sampler.draw(rows: logits, &randoms).enumerated() {
          guard let token else {
            throw HoldfastError(.numerical, "a logit is not a finite number; the model is damaged")
          }
          next[stream] = [token]
        }
      }
      try step()
      return try timed(Double(streams * count), needed: needed) { () throws(HoldfastError) in
        for _ in 0..<count { try step() }
      }
    }
  }

  /// Text to tokens.
  static let tokenize = Workload(
    name: "tokenize", title: "tokenising the questions, one thread", unit: .tokens, yardstick: .none
  ) { subject throws(HoldfastError) in
    let texts = subject.texts
    let tokenizer = subject.model.tokenizer
    return { () throws(HoldfastError) in
      var count = 0
      var sample = try timed(0) { () throws(HoldfastError) in
        repeat {
          for text in texts { count += try tokenizer.encode(text, bos: .never).count }
        } while count < 200_000
      }
      sample.amount = Double(count)
      return sample
    }
  }
}
