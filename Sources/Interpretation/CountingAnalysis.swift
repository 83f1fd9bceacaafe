import CoreNumerics
import Foundation
import Learning

/// A search that counts events behind a cut on a score: what it expects, and what an excess would be worth.
///
/// Cuts are chosen on validation events, and what passes them is measured on test events. Signals are taken at their nominal strength.
public struct CountingAnalysis: Sendable {
  /// Their weights add up to expected events at ``luminosity``.
  public let validation, test: ScoreCuts
  /// In fb⁻¹.
  public let luminosity: Double
  /// N_eff of the background that a chosen cut leaves at least, among validation events: with less its number is not known.
  public let minimumEffective: Double

  public init(validation: ScoreCuts, test: ScoreCuts, luminosity: Double, minimumEffective: Double = 10) {
    precondition(luminosity > 0, "need a luminosity above 0, got \(luminosity)")
    self.validation = validation
    self.test = test
    self.luminosity = luminosity
    self.minimumEffective = minimumEffective
  }

  /// What is expected behind a cut; significances in σ, nil where they are no numbers (without background).
  public struct Point: Hashable, Codable, Sendable {
    /// In fb⁻¹.
    public var luminosity: Double
    /// δ: the background is known to ± δ b.
    public var systematic: Double
    public var threshold: Float
    public var signalEfficiency: Estimate
    /// Expected events, with the statistical uncertainties of simulation.
    public var signal, background: Estimate
    /// N_eff of the simulated background.
    public var effectiveBackground: Double
    /// Asimov significance with the background known exactly, and known to ± δ b.
    public var asimov, asimovWithSystematic: Double?
    /// s/√b.
    public var simple: Double?
    /// s/√(s + b + (δb)²).
    public var measured: Double?

    enum CodingKeys: String, CodingKey {
      case threshold, luminosity, systematic, signal, background, asimov, simple, measured
      case signalEfficiency = "signal_efficiency"
      case effectiveBackground = "effective_background"
      case asimovWithSystematic = "asimov_with_systematic"
    }
  }

  /// Test events behind a cut.
  public func point(threshold: Float, luminosity: Double? = nil, systematic: Double = 0) -> Point {
    let luminosity = luminosity ?? self.luminosity
    let index = test.index(of: threshold), factor = luminosity / self.luminosity
    let (s, b) = (test.signal[index].scaled(by: factor), test.background[index].scaled(by: factor))
    let sigma = systematic * b.sum
    func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }
    return Point(
      luminosity: luminosity, systematic: systematic, threshold: threshold,
      signalEfficiency: test.signalEfficiency(index),
      signal: Estimate(value: s.sum, uncertainty: s.uncertainty),
      background: Estimate(value: b.sum, uncertainty: b.uncertainty), effectiveBackground: b.effectiveCount,
      asimov: finite(Significance.asimov(signal: s.sum, background: b.sum)),
      asimovWithSystematic: finite(
        Significance.asimov(signal: s.sum, background: b.sum, backgroundUncertainty: sigma)),
      simple: finite(Significance.simple(signal: s.sum, background: b.sum)),
      measured: finite(Significance.measured(signal: s.sum, background: b.sum, backgroundUncertainty: sigma)))
  }

  /// Cuts that keep 1 %, 2 %, … of the signal's validation events, the tightest first.
  private var candidates: [Int] {
    var found: [Int] = []
    var index = 0
    for percent in 1...100 {
      let least = Double(percent) / 100 * validation.totalSignal.sum * (1 - 1e-12)
      while index < validation.thresholds.count - 1, validation.signal[index].sum < least { index += 1 }
      if found.last != index { found.append(index) }
    }
    return found
  }

  /// The cut with the largest Asimov significance among validation events, of those that leave enough background; the loosest where
  /// none does.
  public func bestThreshold(
    luminosity: Double? = nil, systematic: Double = 0, minimumEffective: Double? = nil
  ) -> Float {
    let factor = (luminosity ?? self.luminosity) / self.luminosity
    let floor = minimumEffective ?? self.minimumEffective
    var best = (threshold: validation.thresholds[validation.thresholds.count - 1], significance: -1.0)
    for index in candidates where validation.background[index].effectiveCount >= floor {
      let s = factor * validation.signal[index].sum, b = factor * validation.background[index].sum
      let z = Significance.asimov(signal: s, background: b, backgroundUncertainty: systematic * b)
      if z > best.significance { best = (validation.thresholds[index], z) }
    }
    return best.threshold
  }

  /// Cuts that keep 1 to 100 % of the validation signal, as far as test events leave an N_eff of the background of ``minimumEffective``.
  public func thresholdScan(systematic: Double = 0) -> [Point] {
    candidates.map { point(threshold: validation.thresholds[$0], systematic: systematic) }
      .filter { $0.effectiveBackground >= minimumEffective }
  }

  /// At these luminosities (fb⁻¹), behind the cut that is best at ``luminosity`` without a systematic uncertainty.
  public func luminosityScan(_ luminosities: [Double], systematic: Double = 0) -> [Point] {
    let threshold = bestThreshold()
    return luminosities.map { point(threshold: threshold, luminosity: $0, systematic: systematic) }
  }

  /// At these relative uncertainties of the background: behind the cut that is best without any, or one chosen anew for each.
  public func systematicScan(_ systematics: [Double], choosesAnew: Bool = false) -> [Point] {
    let fixed = bestThreshold()
    return systematics.map { systematic in
      point(threshold: choosesAnew ? bestThreshold(systematic: systematic) : fixed, systematic: systematic)
    }
  }
}
