import HoldfastStorage
import HoldfastTensor
import HoldfastText

/// The datasets of an activation file or a segment of one, which grow item by item.
struct CaptureFile {
  /// The format of files and segments.
  static let format = FileFormat(name: "holdfast-activations", major: 1, minor: 1)

  private let plan: CapturePlan
  private let root: HDF5Group
  private let tokenizer: Tokenizer
  private let labels: [Label]
  private let names: [HDF5Dataset]
  private let columns: [HDF5Dataset]
  private let texts: HDF5Dataset
  /// The first item of the file.
  let first: Int
  /// The items written so far, counted from the file's first.
  private(set) var count = 0

  /// A dataset of integers for each item, or each position of it.
  private struct Label {
    let dataset: HDF5Dataset
    let isOfPositions: Bool
    let value: (CaptureItem, [CapturePlace], _ slot: Int) -> Int
  }

  /// Makes the datasets, without an item.
  init(
    _ root: HDF5Group, _ plan: CapturePlan, identity: CaptureIdentity, tokenizer: Tokenizer, first: Int,
    compressed: Bool
  ) throws(HoldfastError) {
    (self.plan, self.root, self.tokenizer, self.first) = (plan, root, tokenizer, first)
    try identity.write(to: root)
    try root.setAttribute("first_item", .integer(Int64(first)))
    let positions = plan.positionCount
    let item = HDF5Axis("item", 0)
    let position = HDF5Axis("position", positions)
    names = [try root.makeGrowingDataset("item", .string, axes: [item], chunk: [1024])]
    if !plan.layers.isEmpty {
      try root.write(
        "layer", plan.layers.map { Int32(clamping: $0) }, axes: [HDF5Axis("layer", plan.layers.count)])
    }
    try root.write("position", (0..<Int32(clamping: positions)).map { $0 }, axes: [position])
    let chunk = [max(1, min(1024, 16384 / max(positions, 1))), max(positions, 1)]
    var labels: [Label] = []
    for (name, isOfPositions, value) in Self.labels(hasChoices: plan.items.contains { !$0.choices.isEmpty }) {
      let dataset = try root.makeGrowingDataset(
        name, .int32, axes: isOfPositions ? [item, position] : [item],
        chunk: isOfPositions ? chunk : [1024], compressed: compressed)
      labels.append(Label(dataset: dataset, isOfPositions: isOfPositions, value: value))
    }
    self.labels = labels
    texts = try root.makeGrowingDataset("token_text", .string, axes: [item, position], chunk: chunk)
    let isRagged = plan.places.contains { $0.count != positions }
    columns = try plan.columns.map { column throws(HoldfastError) in
      let dataset = try root.makeGrowingDataset(
        column.name, column.dtype.hdf5Type, axes: column.axes(items: 0, positions: positions),
        chunk: column.chunk(positions: positions, isRagged: isRagged), compressed: compressed)
      try dataset.setAttribute("site", .text(ByteString(column.siteName)))
      if let layers = column.layers {
        try dataset.setAttribute("layers", .integers(layers.map { Int64($0) }))
      }
      return dataset
    }
  }

  /// The integers beside the activations; -1 is none.
  private static func labels(
    hasChoices: Bool
  ) -> [(ByteString, isOfPositions: Bool, (CaptureItem, [CapturePlace], Int) -> Int)] {
    let always: [(ByteString, isOfPositions: Bool, (CaptureItem, [CapturePlace], Int) -> Int)] = [
      ("length", false, { _, places, _ in places.count }),
      ("prompt_length", false, { item, _, _ in item.prompt.count }),
      ("token", true, { item, places, slot in item.token(at: places[slot]) }),
      ("text_position", true, { _, places, slot in places[slot].position }),
    ]
    guard hasChoices else { return always }
    return always + [
      ("answer", false, { item, _, _ in item.answer ?? -1 }),
      ("choice", true, { _, places, slot in places[slot].choice ?? -1 }),
    ]
  }

  /// Lets all datasets have the items of a range, which follows those that are there, and writes what is known of them
  /// without computing.
  mutating func append(_ items: Range<Int>) throws(HoldfastError) {
    let local = count..<(count + items.count)
    for dataset in names + labels.map(\.dataset) + [texts] + columns {
      try dataset.grow(to: local.upperBound)
    }
    count = local.upperBound
    try names[0].write(
      HDF5Block(start: [local.lowerBound], extent: [items.count]),
      strings: items.map { ByteString(plan.items[$0].id) })
    let positions = plan.positionCount
    for label in labels {
      let values = items.flatMap { index -> [Int32] in
        let (item, places) = (plan.items[index], plan.places[index])
        guard label.isOfPositions else { return [Int32(clamping: label.value(item, places, 0))] }
        return (0..<positions).map {
          places.indices.contains($0) ? Int32(clamping: label.value(item, places, $0)) : -1
        }
      }
      let block = HDF5Block(
        start: [local.lowerBound] + (label.isOfPositions ? [0] : []),
        extent: [items.count] + (label.isOfPositions ? [positions] : []))
      try values.withUnsafeBufferPointer { values throws(HoldfastError) in
        try label.dataset.write(block, from: UnsafeRawBufferPointer(values))
      }
    }
    var strings: [ByteString] = []
    for index in items {
      let (item, places) = (plan.items[index], plan.places[index])
      for slot in 0..<positions {
        strings.append(slot < places.count ? try text(of: item.token(at: places[slot])) : "")
      }
    }
    try texts.write(
      HDF5Block(start: [local.lowerBound, 0], extent: [items.count, positions]), strings: strings)
  }

  /// The text of a token as HDF5 can hold it: U+FFFD for bytes that are no UTF-8, U+2400 for a zero byte.
  private func text(of token: Int) throws(HoldfastError) -> ByteString {
    let text = try tokenizer.decode([Int32(clamping: token)])
    return ByteString(
      String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\0" ? "\u{2400}" : $0 })))
  }

  /// Writes numbers of a column: items of equal length, counted from the file's first.
  func write(
    column: Int, _ items: Range<Int>, length: Int, _ bytes: UnsafeRawBufferPointer
  ) throws(HoldfastError) {
    try columns[column].write(plan.columns[column].block(items, length: length), from: bytes)
  }

  /// Adds a batch.
  mutating func append(_ stage: CaptureStage) throws(HoldfastError) {
    try append(stage.items)
    for column in columns.indices {
      try stage.forEachRun(of: column) { items, length, bytes throws(HoldfastError) in
        let local = (items.lowerBound - first)..<(items.upperBound - first)
        try write(column: column, local, length: length, bytes)
      }
    }
  }

  /// Notes how many finite numbers were too large for the file's type.
  func note(overflows: Int) throws(HoldfastError) {
    try root.setAttribute("overflows", .integer(Int64(overflows)))
  }
}

extension CaptureItem {
  /// The token at a place.
  func token(at place: CapturePlace) -> Int {
    guard let choice = place.choice else { return Int(prompt[place.position]) }
    return Int(choices[choice][place.position - prompt.count])
  }
}
