import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastModel

/// Activation files against the activations a session shows in memory, and what may not change them.
@Suite struct CaptureTests {
  static let fixtures = ArchitectureFixture.all.filter { FileSystem.exists($0.path("sites.safetensors")) }

  /// Texts of unequal length, some with choices behind them.
  static func items(_ fixture: ArchitectureFixture) throws -> [CaptureItem] {
    let tokens = try ArchitectureFixture.Reference(fixture.path("sites.safetensors")).integers("tokens")
    let lengths = [tokens.count, 2, 3, 3, 1]
    return lengths.enumerated().map { index, length in
      CaptureItem(
        id: "item \(index)", prompt: Array(tokens[..<length]),
        choices: index.isMultiple(of: 2) ? [Array(tokens[1..<3]), Array(tokens[2..<3])] : [[tokens[0]]],
        answer: 0)
    }
  }

  /// All numbers of a column, row-major.
  static func values(_ path: String, _ name: ByteString) throws -> (shape: [Int], values: [Float]) {
    let dataset = try HDF5File(path: path, format: CaptureFile.format).root.dataset(name)
    var values = [Float](repeating: 0, count: dataset.count)
    try values.withUnsafeMutableBufferPointer { try dataset.readRows(0..<dataset.shape[0], into: $0) }
    return (dataset.shape, values)
  }

  /// The bytes of every dataset of a file, by name.
  static func content(_ path: String) throws -> [ByteString: [UInt8]] {
    let root = try HDF5File(path: path, format: CaptureFile.format).root
    var content: [ByteString: [UInt8]] = [:]
    for (name, kind) in try root.members() where kind == .dataset {
      let dataset = try root.dataset(name)
      guard let type = dataset.type, type != .string else { continue }
      var bytes = [UInt8](repeating: 0, count: dataset.count * type.size)
      try bytes.withUnsafeMutableBytes {
        try dataset.read(
          HDF5Block(start: dataset.shape.map { _ in 0 }, extent: dataset.shape), into: $0)
      }
      content[name] = bytes
    }
    return content
  }

  @Test(arguments: fixtures)
  func filesHoldWhatASessionShows(fixture: ArchitectureFixture) throws {
    let model = try fixture.model()
    let items = try Self.items(fixture)
    for dtype in FloatPrecision.allCases {
      var options = CaptureOptions()
      options.sites = ["*"]
      options.positions = .all
      options.dtype = dtype
      try withScratchDirectory { directory in
        let path = "\(directory)/acts.h5"
        let summary = try Capture.run(model, items, options: options, to: path)
        #expect(summary.items == items.count && summary.sites == Site.all(model.configuration).count)
        try compare(path, items, model, dtype)
      }
    }
  }

  /// Holds a file with all sites and positions to whole texts computed one by one.
  private func compare(_ path: String, _ items: [CaptureItem], _ model: Model, _ dtype: FloatPrecision) throws
  {
    let session = try model.makeSession()
    let sites = Site.all(model.configuration)
    var files: [Site.Kind: (shape: [Int], values: [Float])] = [:]
    for kind in Set(sites.map(\.kind)) { files[kind] = try Self.values(path, ByteString(kind.rawValue)) }
    for (index, item) in items.enumerated() {
      let places = try CapturePositions.all.places(in: item)
      let shown = try (-1..<item.choices.count).map { choice in
        let text = item.prompt + (choice < 0 ? [] : item.choices[choice])
        return try session.logitsAndActivations([Segment(text)], sites: sites).activations
      }
      for site in sites {
        let file = try #require(files[site.kind])
        let tail = file.shape.dropFirst(site.layer == nil ? 2 : 3).reduce(1, *)
        let positions = file.shape[site.layer == nil ? 1 : 2]
        let start = (index * (site.layer == nil ? 1 : file.shape[1]) + (site.layer ?? 0)) * positions
        for slot in 0..<positions {
          let found = Array(file.values[((start + slot) * tail)...].prefix(tail))
          guard slot < places.count else {
            let isPadding = found.allSatisfy(\.isNaN)
            #expect(isPadding, "\(site.name): padding")
            continue
          }
          let place = places[slot]
          let row = try #require(shown[(place.choice ?? -1) + 1][site]).row(place.position)
          let wanted = Self.padded(row, keys: site.kind.hasKeys ? file.shape.last : nil)
            .map { Self.rounded($0, dtype) }
          #expect(found.map(\.key) == wanted.map(\.key), "\(site.name) of \(item.id) at \(place)")
        }
      }
    }
  }

