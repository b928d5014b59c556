import HoldfastStorage
import HoldfastTensor

/// The activations of one batch on their way to the file: each column's items one after another, in the file's type.
final class CaptureStage {
  private let plan: CapturePlan
  private let places: [Site: (column: Int, layer: Int)]
  private var memory: Tensor?
  /// The items that are held.
  private(set) var items = 0..<0
  /// Where each column's items begin, in bytes; one more than there are items.
  private var offsets: [[Int]] = []
  private var segments: [Wanted] = []
  /// How many finite numbers were too large for the file's type, since the stage was made.
  private(set) var overflows = 0

  /// What is captured of a segment.
  private struct Wanted {
    /// The segment's own tokens; when it was made a whole text, they are the last ones.
    let count: Int
    /// The tokens of the whole text.
    let textLength: Int
    /// Its item's place in the batch, and for each captured token its row and its place among the item's positions.
    let item: Int
    var rows: [(row: Int, slot: Int)]
  }

  init(_ plan: CapturePlan) {
    self.plan = plan
    var places: [Site: (column: Int, layer: Int)] = [:]
    for site in plan.sites {
      guard let column = plan.columns.firstIndex(where: { $0.kind == site.kind }) else { continue }
      places[site] = (column, site.layer.flatMap { plan.layers.firstIndex(of: $0) } ?? 0)
    }
    self.places = places
  }

  /// Makes room for items, and the segments to compute for them.
  ///
  /// - Parameter cache: what holds the shared prefix, if there is one.
  func prepare(_ items: Range<Int>, behind cache: KeyValueCache?) throws(HoldfastError) -> [Segment] {
    self.items = items
    var end = 0
    offsets = plan.columns.map { column in
      // Each column begins at a multiple of 64 bytes.
      var next = (end + 63) & ~63
      var starts = [next]
      for item in items {
        next += column.tokenBytes * plan.places[item].count
        starts.append(next)
      }
      end = next
      return starts
    }
    let floats = (end + 3) / 4
    if (memory?.count ?? 0) < floats {
      memory = nil
      memory = try Tensor(uninitialized: [floats])
    }
    if plan.columns.contains(where: \.isPartial) { fillPartial() }
    return segments(behind: cache)
  }

  private func segments(behind cache: KeyValueCache?) -> [Segment] {
    segments = []
    var computed: [Segment] = []
    for (local, index) in items.enumerated() {
      let item = plan.items[index]
      let slots = Array(plan.places[index].enumerated())
      func add(_ tokens: [Int32], after parent: Segment.Parent?, choice: Int?, start: Int) {
        computed.append(
          Segment(tokens, after: parent, outputs: .none, promptLength: item.prompt.count))
        segments.append(
          Wanted(
            count: tokens.count, textLength: start + tokens.count, item: local,
            rows: slots.filter { $0.element.choice == choice }.map {
              ($0.element.position - start, $0.offset)
            }))
      }
      let shared = plan.shared.count
      add(
        Array(item.prompt[shared...]), after: cache.map { .cache($0) }, choice: nil, start: shared)
      let trunk = computed.count - 1
      for choice in plan.branches(of: index) {
        add(item.choices[choice], after: .batch(trunk), choice: choice, start: item.prompt.count)
      }
    }
    return computed
  }

  /// What captures.
  var hook: Hook {
    Hook(plan.sites) { [self] site, activation, rows throws(HoldfastError) in
      take(site, activation, rows)
    }
  }

  private func take(_ site: Site, _ activation: Tensor, _ rows: HookRows) {
    guard let place = places[site], let bytes, activation.shape[0] > 0 else { return }
    let column = plan.columns[place.column]
    let width = activation.count / activation.shape[0]
    let size = column.dtype.elementBytes * column.tailCount
    for segment in rows.segments {
      let wanted = segments[segment.index]
      let first = segment.rows.upperBound - min(segment.rows.count, wanted.count)
      let captured = plan.places[items.lowerBound + wanted.item].count
      let start = offsets[place.column][wanted.item] + place.layer * captured * size
      for (row, slot) in wanted.rows {
        let source = activation.pointer + (first + row) * width
        let target = bytes + start + slot * size
        if column.kind.hasKeys {
          takeKeys(source, activation, column, keys: wanted.textLength, to: target)
        } else {
          overflows += column.dtype.convert(source, width, to: target)
        }
      }
    }
  }

  /// Rows over keys [H,S], S the longest text of the batch, become rows [H,K], K the longest text of all items: NaN behind
  /// the own text's keys.
  private func takeKeys(
    _ source: UnsafePointer<Float>, _ activation: Tensor, _ column: CaptureColumn, keys: Int,
    to target: UnsafeMutableRawPointer
  ) {
    let (heads, width) = (activation.shape[1], activation.columns)
    let padding = [Float](repeating: .nan, count: plan.keyCount - keys)
    let size = column.dtype.elementBytes
    for head in 0..<heads {
      let start = target + head * plan.keyCount * size
      overflows += column.dtype.convert(source + head * width, keys, to: start)
      padding.withUnsafeBufferPointer { padding in
        guard let base = padding.baseAddress else { return }
        column.dtype.convert(base, padding.count, to: start + keys * size)
      }
    }
  }

  /// Sets the columns that lack blocks to NaN.
  private func fillPartial() {
    guard let bytes else { return }
    for (column, starts) in zip(plan.columns, offsets) where column.isPartial {
      let count = (starts[items.count] - starts[0]) / column.dtype.elementBytes
      for i in 0..<count {
        var nan = Float.nan
        column.dtype.convert(&nan, 1, to: bytes + starts[0] + i * column.dtype.elementBytes)
      }
    }
  }

  private var bytes: UnsafeMutableRawPointer? { memory.map { UnsafeMutableRawPointer($0.pointer) } }

  /// Hands over what a column holds, in runs of items of equal length that have any position.
  func forEachRun(
    of column: Int,
    _ body: (_ items: Range<Int>, _ length: Int, UnsafeRawBufferPointer) throws(HoldfastError) -> Void
  ) throws(HoldfastError) {
    guard let bytes else { return }
    for run in plan.runs(items) {
      let start = offsets[column][run.items.lowerBound - items.lowerBound]
      let end = offsets[column][run.items.upperBound - items.lowerBound]
      try body(run.items, run.length, UnsafeRawBufferPointer(start: bytes + start, count: end - start))
    }
  }
}

extension CapturePlan {
  /// The runs of items of equal length in a range; those without a position are left out.
  func runs(_ range: Range<Int>) -> [(items: Range<Int>, length: Int)] {
    var runs: [(items: Range<Int>, length: Int)] = []
    for item in range {
      let length = places[item].count
      if let last = runs.last, last.length == length, last.items.upperBound == item {
        runs[runs.count - 1].items = last.items.lowerBound..<(item + 1)
      } else {
        runs.append((item..<(item + 1), length))
      }
    }
    return runs.filter { $0.length > 0 }
  }
}
