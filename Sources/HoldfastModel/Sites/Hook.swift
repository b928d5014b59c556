public import HoldfastTensor

/// Something that looks at activations, and may change them, while a session computes.
public struct Hook {
  /// The sites it is called at.
  public let sites: Set<Site>
  /// Called at each with the activation [T, …] of all rows of a batch, which it may change in place, and with what the rows are.
  ///
  /// What it changes is what the rest of the forward pass computes with. Rows it leaves alone keep their bits.
  public let body: (Site, Tensor, HookRows) throws(HoldfastError) -> Void

  /// Makes a hook.
  public init(
    _ sites: some Sequence<Site>, _ body: @escaping (Site, Tensor, HookRows) throws(HoldfastError) -> Void
  ) {
    self.sites = Set(sites)
    self.body = body
  }
}

/// What the rows of an activation are.
public struct HookRows: Sendable {
  /// For each segment of the call: its index, its rows here, and how many tokens of its text come before them.
  public let segments: [(index: Int, rows: Range<Int>, start: Int)]
  /// For each segment of the batch, its whole text so far: what comes before it and its own tokens.
  public let texts: [[Int32]]
  /// For each, how many tokens of its text are the prompt.
  public let promptLengths: [Int]
}

/// The hooks of one forward pass over one batch.
final class Hooks {
  private let hooks: [Hook]
  let rows: HookRows
  let arena: Arena

  /// - Returns: `nil` when there is nothing to call, so that a pass without hooks does nothing at all for them.
  init?(_ hooks: [Hook], rows: @autoclosure () -> HookRows, arena: Arena) {
    guard !hooks.isEmpty else { return nil }
    self.hooks = hooks
    self.rows = rows()
    self.arena = arena
  }

  /// All sites that something is called at.
  var sites: Set<Site> { hooks.reduce(into: []) { $0.formUnion($1.sites) } }

  func wants(_ site: Site) -> Bool { hooks.contains { $0.sites.contains(site) } }

  /// Calls the hooks of a site, in order, on its activation [T, …].
  func visit(_ site: Site, _ activation: Tensor) throws(HoldfastError) {
    for hook in hooks where hook.sites.contains(site) { try hook.body(site, activation, rows) }
  }

  /// Calls the hooks of a site on something derived from what the pass itself computes with, and returns the rows they
  /// changed.
  func visitDerived(_ site: Site, _ activation: Tensor) throws(HoldfastError) -> [Int] {
    let before = try arena.tensor("hooked before", activation.shape)
    before.copy(from: activation)
    try visit(site, activation)
    let width = activation.count / max(1, activation.shape[0])
    return (0..<activation.shape[0]).filter { row in
      !(0..<width).allSatisfy {
        before[row * width + $0].bitPattern == activation[row * width + $0].bitPattern
      }
    }
  }
}

/// The hooks of one block.
struct LayerHooks {
  let hooks: Hooks
  let layer: Int

  func wants(_ kind: Site.Kind) -> Bool { hooks.wants(Site(kind, layer: layer)) }

  /// - Parameter heads: into how many heads a row [T, H·E] is divided.
  func visit(_ kind: Site.Kind, _ activation: Tensor, heads: Int? = nil) throws(HoldfastError) {
    let site = Site(kind, layer: layer)
    guard hooks.wants(site) else { return }
    guard let heads else { return try hooks.visit(site, activation) }
    try hooks.visit(site, activation.reshaped([activation.shape[0], heads, activation.columns / heads]))
  }
}
