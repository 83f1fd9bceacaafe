import CoreNumerics
import Foundation
import Learning
import Records

/// All that is said of a trained classifier beside its limits: how good it is and how sure that is, whether it is over-trained, whether
/// its scores are probabilities, what it looks at, what a cut on it is worth.
public struct ClassifierDiagnostics: Hashable, Codable, Sendable {
  /// Of training, validation and test events.
  public var areaUnderCurve: [String: Estimate]
  /// Cuts at which 1/ε_B is quoted (ε_S 30, 50 and 70 %), and at which ε_S is (ε_B 10⁻² and 10⁻³), on test events.
  public var atSignalEfficiency, atBackgroundEfficiency: [OperatingPoint]
  /// ε_S/√ε_B on test events.
  public var significanceImprovement: [OperatingPoint]
  public var overTraining: OverTraining
  /// On test events with equal classes: the score as it is, and with calibrators fitted on validation events.
  public var calibration: [String: ReliabilityCurve]
  /// At a score of ½, with equal classes.
  public var confusion: ConfusionMatrix
  /// The largest first.
  public var permutationImportance, gradientImportance: [FeatureImportance]
  public var counting: Counting
  public var cutViews: [CutView]
  /// The cut of ``cutViews``.
  public var cutViewThreshold: Float

  /// Significances of a counting experiment.
  public struct Counting: Hashable, Codable, Sendable {
    /// The cut that is best without a systematic uncertainty.
    public var best: CountingAnalysis.Point
    public var byThreshold, byLuminosity, bySystematic: [CountingAnalysis.Point]
    /// With a cut chosen for each uncertainty.
    public var bySystematicChosenAnew: [CountingAnalysis.Point]

    enum CodingKeys: String, CodingKey {
      case best
      case byThreshold = "by_threshold"
      case byLuminosity = "by_luminosity"
      case bySystematic = "by_systematic"
      case bySystematicChosenAnew = "by_systematic_chosen_anew"
    }
  }

  enum CodingKeys: String, CodingKey {
    case calibration, confusion, counting
    case areaUnderCurve = "auc"
    case atSignalEfficiency = "at_signal_efficiency"
    case atBackgroundEfficiency = "at_background_efficiency"
    case significanceImprovement = "significance_improvement"
    case overTraining = "over_training"
    case permutationImportance = "permutation_importance"
    case gradientImportance = "gradient_importance"
    case cutViews = "before_and_after_cut"
    case cutViewThreshold = "threshold_of_cut"
  }

  /// What does not follow from scores.
  public struct Choices: Sendable {
    /// In fb⁻¹; of the weights, and to which significances are projected.
    public var luminosity: Double
    public var luminosities: [Double]
    /// Relative uncertainties of the background, and the one that curves against threshold and luminosity show.
    public var systematics: [Double]
    public var systematic: Double
    /// Rows of each class, and shuffles, of permutation importances.
    public var importanceRows: Int
    public var repeats: Int

    public init(
      luminosity: Double, luminosities: [Double] = [300, 400, 550, 750, 1000, 1300, 1700, 2200, 3000],
      systematics: [Double] = (0...10).map { Double($0) / 20 }, systematic: Double = 0.1, importanceRows: Int = 500,
      repeats: Int = 3
    ) {
      self.luminosity = luminosity
      self.luminosities = luminosities
      self.systematics = systematics
      self.systematic = systematic
      self.importanceRows = importanceRows
      self.repeats = repeats
    }
  }
}

