import CoreNumerics
import Foundation
import Inference
import StatisticalModels
import TestSupport
import Testing

@Suite("Significance against luminosity")
struct ProjectionTests {
  /// A Poisson measurement of the background is what Cowan's formula was derived for: formula and fit are the same number, at
  /// all luminosities. REFERENCES for 1 times: (s, b, σ) = (50, 100, 10).
  @Test func cowansFormulaIsTheFit() throws {
    let workspace = SmallModels.uncorrelated(signal: [50], background: [100], errors: [10], observed: [150])
    let points = try workspace.projectedSignificance(at: [0.1, 1, 20])
    for point in points {
      let f = point.luminosityFactor
      #expect(abs(point.signal - 50 * f) < 1e-6 * f && abs(point.background - 100 * f) < 1e-6 * f)
      #expect(abs(point.backgroundUncertainty - 10 * f) < 1e-6 * f)
      #expect(abs(point.profile / point.withUncertainty - 1) < 1e-6, "\(point)")
      #expect(abs(point.simple - 5 * f.squareRoot()) < 1e-6)
      #expect(abs(point.measured - 50 / 150.0.squareRoot() * f.squareRoot()) < 1e-6)
    }
    #expect(abs(points[1].withUncertainty - 3.172_972_860_8) < 1e-8)
  }

  /// Without uncertainties Z is that of Eq. (97), and grows with √L.
  @Test func binsAddInQuadrature() throws {
    let workspace = SmallModels.workspace([
      ("SR", [SmallModels.signal([5, 9, 0]), .init(name: "b", data: [20, 40, 7])], [25, 49, 7])
    ])
    for point in try workspace.projectedSignificance(at: [1, 9]) {
      let one = pow(Significance.asimov(signal: 5, background: 20), 2)
      let two = pow(Significance.asimov(signal: 9, background: 40), 2)
      let z = ((one + two) * point.luminosityFactor).squareRoot()
      #expect(abs(point.exact / z - 1) < 1e-9 && abs(point.profile / z - 1) < 1e-9)
      // The bin without signal does not count.
      #expect(abs(point.background - 60 * point.luminosityFactor) < 1e-9)
    }
  }

  /// At its own luminosity the projection is the test's expectation; it never falls.
  @Test func theWorkspacesOwnLuminosity() throws {
    let source = WorkspaceSource(workspace: referenceURL("pyhf/workspace_twenty_bins.json"))
    let request = SignificanceRequest(source, luminosity: 139, luminosities: [13.9, 139, 3000])
    let report = try request.run()
    #expect(abs(report.projection[1].profile - report.expected) < 1e-6)
    #expect(zip(report.curve, report.curve.dropFirst()).allSatisfy { $0.profile < $1.profile })
    #expect(report.curve.count == 33 && report.text.contains("L [1/fb]"))
    guard case .array(let rows)? = report.document["luminosities"] else { throw CocoaError(.coderInvalidValue) }
    #expect(rows.count == 3 && rows[0]["luminosity"] == .number(13.9))
  }

  /// One event there is a discovery: no luminosity has a finite significance.
  @Test func signalWithoutBackgroundIsAnError() throws {
    let workspace = SmallModels.workspace([
      ("SR", [SmallModels.signal([5, 2]), .init(name: "b", data: [20, 0])], [25, 0])
    ])
    #expect(throws: InferenceError.self) { try workspace.projectedSignificance(at: [1]) }
  }

  @Test func toysOfADiscovery() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("workspace.json")
      try SmallModels.workspace([("SR", [SmallModels.signal([5]), .init(name: "b", data: [3])], [8])]).write(to: url)
      let request = SignificanceRequest(WorkspaceSource(workspace: url), calculator: .toys, toys: 4000, seed: 4)
      let report = try request.run()
      // P(n ≥ 8 | 3).
      let p0 = 1 - (0...7).reduce(0.0) { $0 + exp(Double($1) * log(3) - 3 - lgamma(Double($1) + 1)) }
      let toys = try #require(report.toyTest)
      #expect(abs(toys.clsb.value - p0) < 4 * toys.clsb.error)
      #expect(report.observed == Normal.upperQuantile(toys.clsb.value))
      #expect(report.text.contains("4000 toys") && report.document["toys"] == .integer(4000))
    }
  }

  /// Luminosity multiplies events; relative uncertainties, and so all constraints, stay.
  @Test func luminosityScalesEventsOnly() throws {
    let workspace = try ReferenceWorkspaces.allModifiers()
    let (model, scaled) = (try Model(workspace), try Model(workspace.scaled(by: 7.5)))
    #expect(scaled.parameters.map(\.name) == model.parameters.map(\.name))
    for (a, b) in zip(model.parameters, scaled.parameters) {
      switch (a.constraint, b.constraint) {
      case (.free, .free): break
      case (.gaussian(let centre, let sigma), .gaussian(let other, let width)):
        #expect(centre == other && abs(width / sigma - 1) < 1e-12)
      case (.poisson(let count, let factor), .poisson(let other, let rate)):
        #expect(abs(other / count - 1) < 1e-12 && abs(rate / factor - 1) < 1e-12)
      default: Issue.record("\(a) \(b)")
      }
    }
    let point = model.parameters.enumerated().map { $1.isFixed ? $1.initial : $1.initial + 0.1 * sin(Double($0)) }
    for (a, b) in zip(model.asimovData(at: point).main, scaled.asimovData(at: point).main) {
      #expect(abs(b - 7.5 * a) <= 1e-10 * abs(b))
    }
    #expect(zip(model.observed, scaled.observed).allSatisfy { $1 == 7.5 * $0 })
  }
}
