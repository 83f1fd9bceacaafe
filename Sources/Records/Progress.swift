import Synchronization

/// Where a long task stands.
public struct ProgressUpdate: Hashable, Sendable {
  /// What is being done: `generate ttbar`.
  public var stage: String
  public var completed: Int
  public var total: Int
  /// What is counted: `events`, `epochs`.
  public var unit: String
  /// A short remark, or empty: `validation loss 0.0312`.
  public var detail: String

  public init(stage: String, completed: Int, total: Int, unit: String, detail: String = "") {
    self.stage = stage
    self.completed = completed
    self.total = total
    self.unit = unit
    self.detail = detail
  }
}

/// Called from any thread; must return quickly.
public typealias ProgressHandler = @Sendable (ProgressUpdate) -> Void

/// A request to stop, shared by whoever may cancel and whoever works.
public final class CancellationToken: Sendable {
  private let flag = Atomic<Bool>(false)

  public init() {}

  public func cancel() { flag.store(true, ordering: .relaxed) }

  public var isCancelled: Bool { flag.load(ordering: .relaxed) }

  /// Throws ``RecordError/cancelled`` once cancelled.
  public func check() throws {
    if isCancelled { throw RecordError.cancelled }
  }
}
