import Records
import Testing

@testable import HyperparameterSearch

@Suite struct SearchSpaceTests {
  private func make() throws -> SearchSpace {
    try SearchSpace([
      SearchParameter("layers", .integer(1...5)),
      SearchParameter("units", .integer(32...256, logarithmic: true)),
      SearchParameter("rate", .real(1e-8...1e-3, logarithmic: true)),
      SearchParameter("gamma", .real(0.95...0.999, step: 0.001)),
      SearchParameter("optimizer", .choice([.text("adam"), .text("sgd")])),
      SearchParameter(
        "momentum", .real(0...0.99), when: .init(parameter: "optimizer", values: [.text("sgd")])),
      SearchParameter("clip", .choice([.none, .real(0.1), .real(1)])),
    ])
  }

  @Test func pointsAreOfTheSpaceAndComeBackFromTheirCoordinates() throws {
    let space = try make()
    var random = SeedTree(root: 3).stream()
    var seen: [String: Set<SearchValue>] = [:]
    for _ in 0..<3000 {
      let point = space.randomPoint(&random)
      #expect(space.contains(point), "\(point)")
      #expect((point["momentum"] != nil) == (point["optimizer"] == .text("sgd")))
      let again = space.point(atUnit: space.unit(of: point))
      for (name, value) in point {
        if case .real(let x) = value, case .real(let y)? = again[name] {
          #expect(abs(x - y) <= 1e-12 * abs(x), "\(name)")
        } else {
          #expect(again[name] == value, "\(name)")
        }
        seen[name, default: []].insert(value)
      }
      #expect(space.features(of: point).count == space.featureCount)
    }
    // Every value of the small domains comes, the ends included.
    #expect(seen["layers"] == Set((1...5).map { .integer($0) }))
    #expect(seen["gamma"]?.count == 50 && seen["clip"]?.count == 3)
    #expect(seen["units"]?.contains(.integer(32)) == true && seen["units"]?.contains(.integer(256)) == true)
  }

  @Test func logarithmicRangesAreUniformInTheLogarithm() throws {
    let space = try make()
    var random = SeedTree(root: 4).stream()
    var low = 0
    for _ in 0..<4000 {
      if case .real(let rate)? = space.randomPoint(&random)["rate"], rate < 1e-8 * 316.228 { low += 1 }
    }
    #expect(abs(low - 2000) < 130, "\(low)")
  }

  @Test func choicesAreOneApart() throws {
    let space = try make()
    var a = space.point(atUnit: Array(repeating: 0.5, count: 7)), b = a
    a["clip"] = SearchValue.none
    b["clip"] = .real(1)
    let (x, y) = (space.features(of: a), space.features(of: b))
    #expect(abs(zip(x, y).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } - 1) < 1e-12)
  }

  @Test func senselessSpacesAreNamed() {
    func message(_ parameters: SearchParameter...) -> String {
      do {
        _ = try SearchSpace(parameters)
        return "no error"
      } catch { return "\(error)" }
    }
    #expect(message() == "the search space has no parameters")
    #expect(
      message(.init("a", .integer(1...2)), .init("a", .integer(1...2))).contains("'a' is in the search space twice"))
    #expect(message(.init("rate", .real(0...1, logarithmic: true))).contains("starts above 0, got 0.0"))
    #expect(message(.init("rate", .real(0...(.infinity)))).contains("two finite limits"))
    #expect(message(.init("rate", .real(0...1, step: 2))).contains("a step"))
    #expect(message(.init("kind", .choice([]))).contains("has no values"))
    #expect(message(.init("kind", .choice([.none, .none]))).contains("a value twice"))
    let kind = SearchParameter("kind", .choice([.text("a"), .text("b")]))
    #expect(
      message(kind, .init("x", .real(0...1), when: .init(parameter: "knid", values: [.text("a")])))
        .contains("no parameter 'knid' before it; nearest: 'kind'"))
    #expect(
      message(kind, .init("x", .real(0...1), when: .init(parameter: "kind", values: [.text("c")])))
        .contains("'kind' is never c"))
  }
}
