import Columns
import DetectorSimulation
import Foundation
import PhysicsObjects
import Records
import TestSupport
import Testing

@Suite struct DetectorObjects {
  private func muon(_ pt: Double, eta: Double, phi: Double) -> (id: Int32, momentum: FourMomentum) {
    (13, FourMomentum(pt: pt, eta: eta, phi: phi, mass: ParticleMass.muon))
  }

  @Test func isolation_refuses_just_beyond_its_limit_and_ends_at_its_radius() throws {
    let card = try idealCard()
    // The limit for muons is 0.25 of their 40 GeV within 0.5; photons come from towers of 0.0174.
    func found(photonPt: Double, distance: Double) throws -> Int {
      let photon = FourMomentum(pt: photonPt, eta: 0.5 + 0.6 * distance, phi: 1 + 0.8 * distance, mass: 0)
      return try simulate([makeEvent([muon(40, eta: 0.5, phi: 1), (22, photon)])], card).rows("Muon_pt")[0].count
    }
    #expect(try found(photonPt: 9.7, distance: 0.3) == 1)
    #expect(try found(photonPt: 10.3, distance: 0.3) == 0)
    #expect(try found(photonPt: 30, distance: 0.47) == 0)
    #expect(try found(photonPt: 30, distance: 0.53) == 1)
    // Softer than 0.5 GeV does not count, however many.
    let soft = (0..<30).map {
      (id: Int32(22), momentum: FourMomentum(pt: 0.45, eta: 0.2 + 0.02 * Double($0), phi: 1, mass: 0))
    }
    #expect(try simulate([makeEvent([muon(40, eta: 0.5, phi: 1)] + soft)], card).rows("Muon_pt")[0].count == 1)
  }

  @Test func the_leptons_of_a_boosted_z_do_not_spoil_each_other() throws {
    let card = try idealCard()
    for id: Int32 in [11, 13] {
      let event = makeEvent([
        (id, FourMomentum(pt: 300, eta: 0.5, phi: 1, mass: 0)),
        (-id, FourMomentum(pt: 280, eta: 0.6, phi: 1.2, mass: 0)),
      ])
      let name = id == 11 ? "Electron" : "Muon"
      let table = try simulate([event], card)
      #expect(try table.rows("\(name)_pt")[0].count == 2)
      #expect(try table.rows("\(name)_positive")[0] == [0, 1])
      // And they are no jets.
      #expect(try table.rows("Jet_pt")[0].isEmpty)
      #expect(try table.rows("FatJet_pt")[0].isEmpty)
    }
  }

  @Test func leptons_beyond_the_acceptance_are_not_identified() throws {
    let events = [
      makeEvent([muon(40, eta: 2.39, phi: 0)]), makeEvent([muon(40, eta: 2.41, phi: 0)]),
      makeEvent([muon(9.9, eta: 0, phi: 0)]), makeEvent([(11, FourMomentum(pt: 40, eta: 2.6, phi: 0, mass: 0))]),
    ]
    let table = try simulate(events, try idealCard())
    #expect(try table.rows("Muon_pt").map(\.count) == [1, 0, 0, 0])
    #expect(try table.rows("Electron_pt").map(\.count) == [0, 0, 0, 0])
  }

