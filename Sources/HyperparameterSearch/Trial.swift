/// One evaluation of a point of a search space.
public struct Trial: Hashable, Codable, Sendable {
  public enum Status: String, Hashable, Codable, Sendable {
    /// Proposed, and not finished: a search that resumes evaluates it anew.
    case running
    case complete
    /// Given up early, because its reports were worse than those of most.
    case pruned
    /// Ended by an error.
    case failed
  }

  /// From 0 in the order of proposals.
  public var number: Int
  public var point: SearchPoint
  public var status: Status
  /// The result; of a pruned trial its last report. Nil while running and after an error.
  public var value: Double?
  /// Results on the way, by step.
  public var reports: [Report]
  /// What ended it, of a failed one.
  public var failure: String?

  public struct Report: Hashable, Codable, Sendable {
    public var step: Int
    public var value: Double

    public init(step: Int, value: Double) {
      self.step = step
      self.value = value
    }
  }

  public init(
    number: Int, point: SearchPoint, status: Status = .running, value: Double? = nil, reports: [Report] = [],
    failure: String? = nil
  ) {
    self.number = number
    self.point = point
    self.status = status
    self.value = value
    self.reports = reports
    self.failure = failure
  }
}

/// Which way is better.
public enum SearchDirection: String, Hashable, Codable, Sendable, CaseIterable {
  case minimize
  case maximize

  /// The value as something to be made small.
  func cost(_ value: Double) -> Double { self == .minimize ? value : -value }
}

extension Sequence<Trial> {
  /// The complete trial with the best value, the first of several.
  public func best(_ direction: SearchDirection) -> Trial? {
    filter { $0.status == .complete && $0.value != nil }
      .min { direction.cost($0.value ?? .nan) < direction.cost($1.value ?? .nan) }
  }
}
