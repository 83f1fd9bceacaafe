import Columns
import Foundation
import PhysicsObjects
import TestSupport
import Testing

@testable import EventSelection

private struct Reference: Decodable {
  var events: [[String: Double]]
}

@Suite struct KinematicFunctionTests {
  /// Columns of the reference's events, as an event table would have them.
  private func reference() throws -> (table: Table, events: [[String: Double]]) {
    let data = try Data(contentsOf: referenceURL("kinematics/events.json"))
    let events = try JSONDecoder().decode(Reference.self, from: data).events
    var table = Table()
    for name in events[0].keys.sorted() { try table.add(name, Column(events.map { $0[name] ?? .nan })) }
    return (table, events)
  }

  @Test(arguments: ExpressionEvaluator.kinematic.keys.sorted())
  func functionsAgreeWithOtherPrograms(name: String) throws {
    let (table, events) = try reference()
    var arguments = try #require(ExpressionEvaluator.kinematic[name]).arguments
    if name == "neutrinoPz" { arguments = ["pt1", "eta1", "phi1", "missing", "missing_phi"] }
    let values = try ColumnExpression(parsing: "\(name)(\(arguments.joined(separator: ", ")))").numbers(on: table)
    for (value, event) in zip(values, events) {
      let expected = try #require(event[name])
      // The package gives massless particles a small mass: its least m_T2, where ours is 0, is some MeV.
      let floor = name == "MT2" && expected < 0.01 ? 0.01 : 1e-6
      #expect(abs(value - expected) <= floor + 2e-9 * abs(expected), "\(name): \(value), expected \(expected)")
    }
  }

  @Test func stransverseMassEndsAtTheParentsMass() {
    // Two particles of 200 GeV, each to a massless visible one and an invisible one of 100 GeV.
    var random = SystemRandomNumberGenerator()
    var largest = 0.0
    for _ in 0..<2000 {
      let pair = (0..<2).map { _ -> (visible: FourMomentum, invisible: FourMomentum) in
        let momentum = (200.0 * 200 - 100 * 100) / 400
        let cosine = Double.random(in: -1...1, using: &random), phi = Double.random(in: 0...6.283, using: &random)
        let sine = (1 - cosine * cosine).squareRoot()
        let p = (momentum * sine * cos(phi), momentum * sine * sin(phi), momentum * cosine)
        return (
          FourMomentum(px: p.0, py: p.1, pz: p.2, mass: 0), FourMomentum(px: -p.0, py: -p.1, pz: -p.2, mass: 100)
        )
      }
      let missing = pair[0].invisible + pair[1].invisible
      let mass = stransverseMass(
        pair[0].visible, pair[1].visible, missing: MissingMomentum(px: missing.px, py: missing.py), invisibleMass: 100)
      #expect(mass <= 200 * (1 + 1e-9))
      #expect(mass >= 100)
      largest = max(largest, mass)
    }
    #expect(largest > 190)
  }

  @Test func neutrinosMakeTheMassOfTheBoson() throws {
    let lepton = FourMomentum(pt: 45, eta: 0.7, phi: 1.2, mass: 0)
    let missing = MissingMomentum(magnitude: 30, phi: -1)
    let pz = neutrinoLongitudinalMomentum(lepton: lepton, missing: missing)
    let neutrino = FourMomentum(px: missing.px, py: missing.py, pz: pz, mass: 0)
    #expect(abs((lepton + neutrino).mass - 80.379) < 1e-9)
  }

  @Test func edgesGiveNumbers() {
    let still = FourMomentum.zero
    let missing = MissingMomentum(px: 0, py: 0)
    #expect(stransverseMass(still, still, missing: missing) == 0)
    #expect(RazorVariables(still, still, missing: missing).ratio == 0)
    #expect(SuperRazorVariables(still, still, missing: missing).sR == 0)
    #expect(neutrinoLongitudinalMomentum(lepton: still, missing: missing) == 0)
    // Balanced and back to back: the pair rests.
    let lepton = FourMomentum(pt: 50, eta: 0, phi: 0, mass: 0)
    let razor = SuperRazorVariables(lepton, FourMomentum(pt: 50, eta: 0, phi: .pi, mass: 0), missing: missing)
    #expect(abs(razor.sR - 200) < 1e-9)
    #expect(stransverseMass(lepton, lepton, missing: MissingMomentum(px: 40, py: 0)).isFinite)
  }

  @Test func wrongArgumentsAreExplained() throws {
    let (table, _) = try reference()
    #expect(throws: ExpressionError.self) { try ColumnExpression(parsing: "MT2(pt1, phi1)").numbers(on: table) }
  }
}
