import Foundation
import Records
import Synchronization

/// Results of `count` independent jobs by a few threads, in the jobs' order.
///
/// Each thread takes the next job when it has done one. What a job throws is its result; once cancelled no job begins.
/// - Throws: `RecordError.cancelled`.
func concurrentMap<Value: Sendable>(
  count: Int, workers: Int, stage: String, unit: String, progress: @escaping ProgressHandler,
  cancellation: CancellationToken, _ job: @Sendable (Int) throws -> Value
) throws -> [Result<Value, any Error>] {
  precondition(workers > 0, "need at least one worker, got \(workers)")
  let state = Mutex(MapState<Value>(count: count))
  DispatchQueue.concurrentPerform(iterations: min(workers, max(1, count))) { _ in
    while !cancellation.isCancelled {
      let index = state.withLock { state in
        state.next += 1
        return state.next - 1
      }
      guard index < count else { return }
      let result = Result { try job(index) }
      state.withLock { state in
        state.results[index] = result
        state.done += 1
        progress(.init(stage: stage, completed: state.done, total: count, unit: unit))
      }
    }
  }
  try cancellation.check()
  return state.withLock { state in
    state.results.map { result in
      guard let result else { preconditionFailure("a job was not done") }
      return result
    }
  }
}

private struct MapState<Value: Sendable>: Sendable {
  var next = 0
  var done = 0
  var results: [Result<Value, any Error>?]

  init(count: Int) { results = Array(repeating: nil, count: count) }
}
