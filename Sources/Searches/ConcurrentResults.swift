import Synchronization

/// Results that several threads fill in, each at its own place.
final class ConcurrentResults<Value: Sendable>: Sendable {
  private let slots: Mutex<(done: Int, values: [Result<Value, any Error>?])>

  init(count: Int) { slots = Mutex((0, Array(repeating: nil, count: count))) }

  /// Stores a result and returns how many there are.
  func set(_ index: Int, _ result: Result<Value, any Error>) -> Int {
    slots.withLock { state in
      state.values[index] = result
      state.done += 1
      return state.done
    }
  }

  /// All values; the first error in the order of the places is thrown.
  func all() throws -> [Value] {
    try slots.withLock { state in
      try state.values.map { slot in
        guard let slot else { preconditionFailure("a job was not done") }
        return try slot.get()
      }
    }
  }
}
