import Foundation
import JetClustering
import PhysicsObjects
import Records

/// A parametric detector: tracks, towers, energy flow, leptons and photons, jets, b-tags, missing momentum.
///
/// Owns buffers that are reused from event to event, so that an event costs no allocation to speak of; one task uses it at
/// a time. Events depend on their particles and their random stream only.
public final class Detector {
  public let card: DetectorCard
  let propagation: SolenoidPropagation
  private var ecal: CalorimeterSimulation
  private var hcal: CalorimeterSimulation
  /// What the last event left: tracks and energy flow, for validation.
  private(set) var tracks: [Track] = []
  private var photonDeposits: [NeutralDeposit] = []
  private var hadronDeposits: [NeutralDeposit] = []
  private let clusterer: JetClusterer
  private(set) var candidates = Candidates()

  /// - Throws: `JetClusteringError` if FastJet cannot be set up.
  public init(_ card: DetectorCard) throws {
    self.card = card
    propagation = SolenoidPropagation(card.magnet)
    ecal = CalorimeterSimulation(card.ecal)
    hcal = CalorimeterSimulation(card.hcal)
    clusterer = try JetClusterer()
  }

  /// Simulates one event and appends it to the buffer.
  /// - Throws: ``DetectorError`` for a momentum, mass or vertex that is not finite; `JetClusteringError`.
  public func simulate(
    _ event: borrowing GeneratedEvent, random: inout RandomStream, into buffer: inout ReconstructedEventBuffer
  ) throws {
    reset()
    try propagate(event, &random)
    ecal.finish(tracks: &tracks, neutrals: &photonDeposits, random: &random)
    // Electrons have left all of their energy; hadrons' tracks go on to the next calorimeter.
    for (index, track) in tracks.enumerated() where isHadron(track.id) {
      hcal.point(track: Int32(index), eta: track.impactEta, phi: track.impactPhi)
    }
    hcal.finish(tracks: &tracks, neutrals: &hadronDeposits, random: &random)
    candidates.fill(tracks, photonDeposits, hadronDeposits)
    let leptons = IsolatedObjects(card, candidates, tracks, event, &random)
    var jets = JetReconstruction(card: card, clusterer: clusterer)
    try jets.reconstruct(candidates, leptons, event, &random)
    write(leptons, jets, into: &buffer)
  }

  private func reset() {
    ecal.removeAll()
    hcal.removeAll()
    tracks.removeAll(keepingCapacity: true)
    photonDeposits.removeAll(keepingCapacity: true)
    hadronDeposits.removeAll(keepingCapacity: true)
    candidates.removeAll()
  }

  private func isHadron(_ id: Int32) -> Bool { abs(id) != 11 && abs(id) != 13 }

  /// Fractions of a particle's energy in the two calorimeters, as in the public CMS card of Delphes.
  private func fractions(_ id: Int32) -> (ecal: Double, hcal: Double) {
    switch abs(id) {
    case 11, 22, 111: (1, 0)
    case 13: (0, 0)
    case 310, 3122: (0.3, 0.7)
    default: ParticleID(id).isInvisible ? (0, 0) : (0, 1)
    }
  }

  private func propagate(_ event: borrowing GeneratedEvent, _ random: inout RandomStream) throws {
    for row in 0..<event.count where event.status[row] == ParticleRole.final {
      let (px, py, pz, energy) = (event.px[row], event.py[row], event.pz[row], event.energy[row])
      guard px.isFinite, py.isFinite, pz.isFinite, energy.isFinite, event.mass[row].isFinite,
        event.x[row].isFinite, event.y[row].isFinite, event.z[row].isFinite
      else {
        throw DetectorError(row: row, id: Int(event.pdgID[row]))
      }
      let id = event.pdgID[row]
      guard !ParticleID(id).isInvisible else { continue }
      let charge = Double(event.charge[row]) / 3
      guard
        let impact = propagation.impact(
          px: px, py: py, pz: pz, x: event.x[row], y: event.y[row], z: event.z[row], charge: charge)
      else { continue }
      let share = fractions(id)
      ecal.deposit(energy * share.ecal, eta: impact.eta, phi: impact.phi)
      hcal.deposit(energy * share.hcal, eta: impact.eta, phi: impact.phi)
      if charge != 0, let track = track(event, row, impact, &random) {
        if abs(id) == 11 { ecal.point(track: Int32(tracks.count), eta: impact.eta, phi: impact.phi) }
        tracks.append(track)
      }
    }
  }

  private func track(
    _ event: borrowing GeneratedEvent, _ row: Int, _ impact: (eta: Double, phi: Double), _ random: inout RandomStream
  ) -> Track? {
    let (px, py, pz) = (event.px[row], event.py[row], event.pz[row])
    let pt = (px * px + py * py).squareRoot()
    guard pt > 0 else { return nil }
    let eta = asinh(pz / pt)
    let (efficiencies, resolutions) =
      switch abs(event.pdgID[row]) {
      case 11: (card.trackingEfficiency.electrons, card.trackingResolution.electrons)
      case 13: (card.trackingEfficiency.muons, card.trackingResolution.muons)
      default: (card.trackingEfficiency.hadrons, card.trackingResolution.hadrons)
      }
    guard random.uniform() < DetectorCard.efficiency(efficiencies, pt: pt, eta: eta),
      let resolution = DetectorCard.relativeResolution(resolutions, pt: pt, eta: eta)
    else { return nil }
    let smeared = logNormal(pt, min(1, resolution) * pt, random.normal())
    let factor = smeared / pt
    let mass = event.mass[row]
    let momentum = (px * px + py * py + pz * pz) * factor * factor
    return Track(
      id: event.pdgID[row], px: px * factor, py: py * factor, pz: pz * factor,
      energy: (momentum + mass * mass).squareRoot(), impactEta: impact.eta, impactPhi: impact.phi,
      resolution: min(1, resolution), particle: Int32(row))
  }
}

/// An event that cannot be simulated.
public struct DetectorError: Error, Hashable, Sendable, CustomStringConvertible {
  public var row: Int
  public var id: Int
  public var description: String { "particle \(row) (PDG id \(id)) has a momentum, mass or vertex that is not finite" }
}
