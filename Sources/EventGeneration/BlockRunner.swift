import Foundation
import Records
import Synchronization

/// Runs blocks on several threads and hands their results over in the order of the list, so that what is written does
/// not depend on the number of workers.
///
/// Memory is bounded: a worker takes a new block only while fewer than twice as many blocks as workers are finished or
/// running ahead of the next one to be handed over.
public struct BlockRunner: Sendable {
  /// Threads; each makes one block at a time.
  public let workers: Int

  public init(workers: Int) {
    precondition(workers > 0, "need at least one worker, got \(workers)")
    self.workers = workers
  }

  /// - Parameters:
  ///   - make: called on the workers' threads, at most once a block.
  ///   - deliver: called on the calling thread in the order of `blocks`.
  /// - Throws: the first error of `make` (in the order of `blocks`) or of `deliver`, or `RecordError.cancelled`; running
  ///   blocks are cancelled through the token that `make` gets and are waited for.
  public func run<Result: Sendable>(
    _ blocks: [BlockIdentity], cancellation: CancellationToken = CancellationToken(),
    make: @escaping @Sendable (BlockIdentity, CancellationToken) throws -> Result,
    deliver: (BlockIdentity, Result) throws -> Void
  ) throws {
    guard !blocks.isEmpty else { return }
    let queue = BlockQueue<Result>(blocks: blocks, ahead: 2 * workers)
    let stop = CancellationToken()
    let threads = (0..<min(workers, blocks.count)).map { number in
      let thread = Thread {
        queue.work { try make($0, stop) }
      }
      thread.name = "generation \(number)"
      // Pythia's recursion in decays and string fragmentation is deep; the default of secondary threads may be small.
      thread.stackSize = 16 << 20
      return thread
    }
    threads.forEach { $0.start() }
    defer {
      stop.cancel()
      queue.close()
      queue.waitForWorkers(threads.count)
    }
    for (index, block) in blocks.enumerated() {
      try deliver(block, queue.take(index, cancellation: cancellation).get())
    }
  }
}

/// Blocks to do and results to hand over, under one lock.
private final class BlockQueue<Value: Sendable>: @unchecked Sendable {
  // Sendable: all mutable state is used under `condition`'s lock.
  private let blocks: [BlockIdentity]
  private let ahead: Int
  private let condition = NSCondition()
  private var started = 0
  private var delivered = 0
  private var finishedWorkers = 0
  private var isClosed = false
  private var results: [Int: Result<Value, any Error>] = [:]

  init(blocks: [BlockIdentity], ahead: Int) {
    self.blocks = blocks
    self.ahead = ahead
  }

  /// A worker's life: takes blocks until none is left.
  func work(_ make: (BlockIdentity) throws -> Value) {
    while let index = nextIndex() {
      let result = Result { try make(blocks[index]) }
      condition.lock()
      results[index] = result
      // After an error nothing further will be handed over.
      if case .failure = result { isClosed = true }
      condition.broadcast()
      condition.unlock()
    }
    condition.lock()
    finishedWorkers += 1
    condition.broadcast()
    condition.unlock()
  }

  private func nextIndex() -> Int? {
    condition.lock()
    defer { condition.unlock() }
    while !isClosed, started < blocks.count, started >= delivered + ahead { condition.wait() }
    guard !isClosed, started < blocks.count else { return nil }
    started += 1
    return started - 1
  }

  /// Waits for a block's result, looking for a cancellation ten times a second.
  func take(_ index: Int, cancellation: CancellationToken) -> Result<Value, any Error> {
    condition.lock()
    defer { condition.unlock() }
    while results[index] == nil {
      if cancellation.isCancelled { return .failure(RecordError.cancelled) }
      // A block that was never started because another failed: its error is the run's.
      if isClosed, index >= started, let failure = firstFailure { return .failure(failure) }
      _ = condition.wait(until: Date(timeIntervalSinceNow: 0.1))
    }
    delivered = index + 1
    condition.broadcast()
    return results.removeValue(forKey: index) ?? .failure(RecordError.cancelled)
  }

  private var firstFailure: (any Error)? {
    for (_, result) in results.sorted(by: { $0.key < $1.key }) {
      if case .failure(let error) = result { return error }
    }
    return nil
  }

  func close() {
    condition.lock()
    isClosed = true
    condition.broadcast()
    condition.unlock()
  }

  func waitForWorkers(_ count: Int) {
    condition.lock()
    while finishedWorkers < count { condition.wait() }
    condition.unlock()
  }
}
