import Foundation
import Records

/// A reconstructed charged particle.
struct Track {
  var id: Int32
  var px, py, pz, energy: Double
  /// Where it enters the calorimeters.
  var impactEta, impactPhi: Double
  /// σ(p_T)/p_T.
  var resolution: Double
  /// Row of the generated particle.
  var particle: Int32

  var pt: Double { (px * px + py * py).squareRoot() }
  var eta: Double { asinh(pz / pt) }
  var phi: Double { atan2(py, px) }

  mutating func scale(_ factor: Double) {
    px *= factor
    py *= factor
    pz *= factor
    energy *= factor
  }
}

/// Energy in a calorimeter that no track accounts for.
struct NeutralDeposit {
  var energy, eta, phi: Double
}

/// One calorimeter: collects deposits in towers, smears them, and shares energy between tracks and neutral particles, as
/// Delphes' energy flow does (arXiv:1307.6346, section 2.3).
///
/// Reused from event to event; only the towers that were hit are visited.
struct CalorimeterSimulation {
  private let card: DetectorCard.Calorimeter
  private let grid: TowerGrid
  /// Slot in `hit` by cell, −1 for untouched ones.
  private var slots: [Int32]
  private var hit: [Tower] = []

  private struct Tower {
    var cell: Int
    /// Deposited by all particles.
    var energy = 0.0
    var tracks: [Int32] = []
  }

  init(_ card: DetectorCard.Calorimeter) {
    self.card = card
    grid = TowerGrid(card.grid)
    slots = Array(repeating: -1, count: grid.count)
  }

  mutating func removeAll() {
    for tower in hit { slots[tower.cell] = -1 }
    hit.removeAll(keepingCapacity: true)
  }

  private mutating func slot(eta: Double, phi: Double) -> Int? {
    guard let cell = grid.cell(eta: eta, phi: phi) else { return nil }
    if slots[cell] < 0 {
      slots[cell] = Int32(hit.count)
      hit.append(Tower(cell: cell))
    }
    return Int(slots[cell])
  }

  mutating func deposit(_ energy: Double, eta: Double, phi: Double) {
    guard energy > 0, let slot = slot(eta: eta, phi: phi) else { return }
    hit[slot].energy += energy
  }

  /// A track that leaves energy here.
  mutating func point(track: Int32, eta: Double, phi: Double) {
    guard let slot = slot(eta: eta, phi: phi) else { return }
    hit[slot].tracks.append(track)
  }

  /// Smears the towers and shares their energy: neutral excesses are appended, and tracks in towers without one are
  /// scaled to the best combined estimate.
  mutating func finish(
    tracks: inout [Track], neutrals: inout [NeutralDeposit], random: inout RandomStream
  ) {
    // The order of the cells, so that the random numbers do not depend on the order of the particles.
    hit.sort { $0.cell < $1.cell }
    for tower in hit {
      let bounds = grid.bounds(of: tower.cell)
      // Each tower takes the same numbers whatever happens in it.
      let smearing = random.normal()
      let eta = random.uniform(in: bounds.eta)
      let phi = random.uniform(in: bounds.phi)
      let centre = (bounds.eta.lowerBound + bounds.eta.upperBound) / 2
      var energy = logNormal(tower.energy, card.sigma(energy: tower.energy, eta: centre), smearing)
      let sigma = card.sigma(energy: energy, eta: centre)
      if energy < card.threshold || energy < card.significance * sigma { energy = 0 }
      share(tower, energy, sigma, eta, phi, &tracks, &neutrals)
    }
  }

  private func share(
    _ tower: Tower, _ energy: Double, _ sigma: Double, _ eta: Double, _ phi: Double, _ tracks: inout [Track],
    _ neutrals: inout [NeutralDeposit]
  ) {
    var charged = 0.0
    var variance = 0.0
    for index in tower.tracks {
      let track = tracks[Int(index)]
      charged += track.energy
      let error = track.resolution * track.energy
      variance += error * error
    }
    let excess = energy - charged
    let combined = (variance + sigma * sigma).squareRoot()
    if excess > card.threshold, excess > card.significance * combined {
      neutrals.append(NeutralDeposit(energy: excess, eta: eta, phi: phi))
    } else if charged > 0, energy > 0 {
      let (ofTracks, ofTower) = (variance > 0 ? 1 / variance : 0, sigma > 0 ? 1 / (sigma * sigma) : 0)
      guard ofTracks + ofTower > 0 else { return }
      let best = (ofTracks * charged + ofTower * energy) / (ofTracks + ofTower)
      for index in tower.tracks { tracks[Int(index)].scale(best / charged) }
    }
  }
}

/// A log-normal number with the given mean and standard deviation: never negative, as energies are.
func logNormal(_ mean: Double, _ sigma: Double, _ normal: Double) -> Double {
  guard mean > 0, sigma > 0 else { return max(0, mean) }
  let ratio = sigma / mean
  let width = log1p(ratio * ratio).squareRoot()
  return exp(log(mean) - width * width / 2 + width * normal)
}
