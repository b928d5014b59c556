extension Runtime {
  /// Adds `scale` times a standard normal number to every element of `x`.
  ///
  /// The numbers depend on `random` and an element's place alone, not on threads: every block of 65,536 elements draws
  /// from a stream of its own, forked from `random`.
  public func addNormal(_ x: Tensor, scale: Double, random: RandomSource) {
    let block = 65_536
    parallel((x.count + block - 1) / block) { range in
      for i in range {
        var stream = random.fork(stream: UInt64(i))
        for place in (i * block)..<min((i + 1) * block, x.count) {
          x.pointer[place] += Float(scale * stream.normal())
        }
      }
    }
  }
}