extension ClassifierDiagnostics {
  /// - Parameters:
  ///   - testFeatures: of the events of `test`, row by row.
  ///   - views: features that are shown before and after a cut.
  ///   - seed: rows and shuffles of permutation importances are its children's.
  /// - Throws: `LearningError`, what the network throws, `RecordError.cancelled`.
  public init(
    of classifier: TrainedClassifier, training: ScoredSample, validation: ScoredSample, test: ScoredSample,
    testFeatures: FeatureMatrix, views: [CutView.Feature], choices: Choices, seed: SeedTree,
    cancellation: CancellationToken = CancellationToken()
  ) async throws {
    areaUnderCurve = try ["training": training, "validation": validation, "test": test].mapValues {
      try Metrics.areaUnderCurve(scores: $0.scores, labels: $0.labels, weights: $0.weights)
    }
    let cuts = try ScoreCuts(scores: test.scores, labels: test.labels, weights: test.weights)
    atSignalEfficiency = [0.3, 0.5, 0.7].map { cuts.operatingPoint(signalEfficiency: $0) }
    atBackgroundEfficiency = [1e-2, 1e-3].map { cuts.operatingPoint(backgroundEfficiency: $0) }
    significanceImprovement = cuts.significanceImprovementCurve(count: 50)
    overTraining = try OverTraining(training: training, test: test)
    calibration = try Self.calibration(validation, test)
    confusion = try ConfusionMatrix(scores: test.scores, labels: test.labels, weights: test.balancedWeights)
    let analysis = CountingAnalysis(
      validation: try ScoreCuts(scores: validation.scores, labels: validation.labels, weights: validation.weights),
      test: cuts, luminosity: choices.luminosity)
    counting = Counting(
      best: analysis.point(threshold: analysis.bestThreshold(), systematic: choices.systematic),
      byThreshold: analysis.thresholdScan(systematic: choices.systematic),
      byLuminosity: analysis.luminosityScan(choices.luminosities, systematic: choices.systematic),
      bySystematic: analysis.systematicScan(choices.systematics),
      bySystematicChosenAnew: analysis.systematicScan(choices.systematics, choosesAnew: true))
    let sample = try LabelledSample(
      features: testFeatures, labels: test.labels, weights: test.weights, name: "the test events"
    ).drawnByWeight(perClass: choices.importanceRows, seed: seed.child("rows"))
    permutationImportance = Self.ranked(
      try await Metrics.permutationImportance(
        of: classifier, on: sample, repeats: choices.repeats, seed: seed.child("shuffles"),
        cancellation: cancellation))
    gradientImportance = Self.ranked(try await classifier.gradientImportance(sample))
    // A looser cut than the best, where that leaves too few events to show how they are distributed.
    let threshold = analysis.bestThreshold(minimumEffective: 30)
    cutViewThreshold = threshold
    cutViews = try views.compactMap { feature in
      guard let column = testFeatures.names.firstIndex(of: feature.name) else { return nil }
      let values = (0..<testFeatures.rowCount).map { testFeatures[$0, column] }
      return try CutView(feature, values: values, test, threshold: threshold)
    }
  }

  private static func calibration(
    _ validation: ScoredSample, _ test: ScoredSample
  ) throws -> [String: ReliabilityCurve] {
    let (before, after) = (validation.balancedWeights, test.balancedWeights)
    func logits(_ scores: [Float]) -> [Float] {
      scores.map { score in
        let p = min(max(Double(score), 1e-7), 1 - 1e-7)
        return Float(log(p / (1 - p)))
      }
    }
    func curve(_ scores: [Float]) throws -> ReliabilityCurve {
      try ReliabilityCurve(scores: scores, labels: test.labels, weights: after)
    }
    // Weights of negative events cannot calibrate.
    let positive = before.map { max($0, 0) }
    let platt = try PlattCalibrator(
      fitting: logits(validation.scores), labels: validation.labels, weights: positive)
    let isotonic = try IsotonicCalibrator(
      fitting: validation.scores, labels: validation.labels, weights: positive)
    return [
      "score": try curve(test.scores), "platt": try curve(platt.probabilities(logits(test.scores))),
      "isotonic": try curve(isotonic.probabilities(test.scores)),
    ]
  }

  private static func ranked(_ importances: [FeatureImportance]) -> [FeatureImportance] {
    importances.sorted { ($0.value, $1.feature) > ($1.value, $0.feature) }
  }
}