  @Test func a_jet_takes_the_flavour_of_the_heaviest_hadron_near_it() throws {
    var card = try idealCard()
    // b-jets are always tagged, others never.
    (card.bTagging.b.amplitude, card.bTagging.b.rise, card.bTagging.b.fall) = (1000, 10, 0)
    card.bTagging.c.amplitude = 0
    (card.bTagging.lightConstant, card.bTagging.lightSlope) = (0, 0)
    func jet(_ hadrons: [(id: Int32, distance: Double)], eta: Double = 0.5) throws -> [Double] {
      var event = makeEvent([(130, FourMomentum(pt: 100, eta: eta, phi: 1, mass: 0))])
      for hadron in hadrons {
        let momentum = FourMomentum(pt: 60, eta: eta, phi: 1 + hadron.distance, mass: 5)
        event.append(
          pdgID: hadron.id, status: ParticleRole.decayed, px: momentum.px, py: momentum.py, pz: momentum.pz,
          energy: momentum.energy, mass: 5)
      }
      let table = try simulate([event], card)
      return try table.rows("Jet_flavour")[0] + table.rows("Jet_btag")[0]
    }
    #expect(try jet([]) == [0, 0])
    #expect(try jet([(411, 0.1)]) == [4, 0])
    #expect(try jet([(411, 0.1), (-521, 0.2)]) == [5, 1])
    #expect(try jet([(511, 0.6)]) == [0, 0])
    #expect(try jet([(5122, 0.0)], eta: 2.8) == [5, 0])
    #expect(try jet([(15, 0.0), (321, 0.0)]) == [0, 0])
  }

  @Test func large_jets_are_trimmed_and_begin_at_their_threshold() throws {
    let core = FourMomentum(pt: 250, eta: 0.3, phi: 1, mass: 0)
    let soft = FourMomentum(pt: 6, eta: 0.3, phi: 1.5, mass: 0)
    let other = FourMomentum(pt: 80, eta: 0.3, phi: 0.6, mass: 0)
    let below = FourMomentum(pt: 180, eta: 0, phi: 0, mass: 0)
    let events = [makeEvent([(22, core), (22, soft), (22, other)]), makeEvent([(130, below)])]
    let table = try simulate(events, try idealCard())
    #expect(try table.rows("FatJet_pt").map(\.count) == [1, 0])
    // Without the soft one, which would add 6 GeV to the mass; towers of one degree move the hard ones a little.
    #expect(abs(try table.rows("FatJet_mass")[0][0] - (core + other).mass) < 3)
    #expect(abs(try table.rows("FatJet_pt")[0][0] - (core + other).pt) < 2)
  }

  @Test func objects_come_by_falling_momentum() throws {
    let table = try simulate((1...30).map { busyEvent(seed: $0) }, try shippedCard())
    for name in ["Jet_pt", "FatJet_pt", "Electron_pt", "Muon_pt", "Photon_pt"] {
      for row in try table.rows(name) { #expect(zip(row, row.dropFirst()).allSatisfy(>=)) }
    }
    #expect(try table.rows("Jet_pt").contains { $0.count > 2 })
  }

  @Test func an_empty_event_has_a_row_without_objects() throws {
    let table = try simulate([GeneratedEvent(), busyEvent(seed: 1)], try shippedCard())
    #expect(table.rowCount == 2)
    #expect(try table.rows("Jet_pt")[0].isEmpty)
    #expect(try table.doubles("MissingET_MET")[0] == 0)
    #expect(try table.doubles("ScalarHT_HT")[0] == 0)
  }

  @Test func numbers_that_are_not_finite_are_refused_by_particle() throws {
    let card = try shippedCard()
    let changes: [(inout GeneratedEvent) -> Void] = [
      { $0.px[17] = .nan }, { $0.energy[17] = .infinity }, { $0.x[17] = .nan }, { $0.mass[17] = .nan },
    ]
    for change in changes {
      var event = busyEvent(seed: 3)
      change(&event)
      let error = #expect(throws: DetectorError.self) { try simulate([event], card) }
      #expect(error?.row == 17)
    }
  }

  @Test func a_buffer_that_is_emptied_starts_anew() throws {
    let detector = try Detector(try shippedCard())
    var buffer = ReconstructedEventBuffer()
    func fill() throws -> Table {
      for index in 0..<5 {
        var random = SeedTree(root: 1).stream(UInt64(index))
        try detector.simulate(busyEvent(seed: UInt64(index + 1)), random: &random, into: &buffer)
      }
      return try buffer.makeTable()
    }
    let first = try fill()
    buffer.removeAll()
    #expect(buffer.count == 0)
    #expect(try fill() == first)
  }
}
