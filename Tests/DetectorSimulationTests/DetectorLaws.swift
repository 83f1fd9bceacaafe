import Columns
import Foundation
import PhysicsObjects
import Records
import TestSupport
import Testing

@testable import DetectorSimulation

@Suite struct DetectorLaws {
  private func energyFlow(_ event: GeneratedEvent, _ card: DetectorCard) throws -> (flow: Candidates, table: Table) {
    let detector = try Detector(card)
    var buffer = ReconstructedEventBuffer()
    var random = SeedTree(root: 5).stream()
    try detector.simulate(event, random: &random, into: &buffer)
    return (detector.candidates, try buffer.makeTable())
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func a_perfect_detector_sees_all_visible_energy(seed: UInt64) throws {
    let event = busyEvent(seed: seed)
    let (flow, _) = try energyFlow(event, try idealCard())
    let visible = event.pdgID.indices.reduce(0.0) { sum, row in
      let pt = (event.px[row] * event.px[row] + event.py[row] * event.py[row]).squareRoot()
      // A muon leaves nothing but its track.
      let unseen = abs(event.pdgID[row]) == 13 && abs(asinh(event.pz[row] / pt)) > 2.5
      return ParticleID(event.pdgID[row]).isInvisible || unseen ? sum : sum + event.energy[row]
    }
    let seen = flow.momenta.energy.reduce(0, +)
    #expect(abs(seen - visible) < 1e-6 * visible, "seen \(seen) of \(visible) GeV")
  }

  @Test func missing_momentum_is_minus_the_sum_of_the_energy_flow() throws {
    let (flow, table) = try energyFlow(busyEvent(seed: 7), try shippedCard())
    let (x, y) = (-flow.momenta.px.reduce(0, +), -flow.momenta.py.reduce(0, +))
    let (met, phi) = (try table.doubles("MissingET_MET")[0], try table.doubles("MissingET_phi")[0])
    // Columns are float32.
    #expect(abs(met - (x * x + y * y).squareRoot()) < 1e-5 * met)
    #expect(abs(deltaPhi(phi, atan2(y, x))) < 1e-5)
  }

  @Test func a_lone_neutrino_is_the_missing_momentum_of_a_perfect_detector() throws {
    let muon = FourMomentum(pt: 60, eta: 0.4, phi: 1, mass: ParticleMass.muon)
    let neutrino = FourMomentum(pt: 60, eta: -1, phi: 1 - .pi, mass: 0)
    let table = try simulate([makeEvent([(13, muon), (14, neutrino)])], try idealCard())
    #expect(abs(try table.doubles("MissingET_MET")[0] - 60) < 1e-4)
    #expect(abs(deltaPhi(try table.doubles("MissingET_phi")[0], 1 - .pi)) < 1e-5)
    #expect(try table.rows("Muon_pt")[0].count == 1)
    #expect(abs(try table.doubles("ScalarHT_HT")[0] - 60) < 1e-4)
  }

  @Test func scalar_ht_is_the_sum_over_jets_and_isolated_objects_in_every_variation() throws {
    let card = try shippedCard()
    let table = try simulate((1...40).map { busyEvent(seed: $0) }, card)
    for suffix in ["", ":jes_up", ":jes_down"] {
      let jets = try table.rows("Jet_pt\(suffix)")
      let leptons = try ["Electron_pt", "Muon_pt", "Photon_pt"].map { try table.rows($0) }
      let ht = try table.doubles("ScalarHT_HT\(suffix)")
      for row in 0..<table.rowCount {
        let sum = jets[row].filter { $0 >= card.jets.ptMin }.reduce(0, +) + leptons.flatMap { $0[row] }.reduce(0, +)
        #expect(abs(ht[row] - sum) < 1e-5 * max(1, sum))
      }
    }
  }

  @Test func the_same_stream_gives_the_same_event_whatever_came_before() throws {
    let events = (1...20).map { busyEvent(seed: $0) }
    let card = try shippedCard()
    let all = try simulate(events, card)
    #expect(try simulate(events, card) == all)
    // The last event alone, in a detector that has seen nothing else.
    let detector = try Detector(card)
    var buffer = ReconstructedEventBuffer()
    var random = SeedTree(root: 1).child("detector").stream(19)
    try detector.simulate(events[19], random: &random, into: &buffer)
    #expect(try buffer.makeTable() == all[rows: 19..<20])
    #expect(try simulate(events, card, seed: 2) != all)
  }

  @Test func an_exact_detector_does_not_mind_the_order_of_particles() throws {
    let event = busyEvent(seed: 9)
    var order = Array(event.pdgID.indices)
    var stream = SeedTree(root: 3).stream()
    stream.shuffle(&order)
    var shuffled = GeneratedEvent()
    for row in order {
      shuffled.append(
        pdgID: event.pdgID[row], px: event.px[row], py: event.py[row], pz: event.pz[row], energy: event.energy[row],
        mass: event.mass[row], charge: event.charge[row])
    }
    let card = try idealCard()
    let a = try energyFlow(event, card).flow.momenta.energy.sorted()
    let b = try energyFlow(shuffled, card).flow.momenta.energy.sorted()
    #expect(a.count == b.count)
    for (x, y) in zip(a, b) { #expect(abs(x - y) < 1e-9 * max(1, x)) }
  }

  @Test func jet_scale_variations_bracket_the_jets_and_balance_the_missing_momentum() throws {
    let card = try shippedCard()
    let table = try simulate((1...30).map { busyEvent(seed: $0) }, card)
    let (nominal, up, down) = (
      try table.rows("Jet_pt"), try table.rows("Jet_pt:jes_up"), try table.rows("Jet_pt:jes_down")
    )
    let (eta, phi) = (try table.rows("Jet_eta"), try table.rows("Jet_phi"))
    let (met, metPhi) = (try table.doubles("MissingET_MET"), try table.doubles("MissingET_phi"))
    let (metUp, metPhiUp) = (try table.doubles("MissingET_MET:jes_up"), try table.doubles("MissingET_phi:jes_up"))
    for row in 0..<table.rowCount {
      var x = met[row] * cos(metPhi[row]) - metUp[row] * cos(metPhiUp[row])
      var y = met[row] * sin(metPhi[row]) - metUp[row] * sin(metPhiUp[row])
      for jet in nominal[row].indices {
        let pt = nominal[row][jet]
        let expected = card.jets.uncertainty(pt: pt, eta: eta[row][jet])
        #expect(abs(up[row][jet] / pt - 1 - expected) < 1e-5)
        #expect(abs(down[row][jet] / pt - 1 + expected) < 1e-5)
        x -= (up[row][jet] - pt) * cos(phi[row][jet])
        y -= (up[row][jet] - pt) * sin(phi[row][jet])
      }
      #expect(abs(x) < 1e-3 && abs(y) < 1e-3)
    }
  }
}

@Suite struct SolenoidPropagationTests {
  private let magnet = DetectorCard.Magnet(field: 3.8, radius: 1290, halfLength: 3000)

  /// The same by small steps along the equation of motion.
  private func stepped(
    _ start: (px: Double, py: Double, pz: Double), _ vertex: (x: Double, y: Double, z: Double), charge: Double
  ) -> (eta: Double, phi: Double) {
    var (px, py) = (start.px, start.py)
    var (x, y, z) = vertex
    let p = (px * px + py * py + start.pz * start.pz).squareRoot()
    let step = 0.05
    let half = charge * 0.299_792_458e-3 * magnet.field * step / p / 2
    while x * x + y * y < magnet.radius * magnet.radius, abs(z) < magnet.halfLength {
      // Half of the turn before the step and half after: the error is of third order.
      (px, py) = (px * cos(half) + py * sin(half), py * cos(half) - px * sin(half))
      x += px / p * step
      y += py / p * step
      z += start.pz / p * step
      (px, py) = (px * cos(half) + py * sin(half), py * cos(half) - px * sin(half))
    }
    return (asinh(z / (x * x + y * y).squareRoot()), atan2(y, x))
  }

  @Test func helices_end_where_the_equation_of_motion_ends() throws {
    var stream = SeedTree(root: 31).stream()
    let propagation = SolenoidPropagation(magnet)
    for index in 0..<40 {
      // Below 0.73 GeV tracks from the axis curl up inside.
      let pt = index % 4 == 0 ? stream.uniform(in: 0.3..<0.7) : stream.uniform(in: 0.8..<20)
      let (phi, eta) = (stream.uniform(in: -3..<3), stream.uniform(in: 0.3..<2) * (index % 2 == 0 ? 1 : -1))
      let vertex = (x: stream.uniform(in: -50..<50), y: stream.uniform(in: -50..<50), z: stream.uniform(in: -90..<90))
      let charge = index % 3 == 0 ? -1.0 : 1.0
      let start = (px: pt * cos(phi), py: pt * sin(phi), pz: pt * sinh(eta))
      let impact = try #require(
        propagation.impact(
          px: start.px, py: start.py, pz: start.pz, x: vertex.x, y: vertex.y, z: vertex.z, charge: charge))
      let expected = stepped(start, vertex, charge: charge)
      // The walk overshoots by up to a step of 0.05 mm, seen from 100 mm or more.
      #expect(abs(impact.eta - expected.eta) < 3e-3, "pt \(pt), eta \(eta)")
      #expect(abs(deltaPhi(impact.phi, expected.phi)) < 3e-3, "pt \(pt), eta \(eta)")
    }
  }

  @Test func opposite_charges_bend_to_opposite_sides_and_neutrals_fly_straight() throws {
    let propagation = SolenoidPropagation(magnet)
    let plus = try #require(propagation.impact(px: 5, py: 0, pz: 1, x: 0, y: 0, z: 0, charge: 1))
    let minus = try #require(propagation.impact(px: 5, py: 0, pz: 1, x: 0, y: 0, z: 0, charge: -1))
    let neutral = try #require(propagation.impact(px: 5, py: 0, pz: 1, x: 0, y: 0, z: 0, charge: 0))
    // sin δ = R/(2ρ) with ρ = p_T/(0.3 B): a positive charge turns clockwise in a field along +z.
    let bend = asin(1.290 * 0.299_792_458 * 3.8 / (2 * 5))
    #expect(abs(plus.phi + bend) < 1e-12 && abs(minus.phi - bend) < 1e-12)
    #expect(neutral.phi == 0 && abs(neutral.eta - asinh(0.2)) < 1e-12)
  }

  @Test func particles_from_outside_or_along_the_beam_hit_nothing() {
    let propagation = SolenoidPropagation(magnet)
    #expect(propagation.impact(px: 5, py: 0, pz: 1, x: 1300, y: 0, z: 0, charge: 1) == nil)
    #expect(propagation.impact(px: 0, py: 0, pz: 100, x: 0, y: 0, z: 0, charge: 0) == nil)
    // A curler without longitudinal momentum never arrives.
    #expect(propagation.impact(px: 0.1, py: 0, pz: 0, x: 0, y: 0, z: 0, charge: 1) == nil)
  }
}

@Suite struct TowerGridTests {
  @Test func every_direction_lies_in_its_cell() throws {
    let card = try shippedCard()
    var stream = SeedTree(root: 41).stream()
    for rings in [card.ecal.grid, card.hcal.grid] {
      let grid = TowerGrid(rings)
      for _ in 0..<2000 {
        let (eta, phi) = (stream.uniform(in: -5..<5), stream.uniform(in: -Double.pi..<Double.pi))
        let bounds = grid.bounds(of: try #require(grid.cell(eta: eta, phi: phi)))
        #expect(bounds.eta.contains(eta))
        #expect(phi > bounds.phi.lowerBound - 1e-12 && phi < bounds.phi.upperBound + 1e-12)
      }
      #expect(grid.cell(eta: 5.01, phi: 0) == nil)
      #expect(grid.cell(eta: 0, phi: .pi) != nil)
    }
    // 170 rings of 360 cells and 11 of 36 on each side; 19 of 72, 19 of 36 and 2 of 18.
    #expect(TowerGrid(card.ecal.grid).count == 2 * (170 * 360 + 11 * 36))
    #expect(TowerGrid(card.hcal.grid).count == 2 * (19 * 72 + 19 * 36 + 2 * 18))
  }
}
