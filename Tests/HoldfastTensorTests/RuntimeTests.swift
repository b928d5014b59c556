import CHoldfastKernels
import Glibc
import Synchronization
import Testing

@testable import HoldfastTensor

@Suite(.serialized) struct RuntimeTests {
  private func runtime(_ threads: Int) -> Runtime {
    Runtime(kernels: holdfast_kernels_best(nil), threadCount: threads)
  }

  /// Counts how often each index is visited.
  private func visits(_ runtime: Runtime, count: Int, grain: Int) -> [Int] {
    let seen = Mutex([Int](repeating: 0, count: count))
    let largest = Atomic<Int>(0)
    runtime.parallel(count, grain: grain) { range in
      largest.max(range.count, ordering: .relaxed)
      seen.withLock { for i in range { $0[i] += 1 } }
    }
    #expect(largest.load(ordering: .relaxed) <= grain)
    return seen.withLock { $0 }
  }

  @Test(arguments: [1, 2, 3, 8])
  func everyIndexIsVisitedOnce(_ threads: Int) {
    let runtime = runtime(threads)
    for (count, grain) in [(1, 1), (2, 1), (1000, 1), (1000, 7), (5, 100)] {
      #expect(visits(runtime, count: count, grain: grain).allSatisfy { $0 == 1 })
    }
    #expect(visits(runtime, count: 0, grain: 1).isEmpty)
  }

  @Test func workIsSharedAmongThreads() {
    let runtime = runtime(2)
    let threads = Mutex(Set<UInt>())
    // Each task waits for the other thread, so that one thread alone cannot finish.
    let arrived = Atomic<Int>(0)
    runtime.parallel(2) { _ in
      arrived.add(1, ordering: .sequentiallyConsistent)
      while arrived.load(ordering: .sequentiallyConsistent) < 2 { sched_yield() }
      threads.withLock { _ = $0.insert(UInt(pthread_self())) }
    }
    #expect(threads.withLock { $0.count } == 2)
  }

  @Test func nestedAndConcurrentCallsFinish() {
    let runtime = runtime(3)
    let total = Atomic<Int>(0)
    runtime.parallel(20) { outer in
      for _ in outer {
        runtime.parallel(50, grain: 3) { inner in total.add(inner.count, ordering: .relaxed) }
      }
    }
    #expect(total.load(ordering: .relaxed) == 1000)
    let callers = self.runtime(4)
    callers.parallel(4) { _ in
      for _ in 0..<200 {
        runtime.parallel(10) { range in total.add(range.count, ordering: .relaxed) }
      }
    }
    #expect(total.load(ordering: .relaxed) == 1000 + 4 * 200 * 10)
  }

  @Test func threadCountsChange() throws {
    let runtime = runtime(1)
    for threads in [3, 1, 2, 16, 2] {
      try runtime.setThreadCount(threads)
      #expect(runtime.threadCount == threads)
      #expect(visits(runtime, count: 100, grain: 1).allSatisfy { $0 == 1 })
    }
    for wrong in [0, -1, 1025, .max] {
      #expect(throws: HoldfastError.self) { try runtime.setThreadCount(wrong) }
    }
  }

  @Test func aHostsFloatingPointSettingsDoNotMatter() throws {
    // 2^-130 is denormal; a host that flushes denormals to zero must not change the sum.
    let runtime = runtime(2)
    let tiny = try Tensor([Float](repeating: 0x1p-130, count: 100_000), shape: [100_000])
    let sum = try Tensor(zeros: [100_000])
    let former = holdfast_float_enter()
    defer { holdfast_float_leave(former) }
    #if arch(x86_64)
      holdfast_float_leave(0x9fc0)  // flush to zero, denormals are zero
    #endif
    runtime.add(tiny, into: sum)
    holdfast_float_leave(former)
    #expect(sum.array.allSatisfy { $0 == 0x1p-130 })
  }

