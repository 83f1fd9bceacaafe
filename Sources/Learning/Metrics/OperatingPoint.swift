/// A cut on the score with what passes it.
public struct OperatingPoint: Hashable, Codable, Sendable {
  /// Events with this score or more pass.
  public var threshold: Float
  public var signalEfficiency: Estimate
  public var backgroundEfficiency: Estimate
  /// N_eff of the background events that pass.
  public var effectiveBackground: Double

  enum CodingKeys: String, CodingKey {
    case threshold
    case signalEfficiency = "signal_efficiency"
    case backgroundEfficiency = "background_efficiency"
    case effectiveBackground = "effective_background"
  }

  init(_ cuts: ScoreCuts, _ index: Int) {
    threshold = cuts.thresholds[index]
    signalEfficiency = cuts.signalEfficiency(index)
    backgroundEfficiency = cuts.backgroundEfficiency(index)
    effectiveBackground = cuts.background[index].effectiveCount
  }

  /// 1/ε_B with its uncertainty σ/ε_B²; nil where no background passes.
  public var backgroundRejection: (value: Double, uncertainty: Double)? {
    let efficiency = backgroundEfficiency
    guard efficiency.value > 0 else { return nil }
    return (1 / efficiency.value, efficiency.uncertainty / (efficiency.value * efficiency.value))
  }

  /// ε_S/√ε_B, by which the cut multiplies s/√b, with the uncertainties of both efficiencies; nil where no background passes.
  public var significanceImprovement: (value: Double, uncertainty: Double)? {
    let (s, b) = (signalEfficiency, backgroundEfficiency)
    guard b.value > 0 else { return nil }
    let value = s.value / b.value.squareRoot()
    let ofSignal = s.uncertainty / b.value.squareRoot(), ofBackground = value * b.uncertainty / (2 * b.value)
    return (value, (ofSignal * ofSignal + ofBackground * ofBackground).squareRoot())
  }
}

extension ScoreCuts {
  /// The tightest cut that keeps at least this fraction of the signal: where 1/ε_B is quoted.
  public func operatingPoint(signalEfficiency target: Double) -> OperatingPoint {
    let index = thresholds.indices.first { signal[$0].sum >= target * totalSignal.sum * (1 - 1e-12) }
    return OperatingPoint(self, index ?? thresholds.count - 1)
  }

  /// The loosest cut that lets at most this fraction of the background pass: where ε_S is quoted.
  public func operatingPoint(backgroundEfficiency target: Double) -> OperatingPoint {
    let index = thresholds.indices.last { background[$0].sum <= target * totalBackground.sum * (1 + 1e-12) }
    return OperatingPoint(self, index ?? 0)
  }

  /// The significance improvement curve: cuts that keep 1/`count`, 2/`count`, … of the signal, while N_eff of the background that
  /// passes is at least `minimumEffective`, below which ε_S/√ε_B is noise.
  public func significanceImprovementCurve(count: Int = 100, minimumEffective: Double = 10) -> [OperatingPoint] {
    precondition(count > 0, "need a positive number of points, got \(count)")
    return (1...count).map { operatingPoint(signalEfficiency: Double($0) / Double(count)) }
      .filter { $0.effectiveBackground >= minimumEffective }
  }
}
