import Columns
import DetectorSimulation
import Foundation
import PhysicsObjects
import Records
import TestSupport

/// The card that is shipped.
func shippedCard() throws -> DetectorCard { try DetectorCard.read(projectURL("Detectors/cms.yaml")) }

/// A detector that errs nowhere: no field, all tracks found, no smearing, no thresholds.
func idealCard() throws -> DetectorCard {
  var card = try shippedCard()
  card.magnet.field = 0
  for path in [\DetectorCard.trackingEfficiency.hadrons, \.trackingEfficiency.electrons, \.trackingEfficiency.muons] {
    card[keyPath: path] = [certain(card[keyPath: path][0], eta: 2.5)]
    card[keyPath: path][0].pt = 0
  }
  for path in [\DetectorCard.trackingResolution.hadrons, \.trackingResolution.electrons, \.trackingResolution.muons] {
    for index in card[keyPath: path].indices {
      card[keyPath: path][index].constant = 0
      card[keyPath: path][index].slope = 0
    }
  }
  for path in [\DetectorCard.ecal, \.hcal] {
    card[keyPath: path].threshold = 1e-9
    card[keyPath: path].significance = 0
    for index in card[keyPath: path].resolution.indices {
      card[keyPath: path].resolution[index].constant = 0
      card[keyPath: path].resolution[index].stochastic = 0
      card[keyPath: path].resolution[index].noise = 0
    }
  }
  for path in [\DetectorCard.electrons, \.muons, \.photons] {
    card[keyPath: path].efficiency = card[keyPath: path].efficiency.map { certain($0, eta: $0.eta) }
  }
  card.jets.scaleOffset = 0
  card.jets.scaleSlope = 0
  return card
}

private func certain(_ region: DetectorCard.EfficiencyRegion, eta: Double) -> DetectorCard.EfficiencyRegion {
  var region = region
  region.eta = eta
  region.value = 1
  return region
}

/// An event of single particles from the origin.
func makeEvent(_ particles: [(id: Int32, momentum: FourMomentum)]) -> GeneratedEvent {
  var event = GeneratedEvent()
  for (id, momentum) in particles {
    event.append(
      pdgID: id, px: momentum.px, py: momentum.py, pz: momentum.pz, energy: momentum.energy,
      mass: max(0, momentum.massSquared).squareRoot(), charge: Int8(ParticleID(id).chargeThirds))
  }
  return event
}

/// A busy event: `count` particles of all kinds within |η| < `etaMax`, some of them hard.
func busyEvent(seed: UInt64, count: Int = 120, etaMax: Double = 4.5) -> GeneratedEvent {
  var stream = SeedTree(root: seed).child("busy").stream()
  let kinds: [(id: Int32, mass: Double)] = [
    (211, ParticleMass.chargedPion), (-211, ParticleMass.chargedPion), (22, 0), (22, 0), (130, 0.4976), (2112, 0.9396),
    (321, 0.4937), (11, ParticleMass.electron), (-13, ParticleMass.muon), (12, 0), (310, 0.4976),
  ]
  let axes = (0..<5).map { _ in (eta: stream.uniform(in: -2..<2), phi: stream.uniform(in: -3.1..<3.1)) }
  return makeEvent(
    (0..<count).map { index in
      let kind = kinds[index % kinds.count]
      let axis = axes[index % axes.count]
      let eta = index % 3 == 0 ? stream.uniform(in: -etaMax..<etaMax) : axis.eta + 0.2 * stream.normal()
      let momentum = FourMomentum(
        pt: index < 15 ? stream.uniform(in: 20..<120) : 0.3 - 3 * log(1 - stream.uniform()),
        eta: min(etaMax, max(-etaMax, eta)), phi: axis.phi + 0.2 * stream.normal(), mass: kind.mass)
      return (id: kind.id, momentum: momentum)
    })
}

/// Simulates events one after another, each with a stream of its own.
func simulate(_ events: [GeneratedEvent], _ card: DetectorCard, seed: UInt64 = 1) throws -> Table {
  let detector = try Detector(card)
  var buffer = ReconstructedEventBuffer()
  let node = SeedTree(root: seed).child("detector")
  for (index, event) in events.enumerated() {
    var random = node.stream(UInt64(index))
    try detector.simulate(event, random: &random, into: &buffer)
  }
  return try buffer.makeTable()
}

extension Table {
  /// A jagged column's values row by row.
  func rows(_ name: String) throws -> [[Double]] {
    let column = try column(name)
    let values = column.values.asDoubles()
    let offsets = column.offsets ?? []
    return zip(offsets, offsets.dropFirst()).map { Array(values[$0..<$1]) }
  }
}
