import ByteIO
import Foundation
import Histograms
import Inference
import Records
import StatisticalModels

/// What became of a hidden signal.
public struct InjectionResult: Hashable, Codable, Sendable {
  /// The detector (or product, or baseline) and the signal that was hidden.
  public var score: String
  public var signal: String
  /// Signal events for each background event, in all of the selection.
  public var fraction: Double
  /// The same as expected events, and in units of the signal's reference.
  public var events: Double
  public var mu: Double
  /// p-value of the most significant excess in the score's tail, which knows no signal, from background-only toys: of
  /// pseudo-experiments the median and the quantiles of 16 and 84 %.
  public var excess: [Double]
  /// The share of pseudo-experiments whose excess has p < 0.00135, three standard deviations.
  public var foundShare: Double
  /// Discovery p-value of the fit with the signal's shape on the expected data: asymptotic.
  public var fit: Double
  /// The same by toys, with its standard error; absent where toys are too few to see it.
  public var fitToys: [Double]?

  enum CodingKeys: String, CodingKey {
    case score, signal, fraction, events, mu
    case excess = "excess_p_values"
    case foundShare = "found_share"
    case fit = "fit_p0"
    case fitToys = "fit_p0_toys"
  }
}

/// Hides signals in pseudo-data and looks for them with one score.
struct InjectionTest: Sendable {
  let score: String
  let settings: SearchCard.Injection
  let excess: TailExcess
  /// The background's expected events in all.
  let total: Double
  let seed: SeedTree

  /// The three standard deviations of "found".
  static let evidence = 0.00135

  /// - Parameters:
  ///   - background: levels and weights of the held-out background.
  ///   - seed: of the card's `injection` node.
  init(
    score: String, _ settings: SearchCard.Injection, background: WeightedValues, floors: FitBinning, seed: SeedTree
  ) throws {
    self.score = score
    self.settings = settings
    excess = try TailExcess(background, floors: floors)
    total = background.weights.reduce(0, +)
    self.seed = seed.child(score)
  }

  func backgroundToys() -> [Double] {
    excess.statistics(
      signal: excess.background.map { _ in 0 }, count: settings.toys, seed: seed.child("background"))
  }

  /// - Parameters:
  ///   - signal: levels and weights at μ = 1 of the held-out signal.
  ///   - toys: of ``backgroundToys()``.
  ///   - workspace: the fit of the score to the signal.
  func run(
    _ name: String, fraction: Double, signal: WeightedValues, toys: [Double], workspace: Workspace
  ) throws -> InjectionResult {
    let unit = signal.weights.reduce(0, +)
    let mu = fraction * total / unit
    let hidden = try signal.histogram(Axis(edges: excess.edges)).sumW.map { $0 * mu }
    let node = seed.child(name).child("\(fraction)")
    let p = excess.statistics(signal: hidden, count: settings.experiments, seed: node.child("data"))
      .map { TailExcess.pValue($0, among: toys) }.sorted()
    func quantile(_ share: Double) -> Double { p[min(p.count - 1, Int(share * Double(p.count)))] }
    let fit = try discovery(Model(workspace), mu: mu, seed: node.child("fit"))
    return InjectionResult(
      score: score, signal: name, fraction: fraction, events: fraction * total, mu: mu,
      excess: [quantile(0.5), quantile(0.16), quantile(0.84)],
      foundShare: Double(p.count { $0 < Self.evidence }) / Double(p.count), fit: fit.asymptotic, fitToys: fit.toys)
  }

  private func discovery(_ model: Model, mu: Double, seed: SeedTree) throws -> (asymptotic: Double, toys: [Double]?) {
    let data = try model.initialAsimovData(mu: mu)
    let asymptotic = try AsymptoticCalculator(model, data: data, statistic: .q0).test(0).clsb
    guard settings.fitToys > 0, asymptotic * Double(settings.fitToys) >= 5 else { return (asymptotic, nil) }
    let p0 = try ToyCalculator(model, data: data, statistic: .q0, seed: seed, workers: 1)
      .test(0, toys: settings.fitToys).clsb
    return (asymptotic, [p0.value, p0.error])
  }
}
