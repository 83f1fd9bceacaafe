import CoreNumerics
import Foundation
import Inference
import Records
import StatisticalModels
import TestSupport
import Testing

@Suite("Grids of signals")
struct GridTests {
  /// A background of two bins, and a patch a signal: `s(x, y)` events in the first bin, half as many in the second.
  private func write(
    _ places: [(name: String, x: JSONValue, y: JSONValue, signal: [Double])], to folder: URL, digest: String? = nil
  ) throws -> GridRequest {
    let background = SmallModels.workspace([
      (
        "SR",
        [
          .init(
            name: "background", data: [50, 30],
            modifiers: [.init(name: "scale", kind: .normsys(low: 0.9, high: 1.1))])
        ], [52, 28]
      )
    ])
    let workspace = folder.appendingPathComponent("background.json")
    try background.write(to: workspace)
    let document = try JSONValue.parse(Data(contentsOf: workspace), file: "background.json")
    let patches = places.map { place in
      JSONValue.object([
        JSONMember(
          "metadata",
          .object([JSONMember("name", .string(place.name)), JSONMember("values", .array([place.x, place.y]))])),
        JSONMember(
          "patch",
          .array([
            .object([
              JSONMember("op", .string("add")), JSONMember("path", .string("/channels/0/samples/1")),
              JSONMember(
                "value",
                .object([
                  JSONMember("name", .string("signal")), JSONMember("data", .array(place.signal.map { .number($0) })),
                  JSONMember(
                    "modifiers",
                    .array([
                      .object([
                        JSONMember("name", .string("mu")), JSONMember("type", .string("normfactor")),
                        JSONMember("data", .null),
                      ])
                    ])),
                ])),
            ])
          ])),
      ])
    }
    let set = JSONValue.object([
      JSONMember(
        "metadata",
        .object([
          JSONMember("labels", .array([.string("x"), .string("y")])), JSONMember("description", .string("a grid")),
          JSONMember("digests", .object([JSONMember("sha256", .string(digest ?? document.digest.hex))])),
          JSONMember("references", .object([JSONMember("hepdata", .string("ins0"))])),
        ])),
      JSONMember("patches", .array(patches)), JSONMember("version", .string("1.0.0")),
    ])
    let url = folder.appendingPathComponent("patchset.json")
    try Data(set.text().utf8).write(to: url)
    return GridRequest(workspace: workspace, patchSet: url)
  }

  private func signal(_ x: Double, _ y: Double) -> [Double] {
    let events = 60 * exp(-x / 100 - y / 40)
    return [events, events / 2]
  }

  private func grid(_ step: Double) -> [(name: String, x: JSONValue, y: JSONValue, signal: [Double])] {
    stride(from: 0.0, through: 200, by: step).flatMap { x in
      stride(from: 0.0, through: 80, by: step / 2.5).map { y in
        ("m_\(x)_\(y)", .number(x), .number(y), signal(x, y))
      }
    }
  }

  /// Each number is that of the one command; the number of workers does not enter.
  @Test func pointsAreSingleTests() throws {
    try withTemporaryFolder { folder in
      let request = try write(grid(100), to: folder)
      let report = try request.run(workers: 3)
      #expect(report.points.count == 9 && report.failures.isEmpty && report.axes == [0, 1])
      for point in report.points {
        let source = WorkspaceSource(
          workspace: request.workspace, patch: request.patchSet, patchName: point.name)
        let single = try ClsRequest(source).run()
        #expect(point.test.map { abs($0.cls - single.cls) < 1e-12 } == true)
        #expect(point.test?.expected == single.expected)
      }
      #expect(try request.run(workers: 1).points == report.points)
      let excluded = report.points.filter { ($0.test?.cls ?? 1) < 0.05 }
      #expect(report.excluded == excluded && !excluded.isEmpty)
      #expect(report.text.hasPrefix("\(excluded.count) of 9 signals are excluded at 95 % CL by the data; "))
      let rows = report.csv.split(separator: "\r\n")
      #expect(rows.count == 10 && rows[0].hasPrefix("name,x,y,CLs_obs,CLs_exp_-2sigma"))
      #expect(rows.allSatisfy { $0.split(separator: ",", omittingEmptySubsequences: false).count == 10 })
    }
  }

