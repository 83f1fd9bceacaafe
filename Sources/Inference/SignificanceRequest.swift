import CoreNumerics
import Foundation
public import Records
public import StatisticalModels

/// The significance of a signal, asked of a workspace file.
public struct SignificanceRequest: Hashable, Codable, Sendable {
  public var source: WorkspaceSource
  public var calculator: CalculatorKind
  /// *(integer, default 2000, above 0)*: toys of each hypothesis.
  public var toys: Int
  public var seed: UInt64
  /// *(fb⁻¹, above 0)*: the integrated luminosity that the workspace was made for; `nil` where it is not known, and
  /// ``luminosities`` are factors of it.
  public var luminosity: Double?
  /// *(fb⁻¹ or factors, above 0)*: where the expected significance is projected to.
  public var luminosities: [Double]

  public init(
    _ source: WorkspaceSource, calculator: CalculatorKind = .asymptotics, toys: Int = 2000, seed: UInt64 = 1,
    luminosity: Double? = nil, luminosities: [Double] = []
  ) {
    self.source = source
    self.calculator = calculator
    self.toys = toys
    self.seed = seed
    self.luminosity = luminosity
    self.luminosities = luminosities
  }

  /// Reads, fits and reports.
  /// - Parameters: as of ``ClsRequest/run(state:workers:progress:cancellation:)``.
  /// - Throws: ``JSONSyntaxError``, ``WorkspaceError``, ``InferenceError``, ``ToyStateError``, ``FileError``,
  ///   `RecordError.cancelled`.
  public func run(
    state: URL? = nil, workers: Int = ProcessInfo.processInfo.activeProcessorCount,
    progress: @escaping ProgressHandler = { _ in }, cancellation: CancellationToken = CancellationToken()
  ) throws -> SignificanceReport {
    let (workspace, digest) = try source.load()
    let model = try Model(workspace, measurement: source.measurement)
    let calculator = try AsymptoticCalculator(model, statistic: .q0)
    let test = try calculator.test(0)
    var toyTest: ToyTest?
    if self.calculator == .toys {
      let request = ClsRequest(source, statistic: .q0, calculator: .toys, toys: toys, seed: seed)
      let report = try request.run(state: state, workers: workers, progress: progress, cancellation: cancellation)
      if case .toys(let outcome) = report.outcome { toyTest = outcome }
    }
    let unit = luminosity ?? 1
    let factors = luminosities.map { $0 / unit }
    let curve = Self.curve(factors)
    let projected = try workspace.projectedSignificance(measurement: source.measurement, at: factors + curve)
    return SignificanceReport(
      request: self, poi: model.poi.map { model.parameters[$0].name } ?? "", test: test, toyTest: toyTest,
      bestMu: calculator.bestMu, projection: Array(projected.prefix(factors.count)),
      curve: Array(projected.dropFirst(factors.count)), version: searchlightVersion, workspaceDigest: digest)
  }

  /// Luminosities for a figure, in equal ratios between the ends.
  private static func curve(_ factors: [Double]) -> [Double] {
    guard let low = factors.min(), let high = factors.max(), low < high else { return [] }
    return (0...32).map { low * pow(high / low, Double($0) / 32) }
  }
}

/// A significance with what it rests on: asymptotic formulae of arXiv:1007.1727 for q₀, and toys where asked for.
public struct SignificanceReport: Hashable, Codable, Sendable {
  public var request: SignificanceRequest
  /// The parameter of interest.
  public var poi: String
  public var test: HypothesisTest
  public var toyTest: ToyTest?
  /// The best fit, at least 0.
  public var bestMu: Double
  /// At the luminosities that were asked for, and at many between their ends.
  public var projection, curve: [ProjectedSignificance]
  public var version: String
  public var workspaceDigest: Digest

  /// Z = √q₀, Eq. (53): exact where p₀ is too small for a number; from toys Φ⁻¹(1 − p₀).
  public var observed: Double {
    toyTest.map { Normal.upperQuantile($0.clsb.value) } ?? test.observedStatistic.squareRoot()
  }
  /// The median for a signal of strength 1.
  public var expected: Double {
    toyTest.map { Normal.upperQuantile($0.expected[2]) } ?? test.asimovStatistic.squareRoot()
  }

  /// p₀ and its expectation at −2σ, −1σ, median, +1σ, +2σ.
  private var p0: (observed: Double, expected: [Double]) {
    toyTest.map { ($0.clsb.value, $0.expected) } ?? (test.clsb, test.expected)
  }