  @Test func distancesAreExactAndTheSameOnAnyThreads() throws {
    var random = RandomSource(seed: 9)
    for count in [0, 1, 7, 8, 65_536, 200_003] {
      let (x, y) = (try random.tensor([count]), try random.tensor([count]))
      let exact = zip(x.array, y.array).reduce(0.0) { sum, pair in
        let difference = Double(pair.0) - Double(pair.1)
        return sum + difference * difference
      }
      let distance = runtime(1).squaredDistance(x, y)
      #expect(abs(distance - exact) <= 1e-12 * exact, "\(count) numbers")
      #expect(runtime(3).squaredDistance(x, y) == distance)
      #expect(runtime(2).squaredDistance(x, x) == 0)
    }
  }

  @Test func exhaustedWorkingMemoryIsReportedToWhoAsked() throws {
    let watch = MemoryWatch()
    let scratch = try #require(holdfast_scratch(100))
    try watch.check()
    for floats in [Int.max, Int.max / 4, 1 << 46] {
      #expect(holdfast_scratch(floats) == nil && holdfast_lent_scratch(floats) == nil)
    }
    #expect(holdfast_scratch(100) == scratch, "what there was is kept")
    #expect(throws: HoldfastError.self) { try watch.check() }
    try MemoryWatch().check()
    // A failure of a worker alone reaches the caller.
    let runtime = runtime(2)
    let caller = UInt(pthread_self())
    let arrived = Atomic<Int>(0)
    let shared = MemoryWatch()
    runtime.parallel(2) { _ in
      arrived.add(1, ordering: .sequentiallyConsistent)
      while arrived.load(ordering: .sequentiallyConsistent) < 2 { sched_yield() }
      if UInt(pthread_self()) != caller { _ = holdfast_scratch(.max) }
    }
    #expect(throws: HoldfastError.self) { try shared.check() }
    let later = MemoryWatch()
    #expect(visits(runtime, count: 100, grain: 1).allSatisfy { $0 == 1 })
    try later.check()
  }

  @Test func systemInfoNamesWhatIsUsed() {
    let info = Runtime.shared.systemInfo()
    #expect(!info.processor.isEmpty)
    #expect(["avx512", "avx2", "neon", "scalar"].contains(info.kernel.split(separator: " ")[0]))
    #expect(info.threads >= 1)
    #expect(!info.productsReason.isEmpty && !info.blas.reason.isEmpty)
    if info.features.contains("avx2"), info.blas.admitted {
      let core = info.blas.core?.lowercased() ?? ""
      #expect(!["prescott", "core2", "nehalem", "atom"].contains(core))
    }
  }

  @Test func anAdmittedLibraryKeepsRowsApart() throws {
    guard let product = BLAS.shared.product else {
      print("skipped: no CBLAS library was admitted (\(BLAS.shared.info.reason))")
      return
    }
    let library = Runtime(kernels: holdfast_kernels_best(nil), threadCount: 2, blas: product)
    let builtin = runtime(2)
    var random = RandomSource(seed: 8)
    let (m, n, k) = (250, 70, 300)
    let (x, w) = (try random.tensor([m, k]), try random.tensor([n, k]))
    let packed = try PackedMatrix(w, runtime: library)
    let (y, exact) = (try Tensor(zeros: [m, n]), try Tensor(zeros: [m, n]))
    library.linear(x, packed, into: y)
    builtin.linear(x, w, into: exact)
    expectClose(y.array, exact.array.map(Double.init), within: 1e-6, "library")
    for rows in [0..<1, 7..<20, 190..<195, 249..<250] {
      let some = try Tensor(zeros: [rows.count, n])
      library.linear(x.rows(rows), packed, into: some)
      expectSameBits(some.array, y.rows(rows).array, "rows \(rows)")
      let source = MatrixSource(outputs: n, inputs: k) { rows, buffer in
        for i in buffer.indices { buffer[i] = w[rows.lowerBound * k + i] }
      }
      library.linear(x.rows(rows), source, into: some)
      expectSameBits(some.array, y.rows(rows).array, "rows \(rows) of a source")
      library.linear(x.rows(rows), w, into: some, accumulate: true)
      expectClose(some.array, exact.rows(rows).array.map { 2 * Double($0) }, within: 1e-6, "accumulated")
    }
  }
}