  private static func padded(_ row: Tensor, keys: Int?) -> [Float] {
    guard let keys else { return row.array }
    return (0..<row.shape[0]).flatMap { head in
      row.row(head).array + [Float](repeating: .nan, count: keys - row.columns)
    }
  }

  private static func rounded(_ value: Float, _ dtype: FloatPrecision) -> Float {
    switch dtype {
    case .float32: value
    case .bfloat16: Float(bitPattern: UInt32(HalfFloat.bfloat16(value)) << 16)
    case .float16: Float(Float16(value))
    }
  }

  @Test func nothingButTheTextsChangesAFile() throws {
    let fixture = try #require(Self.fixtures.first { $0.name == "llama" })
    let model = try fixture.model()
    let items = try Self.items(fixture)
    var options = CaptureOptions()
    options.sites = ["*"]
    options.positions = .choices
    try withScratchDirectory { directory in
      let path = "\(directory)/acts.h5"
      _ = try Capture.run(model, items, options: options, to: path)
      let expected = try Self.content(path)
      let layers = try Self.values(path, "hook_resid_post").shape[1]
      #expect(layers == model.configuration.layers)
      var variants: [CaptureOptions] = []
      for batch in [1, 2] {
        for segment in [0, 1, 2] {
          var other = options
          (other.batchSize, other.segmentItems) = (batch, segment)
          variants.append(other)
        }
      }
      for index in variants.indices { variants[index].compression = index.isMultiple(of: 2) }
      for (index, other) in variants.enumerated() {
        let again = "\(directory)/again-\(index).h5"
        _ = try Capture.run(model, items, options: other, to: again)
        #expect(
          try Self.content(again) == expected, "batch \(other.batchSize), segments of \(other.segmentItems)")
        #expect(!FileSystem.exists(again + ".segments"))
      }
    }
  }

  @Test func sharedBeginningsAreComputedOnce() throws {
    let fixture = try #require(Self.fixtures.first { $0.name == "llama" })
    let model = try fixture.model()
    let start: [Int32] = [3, 4, 5, 6, 7]
    let items = [[8, 9], [10], [11, 12, 13]].enumerated().map {
      CaptureItem(id: "\($0.offset)", prompt: start + $0.element)
    }
    try withScratchDirectory { directory in
      var options = CaptureOptions()
      options.sites = ["*"]
      let path = "\(directory)/acts.h5"
      let summary = try Capture.run(model, items, options: options, to: path)
      #expect(summary.tokens == 5 + 6)
      let session = try model.makeSession()
      for site in Site.all(model.configuration) where !site.kind.hasKeys {
        let file = try Self.values(path, ByteString(site.kind.rawValue))
        let width = file.values.count / items.count / (site.layer == nil ? 1 : file.shape[1])
        for (index, item) in items.enumerated() {
          let shown = try session.logitsAndActivations([Segment(item.prompt)], sites: [site]).activations
          let row = try #require(shown[site]).row(item.prompt.count - 1)
          let place = index * (site.layer == nil ? 1 : file.shape[1]) + (site.layer ?? 0)
          #expect(Array(file.values[(place * width)...].prefix(width)).bits == row.array.bits, "\(site.name)")
        }
      }
    }
  }

  @Test func layersAndPositionsAreChosen() throws {
    let fixture = try #require(Self.fixtures.first { $0.name == "llama" })
    let model = try fixture.model()
    let tokens = try ArchitectureFixture.Reference(fixture.path("sites.safetensors")).integers("tokens")
    let text = CaptureItem(id: "text", prompt: tokens)
    try withScratchDirectory { directory in
      var options = CaptureOptions()
      options.sites = ["hook_embed", "blocks.*.hook_resid_post", "blocks.1.attn.hook_q"]
      options.positions = .list([0, -1])
      let path = "\(directory)/acts.h5"
      _ = try Capture.run(model, [text], options: options, to: path)
      let c = model.configuration
      let root = try HDF5File(path: path).root
      #expect(try root.dataset("layer").read(as: Int32.self) == (0..<Int32(c.layers)).map { $0 })
      #expect(try root.dataset("hook_embed").shape == [1, 2, c.width])
      #expect(try root.dataset("hook_embed").axes() == ["item", "position", "d_model"])
      #expect(try root.dataset("attn.hook_q").axes() == ["item", "layer", "position", "head", "d_head"])
      #expect(try root.dataset("token").read(as: Int32.self) == [tokens[0], tokens[tokens.count - 1]])
      #expect(try root.dataset("text_position").read(as: Int32.self) == [0, Int32(tokens.count - 1)])
      // The block that was not asked for is NaN, the other one is not.
      let queries = try Self.values(path, "attn.hook_q").values
      let part = queries.count / c.layers
      let known = queries.map(\.isFinite)
      let lacking = queries.map(\.isNaN)
      #expect(known[part..<(2 * part)] == ArraySlice(repeating: true, count: part))
      #expect(lacking[..<part] == ArraySlice(repeating: true, count: part))
      #expect(lacking[(2 * part)...] == ArraySlice(repeating: true, count: part))

      options.layers = [1]
      options.sites = ["*"]
      let single = "\(directory)/single.h5"
      _ = try Capture.run(model, [text], options: options, to: single)
      #expect(try HDF5File(path: single).root.dataset("layer").read(as: Int32.self) == [1])
    }
  }

  @Test func aStoppedCaptureGoesOn() throws {
    let fixture = try #require(Self.fixtures.first { $0.name == "llama" })
    let model = try fixture.model()
    let items = try Self.items(fixture)
    var options = CaptureOptions()
    options.sites = ["blocks.*.hook_resid_*", "hook_embed"]
    options.positions = .all
    options.batchSize = 1
    try withScratchDirectory { directory in
      let whole = "\(directory)/whole.h5"
      _ = try Capture.run(model, items, options: options, to: whole)
      let path = "\(directory)/acts.h5"
      for stop in 1...3 {
        #expect { try Capture.run(model, items, options: options, to: path) { $0.done < stop } } throws: {
          ($0 as? HoldfastError)?.code == .cancelled
        }
      }
      #expect(!FileSystem.exists(path))
      let numbers = try SegmentStore(reading: path + ".segments", format: CaptureFile.format).numbers()
      #expect(numbers == [1, 2, 3])

      var other = options
      other.dtype = .float16
      expectError("other options") { try Capture.run(model, items, options: other, to: path) }
      expectError("other items") {
        try Capture.run(model, Array(items.dropLast()), options: options, to: path)
      }
      let stranger = try #require(Self.fixtures.first { $0.name == "qwen3" }).model()
      expectError("another model") { try Capture.run(stranger, items, options: options, to: path) }

      let summary = try Capture.run(model, items, options: options, to: path)
      #expect(summary.resumed == 3)
      #expect(try Self.content(path) == Self.content(whole))
      #expect(!FileSystem.exists(path + ".segments"))
      let again = try Capture.run(model, items, options: options, to: path)
      #expect(again.resumed == items.count && again.tokens == 0)
    }
  }

  @Test func interventionsAreSeenAndKnown() throws {
    let fixture = try #require(Self.fixtures.first { $0.name == "llama" })
    let plain = try fixture.model()
    let start: [Int32] = [3, 4, 5]
    let items = [[6, 7], [8]].enumerated().map {
      CaptureItem(id: "\($0.offset)", prompt: start + $0.element, choices: [[9, 10]], answer: 0)
    }
    var options = CaptureOptions()
    options.positions = .answer
    for positions in [InterventionPositions.all, .last, .continuation] {
      let changed = try plain.with(
        Interventions([
          Intervention(.scale, at: "blocks.0.hook_resid_post", positions: positions, strength: 2)
        ]))
      try withScratchDirectory { directory in
        let path = "\(directory)/acts.h5"
        _ = try Capture.run(plain, items, options: options, to: path)
        let before = try Self.values(path, "hook_resid_post").values
        // The file of the model without interventions is none of this one's.
        let summary = try Capture.run(changed, items, options: options, to: path)
        #expect(summary.resumed == 0)
        let file = try Self.values(path, "hook_resid_post")
        #expect(file.values.bits != before.bits)
        let layer = file.shape[2] * file.shape[3]
        for (index, item) in items.enumerated() {
          let text = Segment(item.prompt + item.choices[0], promptLength: item.prompt.count)
          let sites = try Site.matching("blocks.*.hook_resid_post", plain.configuration)
          let shown = try changed.makeSession().logitsAndActivations([text], sites: sites).activations
          for (place, site) in sites.enumerated() {
            let rows = try #require(shown[site]).rows(item.prompt.count..<(item.prompt.count + 2))
            let found = file.values[((index * sites.count + place) * layer)...].prefix(layer)
            #expect(Array(found).bits == rows.array.bits, "\(site.name) under \(positions)")
          }
        }
      }
    }
  }

  @Test func tunedParametersAreAnotherModel() throws {
    let fixture = try #require(Self.fixtures.first { $0.name == "llama" })
    let model = try fixture.model()
    let items = [CaptureItem(id: "one", prompt: [3, 4, 5])]
    let parameters = try Parameters(copying: model)
    let same = model.with(parameters)
    try withScratchDirectory { directory in
      let path = "\(directory)/acts.h5"
      _ = try Capture.run(model, items, to: path)
      #expect(try Capture.run(same, items, to: path).resumed == 0)
      #expect(try Capture.run(same, items, to: path).resumed == 1)
      let tuned = Parameters(
        try zip(parameters.names, parameters.tensors).map { name, tensor in
          (name, try Tensor(tensor.array.map { $0 * 1.5 }, shape: tensor.shape))
        })
      #expect(tuned.digest != parameters.digest)
      let before = try Self.values(path, "hook_resid_post").values
      #expect(try Capture.run(model.with(tuned), items, to: path).resumed == 0)
      #expect(try Self.values(path, "hook_resid_post").values.bits != before.bits)
    }
  }

  @Test func badOptionsAreNamed() throws {
    let fixture = try #require(Self.fixtures.first { $0.name == "llama" })
    let model = try fixture.model()
    let item = CaptureItem(id: "one", prompt: [3, 4, 5])
    try withScratchDirectory { directory in
      func refuse(_ words: String, _ items: [CaptureItem], _ change: (inout CaptureOptions) -> Void) {
        var options = CaptureOptions()
        change(&options)
        expectError(words) { try Capture.run(model, items, options: options, to: "\(directory)/acts.h5") }
      }
      refuse("no items", []) { _ in }
      refuse("no sites", [item]) { $0.sites = [] }
      refuse("hook_nothing", [item]) { $0.sites = ["hook_nothing"] }
      refuse("no layer 99", [item]) { $0.layers = [99] }
      refuse("chosen layers", [item]) { $0.layers = [] }
      refuse("item 'one'", [item]) { $0.positions = .answer }
      refuse("item 'one'", [item]) { $0.positions = .choices }
      refuse("position 3", [item]) { $0.positions = .list([3]) }
      refuse("position -4", [item]) { $0.positions = .list([-4]) }
      refuse("empty list", [item]) { $0.positions = .list([]) }
      refuse("memory", [item]) { $0.memory = 16 }
      refuse("token -1", [CaptureItem(id: "bad", prompt: [-1])]) { _ in }
      refuse("no tokens", [CaptureItem(id: "empty", prompt: [])]) { _ in }
      let long = [Int32](repeating: 3, count: model.configuration.contextLength + 1)
      refuse("context", [CaptureItem(id: "long", prompt: long)]) { _ in }
      #expect(!FileSystem.exists("\(directory)/acts.h5.segments"))
    }
    for (json, words) in [
      ("{\"sites\": 3}", "sites"), ("{\"positions\": \"first\"}", "positions"),
      ("{\"dtype\": \"int8\"}", "dtype"), ("{\"memory\": \"lots\"}", "memory"), ("{\"memory\": 0}", "memory"),
      ("{\"layers\": \"3-1\"}", "layers"), ("{\"layers\": \"a\"}", "layers"), ("{\"site\": []}", "site"),
      ("{\"batch_size\": 0}", "batch_size"), ("[]", "object"),
    ] {
      expectError(words) {
        try CaptureOptions(JSONNode(JSON.parse(json, name: "options"), document: "options"))
      }
    }
    let read = try CaptureOptions(
      JSONNode(
        JSON.parse("{\"layers\": \"0-2,5\", \"memory\": \"3G\", \"positions\": [0, -1]}", name: "o"),
        document: "o"))
    #expect(read.layers == [0, 1, 2, 5] && read.memory == 3 << 30 && read.positions == .list([0, -1]))
    #expect(try CaptureOptions(JSONNode(read.json, document: "o")) == read)
  }

  @Test func whatIsTooLargeIsCounted() throws {
    let values: [Float] = [1, 65519, 65520, -70000, .infinity, .nan, 1e-9]
    var bits = [UInt16](repeating: 0, count: values.count)
    #expect(
      bits.withUnsafeMutableBytes { FloatPrecision.float16.convert(values, 7, to: $0.baseAddress!) } == 2)
    #expect(bits == values.map { HalfFloat.float16($0) })
    #expect(
      bits.withUnsafeMutableBytes { FloatPrecision.bfloat16.convert(values, 7, to: $0.baseAddress!) } == 0)
  }

  private func expectError(_ words: String, _ body: () throws -> Any) {
    do {
      _ = try body()
      Issue.record("nothing was thrown: \(words)")
    } catch let error as HoldfastError {
      #expect(error.message.contains(words), "\(error.message)")
      #expect([.invalidArgument, .contextLength].contains(error.code))
    } catch {
      Issue.record("\(error)")
    }
  }
}

extension Float {
  /// The bits, all NaNs alike.
  fileprivate var key: UInt32 { isNaN ? 0x7FC0_0000 : bitPattern }
}
