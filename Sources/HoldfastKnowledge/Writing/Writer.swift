public import HoldfastModel
public import HoldfastTensor
import HoldfastText

/// Lets a model write many texts, several at once.
///
/// Every text has draws of its own, seeded by its id, and a row's logits do not depend on what else is computed; so a
/// text is the same in any batch and any order.
public enum Writer {
  /// Writes the texts, in the order of the requests.
  ///
  /// With a `store`, texts are sealed batch by batch, and those it holds already are not written again.
  /// - Throws: `contextLength` or `numerical` naming the request, `cancelled`, what the store throws.
  public static func run(
    _ model: Model, _ requests: [WritingRequest], options: WritingOptions = WritingOptions(),
    store: WritingStore? = nil, stage: String = "write", progress: ProgressHandler? = nil
  ) throws(HoldfastError) -> [WrittenText] {
    var texts = try store?.texts(requests) ?? [:]
    let left = requests.filter { texts[Array($0.id.utf8)] == nil }
    let total = requests.count
    if !left.isEmpty {
      let batch = try WritingBatch(model, left, options)
      for start in stride(from: 0, to: left.count, by: options.batchSize) {
        let range = start..<min(start + options.batchSize, left.count)
        let report = Progress(stage: stage, done: total - left.count + start, total: total, unit: "texts")
        try report.report(to: progress)
        let written = try batch.write(range) { () throws(HoldfastError) in try report.report(to: progress) }
        try store?.append(written, Array(left[range]))
        for text in written { texts[Array(text.id.utf8)] = text }
      }
    }
    try Progress(stage: stage, done: total, total: total, unit: "texts").report(to: progress)
    return requests.compactMap { texts[Array($0.id.utf8)] }
  }
}

/// The requests of one run as tokens, and the beginning they share.
private struct WritingBatch {
  let session: Session
  let requests: [WritingRequest]
  let options: WritingOptions
  private let prompts: [[Int32]]
  private let shared: KeyValueCache?
  private let sampler: TokenSampler

  /// How many tokens are drawn between two looks at whether to go on.
  private static let reportedTokens = 16

  init(_ model: Model, _ requests: [WritingRequest], _ options: WritingOptions) throws(HoldfastError) {
    self.requests = requests
    self.options = options
    session = try model.makeSession()
    sampler = TokenSampler(temperature: options.temperature, topP: options.topP)
    let limit = model.configuration.contextLength
    var prompts: [[Int32]] = []
    for request in requests {
      let tokens = try model.tokenizer.encode(request.prompt, bos: options.bos)
      guard !tokens.isEmpty, tokens.count < limit else {
        throw HoldfastError(
          .contextLength,
          "'\(request.id)': a prompt of \(tokens.count) tokens leaves no room in the model's context of \(limit)"
        )
      }
      prompts.append(tokens)
    }
    self.prompts = prompts
    let prefix =
      model.interventions.needsWholePrompt
      ? [] : ProbeItem.sharedPrefix(prompts.map { ProbeItem(context: $0, continuations: []) })
    shared = prefix.isEmpty ? nil : try session.prefix(prefix)
  }

  /// Writes some texts together; each leaves when it has ended.
  func write(_ range: Range<Int>, report: () throws(HoldfastError) -> Void) throws(HoldfastError)
    -> [WrittenText]
  {
    var streams: [WritingStream] = []
    for index in range {
      let prompt = Array(prompts[index].dropFirst(shared?.length ?? 0))
      let room = min(options.maxTokens, session.model.configuration.contextLength - prompts[index].count)
      streams.append(
        WritingStream(
          request: requests[index], next: prompt, room: room,
          cache: try session.cache(after: shared, capacity: prompt.count + room),
          random: RandomSource(seed: options.seed, id: requests[index].id), tokenizer: session.model.tokenizer
        ))
    }
    var step = 0
    while true {
      let open = streams.indices.filter { streams[$0].end == nil }
      guard !open.isEmpty else { break }
      if step > 0, step.isMultiple(of: Self.reportedTokens) { try report() }
      step += 1
      let logits = try session.extend(open.map { (streams[$0].cache, streams[$0].next) })
      var randoms = open.map { streams[$0].random }
      let tokens = sampler.draw(rows: logits, &randoms)
      for (row, stream) in open.enumerated() {
        streams[stream].random = randoms[row]
        guard let token = tokens[row] else {
          throw HoldfastError(
            .numerical,
            "'\(streams[stream].request.id)': a logit is not a finite number; the model's weights are damaged"
          )
        }
        try streams[stream].take(token, eos: session.model.tokenizer.eosToken)
      }
    }
    return streams.map(\.text)
  }
}

/// One text that is being written.
private struct WritingStream {
  let request: WritingRequest
  /// The tokens to be computed next.
  var next: [Int32]
  let room: Int
  let cache: KeyValueCache
  var random: RandomSource
  private(set) var end: Generation.End?
  private var decoder: StreamingDecoder
  private var written = ""
  private var count = 0

  init(
    request: WritingRequest, next: [Int32], room: Int, cache: KeyValueCache, random: RandomSource,
    tokenizer: Tokenizer
  ) {
    self.request = request
    self.next = next
    self.room = room
    self.cache = cache
    self.random = random
    decoder = StreamingDecoder(tokenizer, skipSpecial: true)
  }

  /// Takes a token that was drawn.
  mutating func take(_ token: Int32, eos: Int32?) throws(HoldfastError) {
    count += 1
    if token == eos {
      end = .endOfSequence
    } else {
      written += try decoder.append(token)
      if FencedBlock(FencedBlock.fence + written)?.isClosed == true {
        end = .stop
      } else if count == room {
        end = .length
      }
    }
    if end != nil { written += decoder.finish() }
    next = [token]
  }

  /// What was written before the closing fence.
  var text: WrittenText {
    WrittenText(
      id: request.id, text: FencedBlock(FencedBlock.fence + written)?.text ?? "", end: end ?? .length,
      tokens: count)
  }
}
