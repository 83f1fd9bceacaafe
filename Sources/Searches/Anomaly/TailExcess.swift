import CoreNumerics
import Foundation
import Histograms
import Records

/// A search for an excess of anomalous events that knows no signal: counts above each of some thresholds on a score are compared
/// with the background that simulation expects there, and the most significant excess is the result.
///
/// Thresholds lie at fixed tail probabilities of the background, 0.5, 0.2, 0.1, 0.05, …, as far as the simulated background
/// bears them. How often the background alone gives as much is read from toys, which looks everywhere that the search looks.
struct TailExcess: Sendable {
  let edges: [Double]
  /// Expected background by bin, and its statistical uncertainty in simulation.
  let background: [Double]
  let uncertainty: [Double]

  /// - Parameter events: levels and weights of the background that pseudo-data are drawn from.
  /// - Throws: ``FitBinningError``.
  init(_ events: WeightedValues, floors: FitBinning) throws {
    let top = (events.values.max() ?? 0).rounded(.up) + 1
    let candidates = (0..<18).map { step in -log10([0.5, 0.2, 0.1][step % 3] * pow(0.1, Double(step / 3))) }
    edges = try floors.edges(candidates: candidates.filter { $0 < top }, background: events, range: 0...top)
    let histogram = try events.histogram(Axis(edges: edges))
    background = histogram.sumW
    uncertainty = histogram.errors
  }

  init(edges: [Double], background: [Double], uncertainty: [Double]) {
    self.edges = edges
    self.background = background
    self.uncertainty = uncertainty
  }

  /// The largest significance of an excess above any threshold; 0 where there is none. Each is that of a counting experiment
  /// with an uncertain background, `Significance.asimov` with s = n − b. The total, which no threshold cuts, is left out.
  func statistic(_ counts: [Double]) -> Double {
    var best = 0.0
    var (n, b, variance) = (0.0, 0.0, 0.0)
    for bin in counts.indices.reversed() where bin > 0 {
      n += counts[bin]
      b += background[bin]
      variance += uncertainty[bin] * uncertainty[bin]
      guard n > b, b > 0 else { continue }
      best = max(
        best, Significance.asimov(signal: n - b, background: b, backgroundUncertainty: variance.squareRoot()))
    }
    return best
  }

  /// One experiment. Nature's background differs from the simulated one as far as simulation is uncertain: each bin's
  /// expectation is b k/N with k drawn from a Poisson law of mean N, the bin's effective number of simulated events.
  func experiment(signal: [Double], _ random: inout RandomStream) -> [Double] {
    background.indices.map { bin in
      var expected = background[bin]
      if uncertainty[bin] > 0 {
        let effective = pow(background[bin] / uncertainty[bin], 2)
        expected *= random.poisson(mean: effective) / effective
      }
      return random.poisson(mean: expected + signal[bin])
    }
  }

  /// The statistic of experiments, rising; experiment i depends on the seed and i only.
  func statistics(signal: [Double], count: Int, seed: SeedTree) -> [Double] {
    (0..<count).map { index in
      var random = seed.stream(UInt64(index))
      return statistic(experiment(signal: signal, &random))
    }.sorted()
  }

  /// The share of background-only experiments with as much, counting the tested one among them, so that it is never 0.
  static func pValue(_ statistic: Double, among toys: [Double]) -> Double {
    var low = 0, high = toys.count
    while low < high {
      let middle = (low + high) / 2
      if toys[middle] < statistic { low = middle + 1 } else { high = middle }
    }
    return Double(toys.count - low + 1) / Double(toys.count + 1)
  }
}
