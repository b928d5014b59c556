/// Says when recursion has used up what the smallest common stack (512 KiB) can spare.
struct StackGuard {
  /// How many bytes may be used from where the guard was made.
  private static let limit: UInt = 320 << 10

  private let start = Self.here()

  /// Whether no deeper call should be made.
  var isExhausted: Bool {
    let here = Self.here()
    return (here > start ? here - start : start - here) > Self.limit
  }

  /// About where the stack is now.
  @inline(never)
  private static func here() -> UInt {
    var local: UInt8 = 0
    return withUnsafeMutablePointer(to: &local) { UInt(bitPattern: $0) }
  }
}
