internal import CHoldfastKernels
import Glibc
import Synchronization

/// Threads that share out the indices of one job at a time; idle ones sleep.
///
/// One job runs at a time. A caller that finds the pool busy (another thread's job, or its own: a nested call) does its
/// work alone, which changes no number: how work is split never shows in the bits.
final class ThreadPool: @unchecked Sendable {
  /// Threads that work on a job, the caller included.
  let threadCount: Int
  /// The process that made the pool; its threads do not exist in a forked child.
  let process = getpid()

  private let busy = Atomic<Bool>(false)
  private let open = Atomic<Int>(0)  // the number of the job that workers may join, or 0
  private let inside = Atomic<Int>(0)  // workers that look at the job
  private let next = Atomic<Int>(0)  // the first index of the job that nobody has taken
  private let sleeping = Atomic<Int>(0)
  private let stopping = Atomic<Bool>(false)
  private let starved = Atomic<Bool>(false)  // a worker ran out of scratch memory in this job
  private var jobs = 0
  private var job = Job(count: 0, grain: 1, body: nil)
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let wake: UnsafeMutablePointer<pthread_cond_t>
  private var workers: [pthread_t] = []

  private struct Job {
    var count: Int
    var grain: Int
    var body: ((Range<Int>) -> Void)?
  }

  /// Starts `threadCount - 1` workers, or as many as the system allows.
  init(threadCount: Int) {
    mutex = .allocate(capacity: 1)
    wake = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(wake, nil)
    self.threadCount = threadCount
    workers.reserveCapacity(threadCount)
    for _ in 1..<max(threadCount, 1) {
      var thread = pthread_t()
      let me = Unmanaged.passRetained(self)
      let status = pthread_create(
        &thread, nil,
        { raw in
          guard let raw else { return nil }
          Unmanaged<ThreadPool>.fromOpaque(raw).takeRetainedValue().serve()
          return nil
        }, me.toOpaque())
      guard status == 0 else {
        me.release()
        break
      }
      workers.append(thread)
    }
  }

  deinit {
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(wake)
    mutex.deallocate()
    wake.deallocate()
  }

  /// Calls `body` on disjoint ranges that cover `0 ..< count`, each of at most `grain` indices; false when the pool is
  /// busy and nothing was done.
  func run(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) -> Bool {
    guard busy.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else {
      return false
    }
    withoutActuallyEscaping(body) { body in
      job = Job(count: count, grain: grain, body: body)
      next.store(0, ordering: .relaxed)
      jobs += 1
      open.store(jobs, ordering: .sequentiallyConsistent)
      wakeSleepers()
      drain()
      // Workers that have not come yet find the job closed: nobody waits for a thread that sleeps.
      open.store(0, ordering: .sequentiallyConsistent)
      var spins = 0
      while inside.load(ordering: .sequentiallyConsistent) != 0 {
        spins += 1
        if spins < 4_000 { holdfast_pause() } else { sched_yield() }
      }
      job.body = nil
      if starved.exchange(false, ordering: .sequentiallyConsistent) { holdfast_scratch_failed() }
    }
    busy.store(false, ordering: .releasing)
    return true
  }

  /// Ends the workers once no job runs, and waits for them; the pool stays busy from then on.
  func stop() {
    while !busy.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged {
      sched_yield()
    }
    stopping.store(true, ordering: .sequentiallyConsistent)
    wakeSleepers()
    for worker in workers { pthread_join(worker, nil) }
  }

  private func wakeSleepers() {
    guard sleeping.load(ordering: .sequentiallyConsistent) != 0 else { return }
    pthread_mutex_lock(mutex)
    pthread_cond_broadcast(wake)
    pthread_mutex_unlock(mutex)
  }

  private func drain() {
    guard let body = job.body else { return }
    let (count, grain) = (job.count, job.grain)
    while true {
      let start = next.add(grain, ordering: .relaxed).oldValue
      guard start < count else { return }
      body(start..<min(start + grain, count))
    }
  }

  private func serve() {
    _ = holdfast_float_enter()
    var last = 0
    while let number = nextJob(after: last) {
      last = number
      inside.add(1, ordering: .sequentiallyConsistent)
      if open.load(ordering: .sequentiallyConsistent) == number {
        let failures = holdfast_scratch_failures()
        drain()
        if holdfast_scratch_failures() != failures { starved.store(true, ordering: .sequentiallyConsistent) }
      }
      inside.subtract(1, ordering: .sequentiallyConsistent)
    }
  }

  /// The number of the next open job, waited for: spinning for some tens of microseconds, then asleep. Nil at the end.
  private func nextJob(after last: Int) -> Int? {
    for _ in 0..<2_000 {
      if let number = news(after: last) { return number > 0 ? number : nil }
      holdfast_pause()
    }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    sleeping.add(1, ordering: .sequentiallyConsistent)
    defer { sleeping.subtract(1, ordering: .sequentiallyConsistent) }
    while true {
      if let number = news(after: last) { return number > 0 ? number : nil }
      pthread_cond_wait(wake, mutex)
    }
  }

  /// The number of an open job other than `last`, -1 when the pool ends, nil when there is nothing to do.
  private func news(after last: Int) -> Int? {
    if stopping.load(ordering: .sequentiallyConsistent) { return -1 }
    let number = open.load(ordering: .sequentiallyConsistent)
    return number != 0 && number != last ? number : nil
  }
}
