import CoreNumerics
import Foundation
import Inference
import StatisticalModels
import TestSupport
import Testing

/// Fits with pyhf's likelihood and MINUIT (`Tests/Reference/pyhf/make_fits.py`).
@Suite("Fits, intervals and impacts are MINUIT's")
struct FitReferenceTests {
  struct Answers: Decodable {
    struct Held: Decodable { var name: String, value: Double, poi: Double }
    struct Entry: Decodable {
      var values, uncertainties: [String: Double]
      var correlations: [String: Double]?
      var intervals: [String: [[Double]]]
      var held: [Held]?
    }
    var workspaces: [String: Entry]
  }

  static let files = ["workspace_twenty_bins.json", "workspace_all_modifiers.json"]

  private func answers(_ file: String) throws -> Answers.Entry {
    let all = try JSONDecoder().decode(Answers.self, from: Data(contentsOf: referenceURL("pyhf/fits.json")))
    return try #require(all.workspaces[file])
  }

  private func source(_ file: String) -> WorkspaceSource { WorkspaceSource(workspace: referenceURL("pyhf/\(file)")) }

  // MINUIT stops at an estimated distance of 1e-7: 3e-4 of an uncertainty. Its bounds bend its Hessian a little.
  @Test(arguments: files)
  func valuesAndUncertainties(_ file: String) throws {
    let reference = try answers(file)
    let report = try FitRequest(source(file)).run()
    #expect(report.fit.parameters.count == reference.values.count)
    for parameter in report.fit.parameters {
      let theirs = try #require(reference.values[parameter.name])
      let sigma = reference.uncertainties[parameter.name] ?? 1
      #expect(abs(parameter.value - theirs) < 1e-3 * sigma, "\(parameter) \(theirs)")
      if parameter.state == .free, parameter.name != report.poi {
        #expect(abs((parameter.uncertainty ?? .nan) / sigma - 1) < 0.01, "\(parameter) \(sigma)")
      }
    }
    for (pair, theirs) in reference.correlations ?? [:] {
      let names = pair.split(separator: " ").map(String.init)
      let ours = try #require(report.correlations?[names[0], names[1]])
      #expect(abs(ours - theirs) < 2e-3, "\(pair): \(ours), MINUIT \(theirs)")
    }
    let condition = try #require(report.fit.conditioning)
    #expect(condition >= 1 && condition < 1e6 && report.fit.minimizer.status == .converged)
  }

  // Minos's own tolerance is a hundredth of a standard deviation's rise or so.
  @Test(arguments: files)
  func intervals(_ file: String) throws {
    for (name, theirs) in try answers(file).intervals {
      let report = try ScanRequest(source(file), axes: [.init(name, count: 5)]).run()
      guard case .line(let scan, let ours) = report.outcome else {
        Issue.record("a plane")
        return
      }
      #expect(scan.points.count == 5)
      for (a, b) in zip(ours, theirs) {
        let width = b[1] - b[0]
        #expect(abs(a.lower.value - b[0]) < 1e-3 * width && abs(a.upper.value - b[1]) < 1e-3 * width, "\(a) \(b)")
        #expect(a.lower.isBound == (name == "mu") && !a.upper.isBound)
      }
    }
  }

  @Test func impactsAreFitsWithAParameterHeld() throws {
    let file = "workspace_all_modifiers.json"
    let reference = try answers(file)
    let report = try RankRequest(source(file)).run()
    let best = try #require(report.best?.value)
    let held = try #require(reference.held)
    #expect(held.count == 8)
    for answer in held {
      let impact = try #require(report.ranking.impacts.first { $0.name == answer.name })
      let ours = answer.value > impact.value ? impact.up : impact.down
      #expect(abs(best + ours - answer.poi) < 1e-3, "\(answer) \(impact)")
    }
    #expect(report.text.hasPrefix("stat_SR[1] moves mu = 0.13836 ± 0.83322 most"))
  }
}

@Suite("Scans of workspace files")
struct ScanRequestTests {
  private func write(_ workspace: Workspace, to folder: URL) throws -> WorkspaceSource {
    let url = folder.appendingPathComponent("workspace.json")
    try workspace.write(to: url)
    return WorkspaceSource(workspace: url)
  }

  private func counting(observed: Double) -> Workspace {
    SmallModels.workspace([
      ("SR", [SmallModels.signal([10]), .init(name: "background", data: [50])], [observed])
    ])
  }

  /// One bin: 2[ν − n + n ln(n/ν)] is the level at both ends.
  @Test func intervalsReachTheirLevel() throws {
    try withTemporaryFolder { folder in
      let report = try ScanRequest(write(counting(observed: 62), to: folder), axes: [.init("mu", count: 7)]).run()
      guard case .line(_, let intervals) = report.outcome else {
        Issue.record("a plane")
        return
      }
      for end in [intervals[0].lower.value, intervals[0].upper.value] {
        let nu = 50 + 10 * end
        #expect(abs(2 * (nu - 62 + 62 * log(62 / nu)) - 1) < 1e-6)
      }
      #expect(report.text.hasPrefix("mu = 1.2, in ["))
      #expect(report.document["intervals"] != nil)
    }
  }

  /// Two independent channels: the contour is where the sum of two one-parameter curves has the level.
  @Test func contoursOfIndependentParameters() throws {
    try withTemporaryFolder { folder in
      func channel(_ name: String, _ poi: String, _ observed: Double) -> (String, [Workspace.Sample], [Double]) {
        let sample = Workspace.Sample(
          name: "s", data: [100], modifiers: [.init(name: poi, kind: .normfactor)])
        return (name, [sample], [observed])
      }
      let workspace = SmallModels.workspace([channel("A", "mu", 100), channel("B", "nu", 400)])
      let report = try ScanRequest(
        write(workspace, to: folder),
        axes: [.init("mu", range: 0.6...1.5, count: 61), .init("nu", range: 3.2...4.9, count: 61)]
      ).run()
      func curve(_ n: Double, _ nu: Double) -> Double { 2 * (nu - n + n * log(n / nu)) }
      for (level, lines) in zip(ScanReport.twoParameterLevels, report.contours) {
        #expect(lines.count == 1)
        let line = try #require(lines.first)
        #expect(line.first == line.last && line.count > 40)
        for point in line {
          let value = curve(100, 100 * point.x) + curve(400, 100 * point.y)
          #expect(abs(value - level.twiceDeltaNLL) < 0.03 * level.twiceDeltaNLL, "\(point) \(value)")
        }
      }
      #expect(abs(ScanReport.twoParameterLevels[1].twiceDeltaNLL - 5.991_464_547_107_979) < 1e-12)
    }
  }

  @Test func scansThatCannotBeMadeAreErrors() throws {
    try withTemporaryFolder { folder in
      let source = try write(counting(observed: 62), to: folder)
      #expect(throws: UnknownParameterError.self) { try ScanRequest(source, axes: [.init("nu", count: 5)]).run() }
      #expect(throws: ScanError.self) {
        try ScanRequest(source, axes: [.init("mu", range: -1...1, count: 5)]).run()
      }
      #expect(throws: ScanError.self) {
        try ScanRequest(source, axes: [.init("mu", count: 5), .init("mu", count: 5)]).run()
      }
    }
    let all = WorkspaceSource(workspace: referenceURL("pyhf/workspace_all_modifiers.json"))
    #expect(throws: ScanError.self) { try ScanRequest(all, axes: [.init("off", count: 5)]).run() }
  }
}
