import Foundation
import Inference
import StatisticalModels
import TestSupport
import Testing

/// pyhf's validation models and interpolation codes by pyhf with patient optimisers (`Tests/Reference/pyhf/make_tables.py`).
@Suite("pyhf's validation models, converged")
struct ConvergedTablesTests {
  struct Table: Decodable {
    struct Row: Decodable {
      var alpha: Double
      var expected: [Double]
    }
    var statistic: String
    var codes: [String: String]
    var CLs: Double?
    var limits: [Double]?
    var expected_events: [Row]?
  }

  private static let url = referenceURL("pyhf/tables.json")

  static let names = ((try? JSONValue.parse(Data(contentsOf: url), file: "tables")).flatMap(keys) ?? [])
    .filter { $0 != "versions" }

  private static func keys(_ value: JSONValue) -> [String]? {
    guard case .object(let members) = value else { return nil }
    return members.map(\.key)
  }

  private func load(_ name: String) throws -> (table: Table, model: Model) {
    let all = try #require(try JSONValue.parse(Data(contentsOf: Self.url), file: "tables")[name])
    let table = try JSONDecoder().decode(Table.self, from: Data(all.text().utf8))
    let known: [String: Interpolation] = [
      "code0": .piecewiseLinear, "code1": .piecewiseExponential, "code2": .quadratic, "code4": .polynomialExponential,
      "code4p": .polynomialLinear,
    ]
    let codes = InterpolationCodes(
      normsys: try #require(known[table.codes["normsys"] ?? ""]),
      histosys: try #require(known[table.codes["histosys"] ?? ""]))
    return (table, try Model(Workspace(try #require(all["workspace"]), file: name), codes: codes))
  }

  @Test("all tables are there")
  func complete() { #expect(Self.names.count == 19) }

  // MINUIT's numerical gradients leave 1e-8 or so on −2 ln L, and CLs half of its root's error.
  @Test("CLs to 2e-6, limits to 1e-5", arguments: names.filter { !$0.hasPrefix("codes") })
  func numbers(_ name: String) throws {
    let (table, model) = try load(name)
    let calculator = try AsymptoticCalculator(model, statistic: try #require(TestStatistic(rawValue: table.statistic)))
    let test = try calculator.test(1)
    let cls = try #require(table.CLs)
    #expect(abs(test.cls - cls) < 2e-6, "\(test.cls), pyhf \(cls)")
    guard let limits = table.limits else { return }
    let limit = try calculator.upperLimit()
    #expect(limits.count == 6)
    for (ours, theirs) in zip([limit.observed] + limit.expected, limits) {
      #expect(abs(ours / theirs - 1) < 1e-5, "\(ours), pyhf \(theirs)")
    }
  }

  @Test(
    "expected events of every pair of codes, inside and outside ±1σ", arguments: names.filter { $0.hasPrefix("codes") })
  func interpolation(_ name: String) throws {
    let (table, model) = try load(name)
    let rows = try #require(table.expected_events)
    #expect(rows.count == 7)
    for row in rows {
      // Beyond ±1 pyhf's code 2 lacks the shift at ±1 and jumps there; ROOT's and this one go on from it.
      if table.codes["histosys"] == "code2", abs(0.5 * row.alpha) > 1 { continue }
      var point = [Double](repeating: 0, count: 3)
      point[try #require(model.index(of: "mu"))] = 0.7
      point[try #require(model.index(of: "norm"))] = row.alpha
      point[try #require(model.index(of: "tilt"))] = -0.5 * row.alpha
      for (ours, theirs) in zip(model.asimovData(at: point).main, row.expected) {
        #expect(abs(ours - theirs) < 1e-12 * theirs, "α = \(row.alpha): \(ours), pyhf \(theirs)")
      }
    }
  }
}
