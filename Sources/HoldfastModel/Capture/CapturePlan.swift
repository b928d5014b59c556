import HoldfastStorage
import HoldfastTensor

/// All that a capture will do, checked before anything is computed.
struct CapturePlan {
  let options: CaptureOptions
  let items: [CaptureItem]
  /// The captured tokens of each item.
  let places: [[CapturePlace]]
  let sites: [Site]
  let columns: [CaptureColumn]
  /// The blocks on the axis `layer`, ascending.
  let layers: [Int]
  /// The most tokens captured of an item.
  let positionCount: Int
  /// The tokens of the longest captured text.
  let keyCount: Int
  /// What all prompts begin with and no rule captures: computed once.
  let shared: [Int32]
  /// The bytes that a token of a batch takes while derived sites are computed.
  private let transientBytes: Int

  init(_ items: [CaptureItem], options: CaptureOptions, _ model: Model) throws(HoldfastError) {
    let c = model.configuration
    self.options = options
    self.items = items
    guard !items.isEmpty else { throw HoldfastError(.invalidArgument, "there are no items to capture") }
    if case .list([]) = options.positions {
      throw HoldfastError(.invalidArgument, "positions is an empty list; name at least one")
    }
    var places: [[CapturePlace]] = []
    var keys = 0
    for item in items {
      do throws(HoldfastError) {
        let own = try options.positions.places(in: item)
        places.append(own)
        keys = max(keys, try Self.longestText(item, own, c))
      } catch {
        throw error.at("item '\(item.id)'")
      }
    }
    self.places = places
    keyCount = keys
    positionCount = places.reduce(0) { max($0, $1.count) }
    let sites = try Self.sites(options, c)
    self.sites = sites
    let layers = Set(sites.compactMap(\.layer)).sorted()
    self.layers = layers
    columns = Site.Kind.allCases.compactMap { kind in
      let own = sites.filter { $0.kind == kind }
      guard !own.isEmpty else { return nil }
      return CaptureColumn(
        kind: kind, layers: kind.isOfBlock ? own.compactMap(\.layer) : nil,
        layerCount: kind.isOfBlock ? layers.count : 1, tail: kind.axes(c, keys: keys), dtype: options.dtype)
    }
    // Where prompts end must be known to some interventions, so they are computed whole.
    shared = model.interventions.needsWholePrompt ? [] : Self.sharedPrefix(items, places)
    transientBytes = columns.reduce(0) { sum, column in
      let isLarge = column.kind.hasKeys || column.kind == .result
      return sum + (isLarge ? 8 * column.tailCount : 0)
    }
    try checkMemory()
  }

  /// The sites that the patterns name in the chosen layers, in the order of the forward pass.
  private static func sites(_ options: CaptureOptions, _ c: ModelConfiguration) throws(HoldfastError)
    -> [Site]
  {
    guard !options.sites.isEmpty else {
      throw HoldfastError(.invalidArgument, "there are no sites to capture; name one, such as 'hook_embed'")
    }
    if let outside = options.layers?.first(where: { $0 >= c.layers }) {
      throw HoldfastError(
        .invalidArgument, "there is no layer \(outside); the model has the layers 0 to \(c.layers - 1)")
    }
    var wanted: Set<Site> = []
    for pattern in options.sites { wanted.formUnion(try Site.matching(pattern, c)) }
    let layers = options.layers.map(Set.init)
    let chosen = Site.all(c).filter { site in
      wanted.contains(site) && (site.layer.map { layers?.contains($0) ?? true } ?? true)
    }
    guard !chosen.isEmpty else {
      throw HoldfastError(
        .invalidArgument, "none of the sites lies in the chosen layers; choose other layers")
    }
    return chosen
  }

  /// The tokens of the longest captured text of an item, which must fit the model.
  private static func longestText(
    _ item: CaptureItem, _ places: [CapturePlace], _ c: ModelConfiguration
  ) throws(HoldfastError) -> Int {
    guard !item.prompt.isEmpty else {
      throw HoldfastError(.invalidArgument, "it has no tokens; every item needs at least one")
    }
    let behind = Set(places.compactMap(\.choice)).map { item.choices[$0].count }.max() ?? 0
    let length = item.prompt.count + behind
    guard length <= c.contextLength else {
      throw HoldfastError(
        .contextLength,
        "its text of \(length) tokens does not fit the model's context of \(c.contextLength); shorten it or leave it out"
      )
    }
    let texts = [item.prompt] + item.choices
    for token in texts.joined() where token < 0 || Int(token) >= c.vocabularySize {
      throw HoldfastError(
        .invalidArgument, "its token \(token) is outside the vocabulary 0..<\(c.vocabularySize)")
    }
    return length
  }

  /// The tokens that all prompts begin with, none of them captured, leaving each prompt one of its own.
  private static func sharedPrefix(_ items: [CaptureItem], _ places: [[CapturePlace]]) -> [Int32] {
    guard items.count > 1, let first = items.first?.prompt else { return [] }
    var length = first.count - 1
    for (item, places) in zip(items, places) {
      let common = zip(first, item.prompt).prefix { $0 == $1 }.count
      length = min(length, common, item.prompt.count - 1, places.map(\.position).min() ?? 0)
    }
    return Array(first[..<max(length, 0)])
  }
}

/// Batches, and what they take.
extension CapturePlan {
  /// The choices of an item that must be computed.
  func branches(of item: Int) -> [Int] { Set(places[item].compactMap(\.choice)).sorted() }

  /// The tokens computed of an item.
  func tokens(of item: Int) -> Int {
    let own = items[item]
    return branches(of: item).reduce(own.prompt.count - shared.count) { $0 + own.choices[$1].count }
  }

  /// The bytes that an item takes in a file.
  func bytes(of item: Int) -> Int {
    columns.reduce(0) { $0 + $1.tokenBytes * places[item].count }
  }

  /// The bytes that an item takes while it is computed.
  private func cost(of item: Int) -> Int { bytes(of: item) + tokens(of: item) * transientBytes }

  private func checkMemory() throws(HoldfastError) {
    for item in items.indices where cost(of: item) > options.memory {
      throw HoldfastError(
        .invalidArgument,
        "item '\(items[item].id)' alone takes \(cost(of: item) >> 10) KiB of activations and the memory is limited to "
          + "\(options.memory >> 10) KiB; allow more, or capture fewer sites, layers or positions")
    }
  }

  /// The items computed together from `start` on.
  func batch(from start: Int, limit: Int) -> Range<Int> {
    var (end, tokens, bytes) = (start, 0, 0)
    while end < limit, end - start < options.batchSize {
      tokens += self.tokens(of: end)
      bytes += cost(of: end)
      if end > start, tokens > Session.batchTokens || bytes > options.memory { break }
      end += 1
    }
    return start..<end
  }

  /// SHA-256 over ids, tokens and captured positions of all items.
  var digest: String {
    var hash = SHA256()
    func add(_ numbers: [Int]) {
      var bytes: [UInt8] = []
      for number in [numbers.count] + numbers {
        withUnsafeBytes(of: Int64(number).littleEndian) { bytes.append(contentsOf: $0) }
      }
      hash.update(bytes)
    }
    for (item, places) in zip(items, places) {
      add(item.id.utf8.map(Int.init))
      for text in [item.prompt] + item.choices { add(text.map(Int.init)) }
      add([item.answer ?? -1] + places.flatMap { [$0.choice ?? -1, $0.position] })
    }
    return hash.hex
  }
}
