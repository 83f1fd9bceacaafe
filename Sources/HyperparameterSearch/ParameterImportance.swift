import CoreNumerics
import Foundation
import Records

/// How much each parameter of a space has to do with the results of its trials: Sobol' indices of the Gaussian process through them.
///
/// The process is that of ``BayesianSearch``; the indices are those of its mean over the whole space, every parameter uniform in its unit
/// coordinate and independent of the others (A. Saltelli et al., Comput. Phys. Commun. 181 (2010) 259, table 2, estimators (b) and (f)).
/// A conditional parameter moves results only where it is active. What they are worth depends on how well the process knows the
/// function: see ``predictivity``.
public struct ParameterImportances: Hashable, Codable, Sendable {
  public struct Share: Hashable, Codable, Sendable {
    public var parameter: String
    /// Var(E[f | x]) / Var f: by itself. 0 … 1, but for the error of a Monte Carlo sum, about 0.01.
    public var main: Double
    /// E[Var(f | all but x)] / Var f: with what it does together with others. The sum over parameters is 1 or more.
    public var total: Double
  }

  /// The largest total first.
  public var shares: [Share]
  /// The part of the results' variance that the process predicts of a trial that it has not seen, by leaving out each in turn: 1 is all;
  /// around 0 or below, the shares mean nothing.
  public var predictivity: Double

  /// Fewer complete trials than this say nothing.
  public static let fewestTrials = 8

  /// - Returns: nil with fewer than ``fewestTrials`` complete trials, or if all results are the same.
  public init?(of trials: [Trial], in space: SearchSpace, direction: SearchDirection, draws: Int = 4096) {
    let known = BayesianSearch(maximumTrials: 400)
      .observations(trials.filter { $0.status == .complete }, direction)
    let costs = known.map(\.cost)
    guard known.count >= Self.fewestTrials, Set(costs).count > 1,
      let process = GaussianProcess(
        inputs: known.map { space.features(of: $0.point) }, targets: costs, owners: space.featureOwners)
    else { return nil }
    predictivity = process.leaveOneOutPredictivity(targets: costs)
    let count = space.parameters.count
    var random = SeedTree(root: 0).child("importance").stream()
    func points() -> [[Double]] { (0..<draws).map { _ in (0..<count).map { _ in random.uniform() } } }
    func values(_ units: [[Double]]) -> [Double] {
      units.map { process.mean(at: space.features(of: space.point(atUnit: $0))) }
    }
    let (a, b) = (points(), points())
    var (fa, fb) = (values(a), values(b))
    let all = fa + fb
    let mean = all.reduce(0, +) / Double(all.count)
    let variance = all.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(all.count)
    fa = fa.map { $0 - mean }
    fb = fb.map { $0 - mean }
    shares = space.parameters.enumerated().map { index, parameter in
      let mixed = zip(a, b).map { a, b in
        var unit = a
        unit[index] = b[index]
        return unit
      }
      let fm = values(mixed).map { $0 - mean }
      guard variance > 0 else { return Share(parameter: parameter.name, main: 0, total: 0) }
      var (main, total) = (0.0, 0.0)
      for j in 0..<draws {
        main += fb[j] * (fm[j] - fa[j])
        total += 0.5 * (fa[j] - fm[j]) * (fa[j] - fm[j])
      }
      let scale = 1 / (Double(draws) * variance)
      return Share(parameter: parameter.name, main: max(0, main * scale), total: total * scale)
    }
    .sorted { $0.total > $1.total }
  }
}
