import Foundation

/// The one thread that owns LibTorch. Whatever touches a ``Tensor`` is isolated to this actor, so the compiler keeps
/// every call on that thread: LibTorch makes a team of workers for each thread that calls it, and six callers would
/// mean six teams on the same cores.
@globalActor
public actor TorchActor {
  public static let shared = TorchActor()
  private static let executor = TorchExecutor()

  public nonisolated var unownedExecutor: UnownedSerialExecutor { TorchActor.executor.asUnownedSerialExecutor() }

  /// Runs `body` on LibTorch's thread.
  public static func run<Result: Sendable>(
    _ body: @TorchActor @Sendable () throws -> Result
  ) async rethrows -> Result {
    try await body()
  }
}

/// A queue of jobs and the thread that takes them, made at the first job and kept for the life of the process.
// Sendable because `jobs`, `thread` are only touched under `condition`'s lock.
final class TorchExecutor: SerialExecutor, @unchecked Sendable {
  private let condition = NSCondition()
  private var jobs: [UnownedJob] = []
  private var thread: Thread?

  func enqueue(_ job: consuming ExecutorJob) {
    let unowned = UnownedJob(job)
    condition.lock()
    jobs.append(unowned)
    if thread == nil { thread = startThread() }
    condition.signal()
    condition.unlock()
  }

  private func startThread() -> Thread {
    let thread = Thread { [self] in
      while true { next().runSynchronously(on: asUnownedSerialExecutor()) }
    }
    thread.name = "searchlight.torch"
    thread.stackSize = 16 << 20
    thread.start()
    return thread
  }

  private func next() -> UnownedJob {
    condition.lock()
    defer { condition.unlock() }
    while jobs.isEmpty { condition.wait() }
    return jobs.removeFirst()
  }

  func checkIsolated() {
    condition.lock()
    defer { condition.unlock() }
    precondition(Thread.current === thread, "a tensor was used outside LibTorch's thread")
  }
}
