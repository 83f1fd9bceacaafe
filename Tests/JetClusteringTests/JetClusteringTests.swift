import Foundation
import JetClustering
import PhysicsObjects
import Records
import TestSupport
import Testing

/// A random event: a few hard sprays over soft noise.
func sprayedEvent(seed: UInt64, count: Int = 80) -> [FourMomentum] {
  var stream = SeedTree(root: seed).child("spray").stream()
  let axes = (0..<4).map { _ in (eta: stream.uniform(in: -3..<3), phi: stream.uniform(in: -3..<3)) }
  return (0..<count).map { i in
    let axis = axes[i % 4]
    let soft = i % 5 == 0
    return FourMomentum(
      pt: soft ? stream.uniform(in: 0.2..<2) : 30 * -log(1 - stream.uniform()) + 0.3,
      eta: soft ? stream.uniform(in: -5..<5) : axis.eta + 0.15 * stream.normal(),
      phi: soft ? stream.uniform(in: -3..<3) : axis.phi + 0.15 * stream.normal(), mass: 0.14)
  }
}

func inclusiveJets(_ event: [FourMomentum], _ definition: JetDefinition, ptMin: Double = 5) throws -> [FourMomentum] {
  let clusterer = try JetClusterer()
  try clusterer.cluster(MomentumColumns(event), definition)
  try clusterer.takeInclusiveJets(ptMin: ptMin)
  return (0..<clusterer.jetCount).map { clusterer.momentum(ofJet: $0) }
}

/// Jets agree in number and order, and in their components relative to the energy.
func expectSame(
  _ a: [FourMomentum], _ b: [FourMomentum], relative tolerance: Double,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(a.count == b.count, sourceLocation: sourceLocation)
  for (x, y) in zip(a, b) {
    let scale = tolerance * y.energy
    #expect(abs(x.px - y.px) < scale && abs(x.py - y.py) < scale, sourceLocation: sourceLocation)
    #expect(abs(x.pz - y.pz) < scale && abs(x.energy - y.energy) < scale, sourceLocation: sourceLocation)
  }
}

private let definitions = [
  JetDefinition(.kt, radius: 0.6), JetDefinition(.cambridgeAachen, radius: 0.8), JetDefinition(.antiKt, radius: 0.4),
  JetDefinition(.antiKt, radius: 1.0),
]

@Suite struct JetAlgorithmLaws {
  @Test(arguments: definitions)
  func jets_are_those_of_the_definition_applied_by_brute_force(definition: JetDefinition) throws {
    for seed: UInt64 in 1...5 {
      let event = sprayedEvent(seed: seed)
      let clusterer = try JetClusterer()
      try clusterer.cluster(MomentumColumns(event), definition)
      try clusterer.takeInclusiveJets(ptMin: 3)
      let expected = BruteForceClustering.inclusiveJets(
        event, power: definition.algorithm.power, radius: definition.radius, ptMin: 3)
      let found = (0..<clusterer.jetCount).map { clusterer.momentum(ofJet: $0) }
      expectSame(found, expected.map(\.momentum), relative: 1e-11)
      for jet in 0..<clusterer.jetCount {
        #expect(clusterer.constituents(ofJet: jet).sorted() == expected[jet].members.sorted())
      }
    }
  }

  @Test(arguments: definitions)
  func order_of_the_input_does_not_matter(definition: JetDefinition) throws {
    var event = sprayedEvent(seed: 11)
    let before = try inclusiveJets(event, definition)
    var stream = SeedTree(root: 12).stream()
    stream.shuffle(&event)
    expectSame(try inclusiveJets(event, definition), before, relative: 1e-12)
  }

  @Test(arguments: definitions)
  func rotations_and_beam_boosts_move_the_jets_along(definition: JetDefinition) throws {
    let event = sprayedEvent(seed: 13)
    let jets = try inclusiveJets(event, definition)
    let turned = try inclusiveJets(event.map { $0.rotatedAboutBeam(by: 2.5) }, definition)
    expectSame(turned, jets.map { $0.rotatedAboutBeam(by: 2.5) }, relative: 1e-11)
    let boosted = try inclusiveJets(event.map { $0.boostedAlongBeam(rapidity: 1.5) }, definition)
    expectSame(boosted, jets.map { $0.boostedAlongBeam(rapidity: 1.5) }, relative: 1e-11)
  }

  @Test(arguments: definitions)
  func all_jets_together_carry_the_event(definition: JetDefinition) throws {
    let event = sprayedEvent(seed: 14)
    let clusterer = try JetClusterer()
    try clusterer.cluster(MomentumColumns(event), definition)
    try clusterer.takeInclusiveJets(ptMin: 0)
    var sum = FourMomentum.zero
    var rows = [Int]()
    for jet in 0..<clusterer.jetCount {
      sum += clusterer.momentum(ofJet: jet)
      rows += clusterer.constituents(ofJet: jet)
    }
    expectSame([sum], [event.reduce(.zero, +)], relative: 1e-12)
    #expect(rows.sorted() == Array(event.indices))
  }

  @Test(arguments: definitions)
  func a_collinear_splitting_changes_no_jet(definition: JetDefinition) throws {
    let event = sprayedEvent(seed: 15)
    let split = event.flatMap { [0.3 * $0, 0.7 * $0] }
    expectSame(try inclusiveJets(split, definition), try inclusiveJets(event, definition), relative: 1e-9)
  }

