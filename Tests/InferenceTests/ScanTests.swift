import CoreNumerics
import Foundation
import Inference
import Records
import StatisticalModels
import Testing

@Suite("Scans, rankings, correlations, goodness of fit")
struct ScanTests {
  private func counting(signal: Double, background: Double, observed: Double) throws -> Model {
    try Model(
      SmallModels.workspace([
        ("SR", [SmallModels.signal([signal]), .init(name: "background", data: [background])], [observed])
      ]))
  }

  /// One bin: −2 ln λ(μ) = 2[ν − n + n ln(n/ν)].
  @Test func oneBinFollowsTheFormula() throws {
    let model = try counting(signal: 10, background: 50, observed: 58)
    let scan = try model.profileScan(of: "mu", at: [0, 0.4, 0.8, 1.2, 1.6, 2, 2.4])
    #expect(abs(scan.best - 0.8) < 1e-7)
    for point in scan.points {
      let nu = 10 * point.value + 50
      #expect(abs(point.twiceDeltaNLL - 2 * (nu - 58 + 58 * log(58 / nu))) < 1e-9)
    }
    let (below, above) = scan.crossings()
    let width = 58.0.squareRoot() / 10
    let (low, high) = (try #require(below), try #require(above))
    #expect(abs(low - (0.8 - width)) < 0.05 && abs(high - (0.8 + width)) < 0.05)
    #expect(scan.crossings(level: 100).below == nil)
  }

  @Test func aGridsValleyIsTheScan() throws {
    let model = try Model(ReferenceWorkspaces.twentyBins())
    let mus = [0.2, 0.8, 1.4]
    let scan = try model.profileScan(of: "mu", at: mus)
    let fine = stride(from: -1.5, through: 1.5, by: 0.05).map { $0 }
    let grid = try model.profileGrid(of: "mu", at: mus, and: "xs_ttbar", at: fine)
    for (column, point) in scan.points.enumerated() {
      let lowest = try #require(grid.twiceDeltaNLL.map { $0[column] }.min())
      #expect(lowest >= point.twiceDeltaNLL - 1e-9 && lowest - point.twiceDeltaNLL < 0.01)
    }
  }

  /// In the quadratic limit the impact of θ is cov(μ, θ)/σ_θ = ρ σ_μ.
  @Test func impactsAreCovariancesWhereEverythingIsGaussian() throws {
    let model = try Model(ReferenceWorkspaces.twentyBins())
    let data = model.asimovData(at: model.parameters.map { $0.name == "mu" ? 1 : $0.initial })
    let ranking = try model.ranking(data: data)
    let correlations = try #require(try model.correlations(data: data))
    let sigma = try #require(ranking.fit.parameters.first { $0.name == "mu" }?.uncertainty)
    #expect(
      zip(ranking.impacts, ranking.impacts.dropFirst()).allSatisfy {
        max(abs($0.up), abs($0.down)) >= max(abs($1.up), abs($1.down))
      })
    for impact in ranking.impacts.prefix(8) {
      let expected = try #require(correlations["mu", impact.name]) * sigma
      #expect(abs((impact.up - impact.down) / 2 - expected) < 0.05 * abs(expected), "\(impact) \(expected)")
    }
    // Asimov data pull nothing and constrain a little.
    for impact in ranking.impacts {
      if let pull = impact.pull { #expect(abs(pull) < 1e-4, "\(impact)") }
      if let constraint = impact.constraint { #expect(constraint < 1.001) }
    }
    #expect(correlations["mu", "mu"].map { abs($0 - 1) < 1e-12 } == true)
  }

  @Test func goodnessOfFitHasItsDistribution() throws {
    let model = try Model(ReferenceWorkspaces.twentyBins())
    let asimov = try model.goodnessOfFit(data: model.asimovData(at: model.parameters.map(\.initial)))
    #expect(asimov.deviance < 1e-8 && asimov.pValue > 0.999_999)
    // 20 bins and every constraint's measurement, less the parameters: 20 − 1.
    #expect(asimov.degreesOfFreedom == 19)
    var wrong = model.data
    wrong.main[3] *= 3
    #expect(try model.goodnessOfFit(data: wrong).pValue < 1e-4)
  }

  /// scipy.stats.chi2.sf of SciPy 1.17.1.
  @Test(arguments: [
    (1.0, 1, 0.317_310_507_862_911_15), (3.841_458_820_694_124, 1, 0.049_999_999_999_999_89),
    (18.307_038_053_275_146, 10, 0.050_000_000_000_000_05), (0.5, 7, 0.999_446_481_390_424_9),
    (250, 200, 0.009_379_131_668_826_098), (300, 30, 2.648_048_485_630_84e-46),
  ])
  func chiSquare(value: Double, degrees: Int, expected: Double) {
    let tail = ChiSquare.upperTail(value, degreesOfFreedom: degrees)
    #expect(abs(tail / expected - 1) < 1e-11, "\(tail)")
  }

  @Test func unknownParametersAreNamed() throws {
    let model = try counting(signal: 10, background: 50, observed: 58)
    #expect(throws: UnknownParameterError.self) { try model.profileScan(of: "nu", at: [1]) }
  }
}
