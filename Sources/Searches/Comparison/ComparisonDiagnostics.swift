import Learning

/// What is said of a training beside its line in the tables, on the test rows, every row of weight 1.
public struct ComparisonDiagnostics: Hashable, Codable, Sendable {
  /// With its statistical uncertainty, the training held.
  public var areaUnderCurve: Estimate
  /// The cut that keeps half of the signal.
  public var atHalfSignal: OperatingPoint
  /// The cuts that let 10⁻² and 10⁻³ of the background pass.
  public var atBackgroundEfficiency: [OperatingPoint]
  public var calibration: ReliabilityCurve

  enum CodingKeys: String, CodingKey {
    case calibration
    case areaUnderCurve = "auc"
    case atHalfSignal = "at_half_signal"
    case atBackgroundEfficiency = "at_background_efficiency"
  }

  /// What `diagnostics.json` holds.
  struct Document: Encodable {
    var schema = 1
    /// By inputs, then by model: one a seed.
    var trainings: [String: [String: [ComparisonDiagnostics]]]
  }

  init(_ test: LabelledScores) throws {
    let weights = [Float](repeating: 1, count: test.labels.count)
    areaUnderCurve = try Metrics.areaUnderCurve(scores: test.scores, labels: test.labels, weights: weights)
    let cuts = try ScoreCuts(scores: test.scores, labels: test.labels, weights: weights)
    atHalfSignal = cuts.operatingPoint(signalEfficiency: 0.5)
    atBackgroundEfficiency = [1e-2, 1e-3].map { cuts.operatingPoint(backgroundEfficiency: $0) }
    calibration = try ReliabilityCurve(scores: test.scores, labels: test.labels, weights: weights)
  }
}
