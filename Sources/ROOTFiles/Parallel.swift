import Dispatch
import Foundation
import Synchronization

/// Memory that a lane uses again for each basket, so that it is not taken from the system and given back each time.
final class Scratch {
  private var buffer: ByteBuffer?

  /// At least `count` bytes, whose content is undefined.
  func bytes(_ count: Int) -> ByteBuffer {
    if let buffer, buffer.bytes.count >= count { return buffer }
    let made = ByteBuffer(count: max(count, 1 << 16))
    buffer = made
    return made
  }
}

/// Runs `body` for each index on up to `lanes` threads; each takes the next index when it is done with one. `scratch` is the
/// caller's memory, for when its own thread does all.
///
/// - Throws: the error of the lowest index that failed, so that what is reported does not depend on the threads.
func parallelFor(
  _ count: Int, lanes: Int, scratch: Scratch? = nil, _ body: (Int, Scratch) throws -> Void
) throws {
  if count == 1 || lanes <= 1 {
    let scratch = scratch ?? Scratch()
    for index in 0..<count { try body(index, scratch) }
    return
  }
  let next = Atomic<Int>(0)
  let failure = Mutex<(index: Int, error: any Error)?>(nil)
  // The closure outlives no call of concurrentPerform, and what it writes is disjoint by index.
  withoutActuallyEscaping(body) { body in
    nonisolated(unsafe) let work = body
    DispatchQueue.concurrentPerform(iterations: min(lanes, count)) { _ in
      let scratch = Scratch()
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        do {
          try work(index, scratch)
        } catch {
          failure.withLock { if index < $0?.index ?? .max { $0 = (index, error) } }
        }
      }
    }
  }
  if let failed = failure.withLock({ $0 }) { throw failed.error }
}

/// The cores that this process may use.
let availableLanes = max(1, ProcessInfo.processInfo.activeProcessorCount)
