internal import CHoldfastKernels

/// How a product is cut into tasks: groups of panels that stay in a core's second-level cache, times blocks of rows if
/// these are too few tasks for the threads, or smaller groups if there are not enough rows either.
struct ProductTasks: Sendable {
  private let m: Int
  private let panels: Int
  private let panelGroups: Int
  private let rowBlocks: Int

  init(m: Int, panels: Int, panelBytes: Int, k: Int, packing: RightOperand.Packing, threads: Int) {
    self.m = m
    self.panels = panels
    // Below some microseconds of work, waking a thread costs more than it brings.
    let small = m * panels * k < 1 << 13
    let wanted = threads == 1 || small ? 1 : 3 * threads
    let cached = Swift.max(1, 600_000 / panelBytes)
    let groups = (panels + cached - 1) / cached
    // Every block of rows packs the panels again, unless they are packed already or that is too dear.
    let blocks =
      switch packing {
      case .done: Swift.min(m / 96, (wanted + groups - 1) / groups)
      case .cheap: Swift.min(m / 300, (wanted + groups - 1) / groups)
      case .once: Swift.min(m / 300, wanted / panels)
      }
    rowBlocks = Swift.max(1, blocks)
    panelGroups = Swift.min(panels, Swift.max(groups, (wanted + rowBlocks - 1) / rowBlocks))
  }

  var count: Int { panelGroups * rowBlocks }

  subscript(index: Int) -> (rows: Range<Int>, panels: Range<Int>) {
    let (group, block) = (index / rowBlocks, index % rowBlocks)
    return (
      m * block / rowBlocks..<m * (block + 1) / rowBlocks,
      panels * group / panelGroups..<panels * (group + 1) / panelGroups
    )
  }
}

/// The left operand: element (m, k) is `pointer[m * row + k * step]`.
struct LeftOperand: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Float>
  let row: Int
  let step: Int
}

/// The right operand [N, K] of a product.
enum RightOperand: @unchecked Sendable {
  /// Packed before.
  case panels(UnsafeMutablePointer<Float>)
  /// Packed before, in fewer bits.
  case compact(CompactPanels)
  /// Stored [N, K].
  case rows(UnsafeMutablePointer<Float>)
  /// Stored [K, N].
  case columns(UnsafeMutablePointer<Float>)
  /// Written on demand, row by row of [N, K].
  case source(MatrixSource)

  /// What it takes to get panels.
  enum Packing { case done, cheap, once }

  var packing: Packing {
    switch self {
    case .panels: .done
    case .compact, .rows, .columns: .cheap
    case .source: .once
    }
  }

  /// The given terms of the given panels and the distance from one panel to the next; packed into the thread's scratch
  /// memory unless they are packed already; nil when there is none.
  func panels(
    _ range: Range<Int>, _ terms: Range<Int>, n: Int, k: Int, _ kernels: KernelTable
  ) -> (UnsafePointer<Float>, Int)? {
    let columns = kernels.panelColumns
    if case .panels(let panels) = self {
      return (UnsafePointer(panels + (range.lowerBound * k + terms.lowerBound) * columns), columns * k)
    }
    let stride = columns * terms.count
    let staged = packing == .once ? stride : 0
    guard let scratch = holdfast_scratch(range.count * stride + staged) else { return nil }
    for (slot, index) in range.enumerated() {
      let first = index * columns
      let (width, panel) = (Swift.min(columns, n - first), scratch + slot * stride)
      switch self {
      case .panels: break
      case .compact(let compact):
        var source = compact.panels(from: index)
        kernels.table.pointee.expand(&source, 0, terms.lowerBound, terms.count, panel)
      case .rows(let w):
        kernels.table.pointee.pack_rows(w + first * k + terms.lowerBound, k, width, terms.count, panel)
      case .columns(let b):
        kernels.table.pointee.pack_columns(b + terms.lowerBound * n + first, n, width, terms.count, panel)
      case .source(let source):
        let rows = scratch + range.count * stride
        source.fill(first..<first + width, UnsafeMutableBufferPointer(start: rows, count: width * k))
        kernels.table.pointee.pack_rows(rows + terms.lowerBound, k, width, terms.count, panel)
      }
    }
    return (UnsafePointer(scratch), stride)
  }
}

/// Memory that threads write different parts of.
struct SharedMemory: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Float>
}