  /// On the contours, models of their own have CLs = 0.05.
  @Test func contoursAreWhereExclusionBegins() throws {
    try withTemporaryFolder { folder in
      let report = try write(grid(20), to: folder).run()
      let contours = try #require(report.contours)
      #expect(contours.observed.count == 1 && contours.expected.count == 1 && !contours.band.isEmpty)
      func test(_ p: Triangulation.Point) throws -> HypothesisTest {
        let workspace = SmallModels.workspace([
          (
            "SR",
            [
              .init(
                name: "background", data: [50, 30],
                modifiers: [.init(name: "scale", kind: .normsys(low: 0.9, high: 1.1))]),
              SmallModels.signal(signal(p.x, p.y)),
            ], [52, 28]
          )
        ])
        return try AsymptoticCalculator(Model(workspace)).test(1)
      }
      // Linear steps of 20 × 8 where the signal falls by e in 100 × 40: a curvature of Z of some per cent.
      for p in contours.observed[0] { #expect(abs(try test(p).cls - 0.05) < 0.004, "\(p)") }
      for p in contours.expected[0] { #expect(abs(try test(p).expected[2] - 0.05) < 0.004, "\(p)") }
      for p in contours.minusOneSigma.joined() { #expect(abs(try test(p).expected[1] - 0.05) < 0.004, "\(p)") }
      for p in contours.plusOneSigma.joined() { #expect(abs(try test(p).expected[3] - 0.05) < 0.004, "\(p)") }
    }
  }

  @Test func failuresHaveReasons() throws {
    try withTemporaryFolder { folder in
      var places = grid(100)
      places[4].signal = [0, 0]
      places[5].signal = [1]
      var request = try write(places, to: folder)
      request.limits = true
      let report = try request.run()
      #expect(report.failures.map(\.name) == [places[4].name, places[5].name])
      #expect(report.failures[0].failure?.contains("the signal is zero in all bins") == true)
      #expect(report.failures[1].failure?.contains("found 1 bins") == true)
      #expect(report.contours != nil && report.text.contains("2 could not be tested"))
      _ = report.document.text(indent: 2)
      #expect(report.points[0].limit.map { $0.observed < 1 } == true)
    }
  }

  @Test func wrongBackgroundsAndAxesAreErrors() throws {
    try withTemporaryFolder { folder in
      let other = try write(grid(100), to: folder, digest: String(repeating: "0", count: 64))
      #expect(throws: WorkspaceError.self) { try other.run() }
      var request = try write(grid(100), to: folder)
      request.axes = ["x", "z"]
      #expect(throws: GridError.self) { try request.run() }
      request.axes = ["y", "x"]
      #expect(try request.run().axes == [1, 0])
      // Words span no plane; what is left is one axis.
      var words = grid(100)
      for index in words.indices { words[index].y = .string("a, \"b\"") }
      let report = try write(words, to: folder).run()
      #expect(report.axes == [0] && report.contours == nil && report.points[0].limit != nil)
      #expect(report.csv.contains("\"a, \"\"b\"\"\""))
    }
  }

  /// The same toys in one go, or in two commands that keep them.
  @Test func globalSignificancesAreResumed() throws {
    try withTemporaryFolder { folder in
      var request = try write(grid(100), to: folder)
      let state = folder.appendingPathComponent("toys.json")
      request.globalToys = 30
      let few = try #require(try request.run(state: state).global)
      #expect(few.toys == 30 && few.signals.count == 9 && FileManager.default.fileExists(atPath: state.path))
      request.globalToys = 150
      let resumed = try request.run(state: state)
      #expect(try request.run().global == resumed.global)
      #expect(
        resumed.text.contains("The largest excess is at ") && resumed.document["global"]?["toys"] == .integer(150))
      request.seed = 2
      #expect(throws: ToyStateError.self) { try request.run(state: state) }
    }
  }
}