  /// A plain verdict first, then the numbers.
  public var text: String {
    let verdict =
      observed >= 5
      ? "The data are a discovery" : observed >= 3 ? "The data are evidence of a signal" : "The data show no signal"
    let found = sigma(observed, beyond: test.observedStatistic)
    let hoped = sigma(expected, beyond: test.asimovStatistic)
    var lines = [
      "\(verdict): \(found) above the background, where \(poi) = 1 was expected to give \(hoped).", "",
    ]
    if let toyTest {
      lines += [
        "Test of \(poi) = 0 (q0) with \(toyTest.toys) toys of each hypothesis, seed \(request.seed)",
        "  p0         \(number(toyTest.clsb.value)) ± \(number(toyTest.clsb.error))",
        "  asymptotic \(number(test.clsb))",
      ]
    } else {
      lines += ["Asymptotic test of \(poi) = 0 (q0)", "  p0         \(number(test.clsb))"]
    }
    lines += [
      "  Z          \(sigma(observed, beyond: test.observedStatistic))", "  expected for \(poi) = 1",
      "  p0         \(number(p0.expected[2]))   (median)",
      "  ±1 sigma   \(number(p0.expected[1])) … \(number(p0.expected[3]))",
      "  Z          \(sigma(expected, beyond: test.asimovStatistic))", "  best fit   \(number(bestMu))",
    ]
    return (lines + projectionLines).joined(separator: "\n")
  }

  /// No toy as extreme says only that Z is larger than toys can tell.
  private func sigma(_ z: Double, beyond statistic: Double) -> String {
    guard z < .infinity else {
      let least = Normal.upperQuantile(1 / Double(max(1, request.toys)))
      return String(format: "more than %.2f sigma (asymptotically %.3f)", least, statistic.squareRoot())
    }
    // Toys of a deficit all count.
    return String(format: "%.3f sigma", max(0, z))
  }

  private var projectionLines: [String] {
    guard !projection.isEmpty else { return [] }
    let unit = request.luminosity
    let head = ["L" + (unit == nil ? " factor" : " [1/fb]"), "s", "b", "+-", "s/√b", "s/√(s+b)", "Z_A", "Z_A(σb)", "Z"]
    func row(_ cells: [String]) -> String {
      "  " + cells.map { String(repeating: " ", count: max(0, 10 - $0.count)) + $0 }.joined(separator: " ")
    }
    func short(_ value: Double) -> String { value.isFinite ? String(format: "%.4g", value) : "-" }
    return [
      "",
      "Expected significance against luminosity (bins with signal; formulae added in quadrature, Z of the whole fit)",
      row(head),
    ]
      + projection.map { point in
        row(
          [
            point.luminosityFactor * (unit ?? 1), point.signal, point.background, point.backgroundUncertainty,
            point.simple, point.measured, point.exact, point.withUncertainty, point.profile,
          ].map(short))
      } + remark
  }

  /// Where the fit at the workspace's own luminosity went on to a lower minimum than the test's.
  private var remark: [String] {
    guard let own = projection.first(where: { abs($0.luminosityFactor - 1) < 1e-12 }),
      own.profile < test.asimovStatistic.squareRoot() - 1e-4
    else { return [] }
    return [
      "  The likelihood has several minima: that nearest to the fit to the data gives the expected Z above, a lower "
        + "one that of the table."
    ]
  }

  /// `{"p0_obs", "p0_exp": [−2σ, …, +2σ], "Z_obs", "Z_exp", "best_fit", …}`, expectations for a signal of strength 1.
  public var document: JSONValue {
    var members = [
      JSONMember("poi", .string(poi)), JSONMember("p0_obs", finite(p0.observed)),
      JSONMember("p0_exp", numbers(p0.expected)), JSONMember("Z_obs", finite(observed)),
      JSONMember("Z_exp", finite(expected)), JSONMember("best_fit", finite(bestMu)),
      JSONMember("calculator", .string(request.calculator.rawValue)),
    ]
    if let toyTest {
      members += [
        JSONMember("p0_obs_error", finite(toyTest.clsb.error)), JSONMember("toys", .integer(toyTest.toys)),
        JSONMember("seed", .string(String(request.seed))),
      ]
    }
    if !projection.isEmpty { members.append(JSONMember("luminosities", .array(projection.map(document)))) }
    members += [
      JSONMember("workspace_sha256", .string(workspaceDigest.hex)), JSONMember("searchlight", .string(version)),
    ]
    return .object(members)
  }

  private func document(_ point: ProjectedSignificance) -> JSONValue {
    var members = [JSONMember("factor", finite(point.luminosityFactor))]
    if let unit = request.luminosity { members.append(JSONMember("luminosity", finite(point.luminosityFactor * unit))) }
    return .object(
      members + [
        JSONMember("signal", finite(point.signal)), JSONMember("background", finite(point.background)),
        JSONMember("background_uncertainty", finite(point.backgroundUncertainty)),
        JSONMember("Z_simple", finite(point.simple)), JSONMember("Z_measured", finite(point.measured)),
        JSONMember("Z_asimov", finite(point.exact)),
        JSONMember("Z_asimov_uncertainty", finite(point.withUncertainty)), JSONMember("Z_fit", finite(point.profile)),
      ])
  }
}
