import Foundation
import JetClustering
import PhysicsObjects

/// The objects of the energy flow: tracks, photons, neutral hadrons, as columns; the order is tracks, photons, hadrons.
struct Candidates {
  private(set) var momenta = MomentumColumns()
  private(set) var pt: [Double] = []
  private(set) var eta: [Double] = []
  private(set) var phi: [Double] = []
  private(set) var photons = 0..<0
  /// Whether a candidate is an electron or muon track, which no isolation counts.
  private(set) var isLepton: [Bool] = []

  mutating func removeAll() {
    momenta.removeAll()
    pt.removeAll(keepingCapacity: true)
    eta.removeAll(keepingCapacity: true)
    phi.removeAll(keepingCapacity: true)
    isLepton.removeAll(keepingCapacity: true)
    photons = 0..<0
  }

  mutating func fill(_ tracks: [Track], _ photonDeposits: [NeutralDeposit], _ hadronDeposits: [NeutralDeposit]) {
    for track in tracks {
      momenta.append(px: track.px, py: track.py, pz: track.pz, energy: track.energy)
      pt.append(track.pt)
      eta.append(track.eta)
      phi.append(track.phi)
      isLepton.append(abs(track.id) == 11 || abs(track.id) == 13)
    }
    photons = tracks.count..<(tracks.count + photonDeposits.count)
    for deposit in photonDeposits { append(deposit) }
    for deposit in hadronDeposits { append(deposit) }
  }

  private mutating func append(_ deposit: NeutralDeposit) {
    let pt = deposit.energy / cosh(deposit.eta)
    momenta.append(
      px: pt * cos(deposit.phi), py: pt * sin(deposit.phi), pz: pt * sinh(deposit.eta), energy: deposit.energy)
    self.pt.append(pt)
    eta.append(deposit.eta)
    phi.append(deposit.phi)
    isLepton.append(false)
  }

  /// Σp_T of the other candidates around one, relative to its own p_T. Electrons and muons do not count, so that the two
  /// leptons of a boosted Z do not spoil each other.
  func isolation(of candidate: Int, _ identification: DetectorCard.Identification) -> Double {
    let radius = identification.isolationRadius * identification.isolationRadius
    var sum = 0.0
    for other in pt.indices where other != candidate && !isLepton[other] && pt[other] >= identification.isolationPt {
      let dEta = eta[other] - eta[candidate]
      guard abs(dEta) < identification.isolationRadius else { continue }
      let dPhi = deltaPhi(phi[other], phi[candidate])
      if dEta * dEta + dPhi * dPhi <= radius { sum += pt[other] }
    }
    return sum / pt[candidate]
  }
}
