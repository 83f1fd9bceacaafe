import Foundation

/// How the step size changes. The configuration's learning rate is where it starts.
public enum LearningRateSchedule: Hashable, Codable, Sendable {
  case constant
  /// Multiplied by `factor` after every `epochs` epochs.
  case step(epochs: Int, factor: Double)
  /// Multiplied by `factor` after each epoch or each batch, down to `minimum`.
  case exponential(factor: Double, each: Period, minimum: Double)
  /// `minimum + (start − minimum)(1 + cos(π t/T))/2` in epoch t of T, then `minimum` (Loshchilov and Hutter,
  /// arXiv:1608.03983, without restarts).
  case cosine(epochs: Int, minimum: Double)
  /// Multiplied by `factor`, down to `minimum`, when the validation loss has not fallen by the fraction `threshold` for
  /// more than `patience` epochs (`ReduceLROnPlateau`).
  case plateau(factor: Double, patience: Int, threshold: Double, minimum: Double)
  /// Up to `maximum` and back in `2 · halfCycle` batches (Smith, arXiv:1506.01186).
  case cyclical(maximum: Double, halfCycle: Int, shape: CycleShape)
  /// From `maximum / startDivision` to `maximum` in the first `warmUp` part of all batches, then down to the start's
  /// `1/endDivision`, both as half cosines (Smith and Topin, arXiv:1708.07120; `OneCycleLR` without its momentum cycle).
  /// The configuration's learning rate is not used; all batches are those of `epochs` epochs.
  case oneCycle(maximum: Double, warmUp: Double, startDivision: Double, endDivision: Double)

  public enum Period: String, Hashable, Codable, Sendable, CaseIterable { case epoch, batch }

  /// How the height of a cycle changes.
  public enum CycleShape: Hashable, Codable, Sendable {
    case triangular
    /// Halved after each cycle.
    case triangular2
    /// Times `gamma` to the number of batches so far.
    case expRange(gamma: Double)
    /// Times `gamma` to the number of the cycle, the first one being 1.
    case expCycle(gamma: Double)
  }

  /// What a schedule remembers; part of a checkpoint.
  struct State: Hashable, Codable {
    var factor = 1.0
    var best = Double.greatestFiniteMagnitude
    var badEpochs = 0
  }

  /// Where a training stands: batches done, epochs done, batches of an epoch, epochs of the whole.
  struct Place {
    var batch, epoch, batchesPerEpoch, epochs: Int
  }

  /// The step size of the next batch.
  func rate(start: Double, at place: Place, state: State) -> Double {
    switch self {
    case .constant: return start
    case .step(let epochs, let factor): return start * pow(factor, Double(place.epoch / epochs))
    case .exponential(let factor, let period, let minimum):
      let times = period == .epoch ? place.epoch : place.batch
      return max(minimum, start * pow(factor, Double(times)))
    case .cosine(let epochs, let minimum):
      let part = min(1, Double(place.epoch) / Double(epochs))
      return minimum + (start - minimum) * (1 + cos(.pi * part)) / 2
    case .plateau(_, _, _, let minimum): return max(min(minimum, start), start * state.factor)
    case .cyclical(let maximum, let halfCycle, let shape):
      return start + (maximum - start) * Self.cycle(place.batch, halfCycle, shape)
    case .oneCycle(let maximum, let warmUp, let startDivision, let endDivision):
      let first = maximum / startDivision
      let total = Double(place.batchesPerEpoch * place.epochs)
      return Self.oneCycle(
        Double(place.batch), top: warmUp * total - 1, end: total - 1, first, maximum, first / endDivision)
    }
  }

  /// `max(0, 1 − x)` with `x = |t/h − 2c + 1|` in cycle `c = ⌊1 + t/2h⌋`, times the shape's factor.
  private static func cycle(_ batch: Int, _ halfCycle: Int, _ shape: CycleShape) -> Double {
    let t = Double(batch), h = Double(halfCycle)
    let number = (1 + t / (2 * h)).rounded(.down)
    let height = max(0, 1 - abs(t / h - 2 * number + 1))
    switch shape {
    case .triangular: return height
    case .triangular2: return height / pow(2, number - 1)
    case .expRange(let gamma): return height * pow(gamma, t)
    case .expCycle(let gamma): return height * pow(gamma, number)
    }
  }

  private static func oneCycle(
    _ t: Double, top: Double, end: Double, _ first: Double, _ maximum: Double, _ last: Double
  ) -> Double {
    func between(_ a: Double, _ b: Double, _ part: Double) -> Double {
      b + (a - b) / 2 * (1 + cos(.pi * min(max(part, 0), 1)))
    }
    return t < top ? between(first, maximum, t / top) : between(maximum, last, (t - top) / (end - top))
  }

  /// Takes note of an epoch's validation loss.
  func observe(_ loss: Double, start: Double, state: inout State) {
    guard case .plateau(let factor, let patience, let threshold, let minimum) = self else { return }
    let goal = state.best - (state.best == .greatestFiniteMagnitude ? 0 : threshold * abs(state.best))
    if loss < goal {
      state.best = loss
      state.badEpochs = 0
      return
    }
    state.badEpochs += 1
    guard state.badEpochs > patience else { return }
    state.factor = max(state.factor * factor, min(minimum, start) / start)
    state.badEpochs = 0
  }

  func validate(_ need: (Bool, String, String) throws -> Void) throws {
    func positive(_ name: String, _ value: Double) throws {
      try need(value > 0 && value.isFinite, "\(name) \(value)", "> 0")
    }
    func fraction(_ value: Double) throws { try need(value > 0 && value <= 1, "factor \(value)", "(0, 1]") }
    func lowest(_ value: Double) throws { try need(value >= 0 && value.isFinite, "minimum \(value)", "≥ 0") }
    switch self {
    case .constant: return
    case .step(let epochs, let factor):
      try need(epochs >= 1, "epochs \(epochs)", "≥ 1")
      try fraction(factor)
    case .exponential(let factor, _, let minimum):
      try fraction(factor)
      try lowest(minimum)
    case .cosine(let epochs, let minimum):
      try need(epochs >= 1, "epochs \(epochs)", "≥ 1")
      try lowest(minimum)
    case .plateau(let factor, let patience, let threshold, let minimum):
      try fraction(factor)
      try need(patience >= 0, "patience \(patience)", "≥ 0")
      try need((0..<1).contains(threshold), "threshold \(threshold)", "[0, 1)")
      try lowest(minimum)
    case .cyclical(let maximum, let halfCycle, let shape):
      try positive("maximum", maximum)
      try need(halfCycle >= 1, "half cycle \(halfCycle)", "≥ 1")
      switch shape {
      case .expRange(let gamma), .expCycle(let gamma):
        try need(gamma > 0 && gamma <= 1, "gamma \(gamma)", "(0, 1]")
      case .triangular, .triangular2: break
      }
    case .oneCycle(let maximum, let warmUp, let startDivision, let endDivision):
      try positive("maximum", maximum)
      try need(warmUp > 0 && warmUp < 1, "warm-up \(warmUp)", "(0, 1)")
      try need(startDivision >= 1, "start division \(startDivision)", "≥ 1")
      try need(endDivision >= 1, "end division \(endDivision)", "≥ 1")
    }
  }
}
