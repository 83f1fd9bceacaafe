import Foundation
import PhysicsObjects
import TestSupport
import Testing

@testable import GeneratorFiles

@Suite struct GeneratedEventTests {
  /// Energy and charge of the beams are those of the final particles.
  @Test(.enabled(if: realDataURL != nil, "SEARCHLIGHT_DATA is not set"))
  func energyAndChargeOfTheBeamsReachTheDetector() throws {
    let url = try #require(realDataURL).appendingPathComponent("events/gohep_test.hepmc")
    var generated = GeneratedEvent()
    let count = try HepMCReader(url).forEach { event in
      generated.fill(from: event)
      let final = generated.status.indices.filter { generated.status[$0] == ParticleRole.final }
      #expect(final.count == event.particles.count { $0.status == 1 })
      #expect(abs(final.reduce(0) { $0 + generated.energy[$1] } - 7000) < 1e-6)
      #expect(final.reduce(0) { $0 + Int(generated.charge[$1]) } == 6)
      #expect(generated.weight == event.weights[0] && generated.processCode == 111)
      for row in final where generated.mother[row] >= 0 { #expect(generated.mother[row] < generated.count) }
    }
    #expect(count == 6)
  }

  /// A chain b → B*⁰ → B⁰ → D⁻ e⁺ ν, and τ⁻ → τ⁻ γ, τ⁻ → π⁻ ν: the last of each kind is the one that decays.
  private var chain: HepMCEvent {
    var event = HepMCEvent(number: 1, weights: [0.5])
    // id, status, vertex of origin, vertex of its end
    let rows: [(Int32, Int32, Int32, Int32)] = [
      (2212, 4, -1, 0), (2212, 4, -1, 0), (5, 71, 0, 1), (-5, 71, 0, 1), (513, 2, 1, 2), (511, 2, 2, 3), (22, 1, 2, -1),
      (-411, 2, 3, 4), (-11, 1, 3, -1), (12, 1, 3, -1), (321, 1, 4, -1), (-211, 1, 4, -1), (15, 2, 0, 5),
      (15, 2, 5, 6), (22, 1, 5, -1), (-211, 1, 6, -1), (16, 1, 6, -1), (443, 2, 1, -1),
    ]
    for (index, row) in rows.enumerated() {
      event.particles.append(
        HepMCParticle(
          id: row.0, status: row.1, px: Double(index), py: 0, pz: 0, energy: 1, mass: 0, productionVertex: row.2,
          endVertex: row.3))
    }
    for vertex in Int32(0)..<7 {
      let start = event.incoming.count
      event.incoming += event.particles.indices.filter { event.particles[$0].endVertex == vertex }.map { Int32($0) }
      let position = vertex == 3 ? HepMCPosition(x: 1, y: 2, z: 3, t: 4) : nil
      event.vertices.append(HepMCVertex(position: position, incoming: start..<event.incoming.count))
    }
    return event
  }

  @Test func whatDecaysLastIsKept() {
    var generated = GeneratedEvent()
    generated.fill(from: chain)
    let kept = zip(generated.pdgID, generated.status).map { "\($0) \($1)" }
    #expect(
      kept == [
        "511 2", "22 1", "-411 2", "-11 1", "12 1", "321 1", "-211 1", "15 2", "22 1", "-211 1", "16 1",
      ])
    // The photons' mothers have no rows; those of the others are B⁰, D⁻ and τ⁻.
    #expect(generated.mother == [-1, -1, 0, 0, 0, 2, 2, -1, -1, 7, 7])
    // Made at the B's decay, and what comes after it.
    #expect(generated.x == [0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0] && generated.t[2] == 4)
    #expect(generated.charge == [0, 0, -3, 3, 0, 3, -3, -3, 0, -3, 0] && generated.weight == 0.5)
  }

  /// Broken files may have particles that are their own ancestors.
  @Test func circlesEnd() {
    var event = HepMCEvent()
    event.particles = [
      HepMCParticle(id: 511, status: 2, px: 0, py: 0, pz: 0, energy: 1, mass: 0, productionVertex: 1, endVertex: 0),
      HepMCParticle(id: 21, status: 3, px: 0, py: 0, pz: 0, energy: 1, mass: 0, productionVertex: 0, endVertex: 1),
    ]
    event.vertices = [HepMCVertex(incoming: 0..<1), HepMCVertex(incoming: 1..<2)]
    event.incoming = [0, 1]
    var generated = GeneratedEvent()
    generated.fill(from: event)
    #expect(generated.count == 1 && generated.mother == [-1])
  }
}
