import Columns
import Foundation
import PhysicsObjects
import Records

/// Shoots single particles at a detector and measures efficiency and resolution in bins of p_T and |η|.
public struct ParticleGun: Sendable {
  /// What is shot.
  public enum Species: String, Hashable, Codable, Sendable, CaseIterable {
    case muon, electron, photon
    /// A charged pion, measured by its track.
    case hadron

    var code: Int32 {
      switch self {
      case .muon: 13
      case .electron: 11
      case .photon: 22
      case .hadron: 211
      }
    }

    var mass: Double {
      switch self {
      case .muon: ParticleMass.muon
      case .electron: ParticleMass.electron
      case .photon: 0
      case .hadron: ParticleMass.chargedPion
      }
    }

    var symbol: String {
      switch self {
      case .muon: "μ"
      case .electron: "e"
      case .photon: "γ"
      case .hadron: "π"
      }
    }

    var collection: String { rawValue.capitalized }
  }

  public var card: DetectorCard
  /// Particles in each bin of p_T and |η|.
  public var particlesPerBin: Int
  public var seed: SeedTree
  /// Edges in p_T (GeV) and |η|.
  public var ptEdges: [Double] = [15, 20, 30, 50, 80, 120, 200, 400]
  public var etaEdges: [Double] = [0, 0.5, 1.5, 2.4]

  public init(_ card: DetectorCard, particlesPerBin: Int, seed: SeedTree) {
    precondition(particlesPerBin >= 20, "need at least 20 particles a bin, got \(particlesPerBin)")
    self.card = card
    self.particlesPerBin = particlesPerBin
    self.seed = seed
  }

  /// An efficiency and a resolution curve for each range of |η|. Both carry the card's expectation.
  public func measure(_ species: Species, cancellation: CancellationToken? = nil) throws -> DetectorValidation {
    let detector = try Detector(species == .hadron ? trackerOnly : card)
    var curves = [DetectorValidation.Curve]()
    for (low, high) in zip(etaEdges, etaEdges.dropFirst()) {
      var efficiency = [DetectorValidation.Point]()
      var resolution = [DetectorValidation.Point]()
      for (ptLow, ptHigh) in zip(ptEdges, ptEdges.dropFirst()) {
        try cancellation?.check()
        let node = seed.child(species.rawValue).child("\(low) \(ptLow)")
        let shots = try shoot(species, detector, eta: low..<high, pt: ptLow..<ptHigh, node)
        efficiency.append(
          efficiencyPoint(
            low: ptLow, high: ptHigh, passed: shots.ratios.count, of: particlesPerBin, expected: shots.efficiency))
        guard let interval = CentralInterval(shots.ratios) else { continue }
        resolution.append(
          .init(
            low: ptLow, high: ptHigh, measured: interval.halfWidth, error: interval.halfWidthError,
            expected: shots.resolution, count: interval.count))
      }
      let title = "\(species.symbol), |η| \(low)–\(high)"
      curves.append(
        .init(
          name: "\(species.rawValue)_efficiency_\(low)_\(high)", title: title, xLabel: "p_T [GeV]",
          yLabel: "efficiency",
          points: efficiency))
      curves.append(
        .init(
          name: "\(species.rawValue)_resolution_\(low)_\(high)", title: title, xLabel: "p_T [GeV]",
          yLabel: species == .photon || species == .electron ? "σ(E)/E" : "σ(p_T)/p_T", points: resolution))
    }
    return DetectorValidation(curves: curves)
  }

  /// The card with calorimeters that pull no track.
  private var trackerOnly: DetectorCard {
    var card = card
    for index in card.hcal.resolution.indices {
      (card.hcal.resolution[index].constant, card.hcal.resolution[index].stochastic) = (0, 0)
      card.hcal.resolution[index].noise = 0
    }
    return card
  }