  @Test func a_soft_emission_changes_no_anti_kt_jet() throws {
    let event = sprayedEvent(seed: 16)
    let soft = (0..<50).map { FourMomentum(pt: 1e-9, eta: -4 + 0.16 * Double($0), phi: 0.12 * Double($0) - 3, mass: 0) }
    let definition = JetDefinition(.antiKt, radius: 0.4)
    expectSame(try inclusiveJets(event + soft, definition), try inclusiveJets(event, definition), relative: 1e-8)
  }
}

@Suite struct JetClustererTests {
  @Test func exclusive_jets_are_as_many_as_asked_and_conserve_momentum() throws {
    let event = sprayedEvent(seed: 21)
    let clusterer = try JetClusterer()
    try clusterer.cluster(MomentumColumns(event), JetDefinition(.kt, radius: 0.6))
    try clusterer.takeExclusiveJets(count: 5)
    #expect(clusterer.jetCount == 5)
    try clusterer.takeExclusiveJets(count: 200)
    #expect(clusterer.jetCount == event.count)
    let sum = (0..<clusterer.jetCount).reduce(FourMomentum.zero) { $0 + clusterer.momentum(ofJet: $1) }
    expectSame([sum], [event.reduce(.zero, +)], relative: 1e-12)
  }

  @Test func the_history_has_a_step_for_every_recombination() throws {
    let event = sprayedEvent(seed: 22, count: 20)
    let clusterer = try JetClusterer()
    try clusterer.cluster(MomentumColumns(event), JetDefinition(.cambridgeAachen, radius: 0.7))
    let history = clusterer.history
    #expect(history.prefix(20).allSatisfy { $0 == .input })
    #expect(history.count == 40)
    // Every row but those of the beam ends in exactly one later row.
    var used = [Int](repeating: 0, count: history.count)
    for (row, step) in history.enumerated().dropFirst(20) {
      switch step {
      case .input: Issue.record("an input after the inputs")
      case .joined(let first, let second, let distance):
        #expect(first < row && second < row && distance > 0 && distance < 1)
        used[first] += 1
        used[second] += 1
      case .beam(let jet, let distance):
        #expect(jet < row && distance == 1)
        used[jet] += 1
        used[row] += 1
      }
    }
    #expect(used.allSatisfy { $0 == 1 })
  }

  @Test func trimming_keeps_all_at_fraction_zero_and_drops_soft_subjets_else() throws {
    let event = sprayedEvent(seed: 23)
    let clusterer = try JetClusterer()
    let subjets = JetDefinition(.kt, radius: 0.2)
    try clusterer.cluster(MomentumColumns(event), JetDefinition(.antiKt, radius: 0.8))
    try clusterer.takeInclusiveJets(ptMin: 20)
    let before = (0..<clusterer.jetCount).map { clusterer.momentum(ofJet: $0) }
    try clusterer.trim(TrimmingDefinition(subjets: subjets, ptFraction: 0))
    expectSame((0..<clusterer.jetCount).map { clusterer.momentum(ofJet: $0) }, before, relative: 1e-12)
    try clusterer.trim(TrimmingDefinition(subjets: subjets, ptFraction: 0.1))
    #expect(clusterer.jetCount == before.count)
    for jet in 0..<clusterer.jetCount {
      let sum = clusterer.constituents(ofJet: jet).reduce(FourMomentum.zero) { $0 + event[$1] }
      expectSame([clusterer.momentum(ofJet: jet)], [sum], relative: 1e-12)
      #expect(clusterer.momentum(ofJet: jet).energy <= before[jet].energy * (1 + 1e-12))
    }
  }

  @Test func an_empty_event_has_no_jets_and_one_particle_is_one_jet() throws {
    #expect(try inclusiveJets([], JetDefinition(.antiKt, radius: 0.4)).isEmpty)
    let one = FourMomentum(pt: 40, eta: 2, phi: 1, mass: 0)
    expectSame(try inclusiveJets([one], JetDefinition(.antiKt, radius: 0.4)), [one], relative: 1e-14)
    // Along the beam, without transverse momentum.
    let beam = FourMomentum(px: 0, py: 0, pz: 900, energy: 900)
    #expect(try inclusiveJets([beam, one], JetDefinition(.antiKt, radius: 0.4)).count == 1)
  }

  @Test func bad_momenta_are_refused_by_row_and_the_clusterer_lives_on() throws {
    let clusterer = try JetClusterer()
    let good = sprayedEvent(seed: 24)
    var bad = good
    bad[7].py = .nan
    for value in [Double.nan, .infinity] {
      bad[7].py = value
      let error = #expect(throws: JetClusteringError.self) {
        try clusterer.cluster(MomentumColumns(bad), JetDefinition(.antiKt, radius: 0.4))
      }
      #expect(error?.reason.contains("momentum 7") == true)
      #expect(clusterer.jetCount == 0)
    }
    bad[7] = .zero
    #expect(throws: JetClusteringError.self) {
      try clusterer.cluster(MomentumColumns(bad), JetDefinition(.antiKt, radius: 0.4))
    }
    try clusterer.cluster(MomentumColumns(good), JetDefinition(.antiKt, radius: 0.4))
    try clusterer.takeInclusiveJets(ptMin: 5)
    #expect(clusterer.jetCount > 0)
  }

  @Test func clusterers_in_several_threads_give_the_same_jets() async throws {
    let event = sprayedEvent(seed: 25)
    let definition = JetDefinition(.antiKt, radius: 0.4)
    let expected = try inclusiveJets(event, definition)
    try await withThrowingTaskGroup(of: [FourMomentum].self) { group in
      for _ in 0..<8 {
        group.addTask {
          var last = [FourMomentum]()
          for _ in 0..<50 { last = try inclusiveJets(event, definition) }
          return last
        }
      }
      for try await jets in group { #expect(jets == expected) }
    }
  }
}
