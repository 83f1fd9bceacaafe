import Synchronization

/// Collects a trial's reports and compares them with those of earlier trials.
final class TrialReporter: TrialReporting {
  private let direction: SearchDirection
  private let pruningStart: Int?
  /// Costs at each step of the complete trials of earlier batches, as far as each has come.
  private let earlier: [[Trial.Report]]
  private let state = Mutex<(reports: [Trial.Report], isHopeless: Bool)>(([], false))

  /// Fewer trials than this have no median to speak of.
  static let fewestTrials = 5

  init(direction: SearchDirection, pruningStart: Int?, history: [Trial]) {
    self.direction = direction
    self.pruningStart = pruningStart
    earlier = history.filter { $0.status == .complete }.map(\.reports)
  }

  var reports: [Trial.Report] { state.withLock { $0.reports } }
  var isHopeless: Bool { state.withLock { $0.isHopeless } }

  /// A trial is hopeless if the best it has reported is worse than the median of the others' bests up to the same step
  /// (the median rule of D. Golovin et al., "Google Vizier", KDD 2017).
  func report(step: Int, value: Double) -> Bool {
    state.withLock { state in
      state.reports.append(Trial.Report(step: step, value: value))
      guard let pruningStart, step >= pruningStart else { return false }
      func best(_ reports: [Trial.Report]) -> Double? {
        reports.filter { $0.step <= step && $0.value.isFinite }.map { direction.cost($0.value) }.min()
      }
      let others = earlier.filter { ($0.last?.step ?? -1) >= step }.compactMap(best).sorted()
      guard others.count >= Self.fewestTrials else { return false }
      let median = 0.5 * (others[(others.count - 1) / 2] + others[others.count / 2])
      if best(state.reports) ?? .infinity > median { state.isHopeless = true }
      return state.isHopeless
    }
  }
}