  private func shoot(
    _ species: Species, _ detector: Detector, eta: Range<Double>, pt: Range<Double>, _ node: SeedTree
  ) throws -> (ratios: [Double], efficiency: Double, resolution: Double) {
    var random = node.stream()
    var buffer = ReconstructedEventBuffer()
    var event = GeneratedEvent()
    var energies = [Double]()
    var found = [Double?]()
    var (efficiency, variance) = (0.0, 0.0)
    for _ in 0..<particlesPerBin {
      let side = random.uniform() < 0.5 ? -1.0 : 1.0
      let (pt, eta) = (random.uniform(in: pt), side * random.uniform(in: eta))
      let momentum = FourMomentum(pt: pt, eta: eta, phi: random.uniform(in: -Double.pi..<Double.pi), mass: species.mass)
      event.removeAll()
      event.append(
        pdgID: species.code, px: momentum.px, py: momentum.py, pz: momentum.pz, energy: momentum.energy,
        mass: species.mass, charge: Int8(ParticleID(species.code).chargeThirds))
      try detector.simulate(event, random: &random, into: &buffer)
      if species == .hadron { found.append(detector.tracks.first.map { $0.pt / pt }) }
      energies.append(species == .muon ? pt : momentum.energy)
      let expected = expectation(species, pt: pt, eta: eta, energy: momentum.energy)
      efficiency += expected.efficiency
      variance += expected.spread * expected.spread
    }
    if species != .hadron { found = try ratios(buffer.makeTable(), species, energies) }
    let count = Double(particlesPerBin)
    return (found.compactMap { $0 }, efficiency / count, (variance / count).squareRoot())
  }

  /// Measured over true: transverse momentum of muons, energy of electrons and photons; `nil` where none is found.
  private func ratios(_ table: Table, _ species: Species, _ truth: [Double]) throws -> [Double?] {
    let pt = try table.column("\(species.collection)_pt")
    let eta = try table.column("\(species.collection)_eta")
    guard case .float32(let pts) = pt.values, case .float32(let etas) = eta.values, let offsets = pt.offsets else {
      return []
    }
    return truth.indices.map { row in
      guard offsets[row] < offsets[row + 1] else { return nil }
      let first = offsets[row]
      let measured = Double(pts[first]) * (species == .muon ? 1 : cosh(Double(etas[first])))
      return measured / truth[row]
    }
  }

  private func expectation(
    _ species: Species, pt: Double, eta: Double, energy: Double
  ) -> (efficiency: Double, spread: Double) {
    func track(_ regions: [DetectorCard.EfficiencyRegion]) -> Double {
      DetectorCard.efficiency(regions, pt: pt, eta: eta)
    }
    func spread(_ regions: [DetectorCard.TrackResolutionRegion]) -> Double {
      min(1, DetectorCard.relativeResolution(regions, pt: pt, eta: eta) ?? 0)
    }
    let tower = card.ecal.sigma(energy: energy, eta: eta) / energy
    switch species {
    case .muon:
      return (
        track(card.trackingEfficiency.muons) * track(card.muons.efficiency),
        halfWidthOfLogNormal(spread(card.trackingResolution.muons))
      )
    case .electron:
      // Track and tower are combined with their variances as weights.
      let own = spread(card.trackingResolution.electrons)
      return (
        track(card.trackingEfficiency.electrons) * track(card.electrons.efficiency) * (1 - splitting(own, tower)),
        halfWidthOfLogNormal(own * tower / (own * own + tower * tower).squareRoot())
      )
    case .photon: return (track(card.photons.efficiency), halfWidthOfLogNormal(tower))
    case .hadron:
      return (track(card.trackingEfficiency.hadrons), halfWidthOfLogNormal(spread(card.trackingResolution.hadrons)))
    }
  }

  /// The share of electrons that the energy flow splits into a track and a photon, which then spoils their isolation: the
  /// tower exceeds the track by `significance` combined errors and by the isolation limit. With t the track's energy over
  /// the true one that is t < t*, where 1 − t* = max(s √(r² t*² + σ²), limit · t*).
  private func splitting(_ track: Double, _ tower: Double) -> Double {
    var (low, high) = (0.0, 1.0)
    for _ in 0..<50 {
      let t = (low + high) / 2
      let needed = max(
        card.ecal.significance * (track * track * t * t + tower * tower).squareRoot(), card.electrons.isolation * t)
      if 1 - t > needed { low = t } else { high = t }
    }
    let width = log1p(track * track)
    let spread = (width + log1p(tower * tower)).squareRoot()
    return low > 0 ? erfc(-(log(low) + width / 2) / (spread * 2.0.squareRoot())) / 2 : 0
  }

  /// Half the distance of the 16 % and 84 % quantiles of a log-normal with mean 1: e^(−w²/2) sinh w, w² = ln(1 + σ²).
  private func halfWidthOfLogNormal(_ sigma: Double) -> Double {
    let width = log1p(sigma * sigma).squareRoot()
    return exp(-width * width / 2) * sinh(width)
  }
}
