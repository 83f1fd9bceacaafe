import Foundation
import JetClustering
import PhysicsObjects
import Records

/// The jets of an event: R = 0.4 with flavour, tags and energy scale, and trimmed large-radius jets.
struct JetReconstruction {
  struct Jet {
    /// After the energy scale.
    var momentum: FourMomentum
    /// 5, 4, or 0.
    var flavour = 0
    var isTagged = false
    /// What the momentum is multiplied by in each variation, in the order of `ReconstructedEventBuffer.variations`.
    var variations: [Double]
  }

  let card: DetectorCard
  let clusterer: JetClusterer
  private(set) var jets: [Jet] = []
  private(set) var largeJets: [Jet] = []
  /// Σ p_x, Σ p_y over the energy flow.
  private(set) var sum = (x: 0.0, y: 0.0)

  init(card: DetectorCard, clusterer: JetClusterer) {
    self.card = card
    self.clusterer = clusterer
  }

  mutating func reconstruct(
    _ candidates: Candidates, _ leptons: IsolatedObjects, _ event: borrowing GeneratedEvent,
    _ random: inout RandomStream
  ) throws {
    for row in 0..<candidates.momenta.count {
      sum.x += candidates.momenta.px[row]
      sum.y += candidates.momenta.py[row]
    }
    let isolated = Set(leptons.all.map { Int32($0.candidate) })
    try findJets(candidates, isolated, event, &random)
    try findLargeJets(candidates, isolated)
  }

  private mutating func findJets(
    _ candidates: Candidates, _ isolated: Set<Int32>, _ event: borrowing GeneratedEvent, _ random: inout RandomStream
  ) throws {
    try clusterer.cluster(candidates.momenta, JetDefinition(.antiKt, radius: card.jets.radius))
    // The scale only raises momenta: whatever ends above the threshold is above half of it now.
    try clusterer.takeInclusiveJets(ptMin: card.jets.ptMin / 2)
    for index in 0..<clusterer.jetCount {
      // A jet that holds an isolated lepton or photon is that object.
      guard !clusterer.withConstituents(ofJet: index, { $0.contains(where: isolated.contains) }) else { continue }
      var jet = Jet(momentum: clusterer.momentum(ofJet: index), variations: [])
      jet.momentum.scale(card.jets.scale(pt: jet.momentum.pt, eta: jet.momentum.eta))
      let (pt, eta) = (jet.momentum.pt, jet.momentum.eta)
      let uncertainty = card.jets.uncertainty(pt: pt, eta: eta)
      guard pt * (1 + uncertainty) >= card.jets.ptMin else { continue }
      jet.variations = [1 + uncertainty, 1 - uncertainty]
      jet.flavour = flavour(of: jet.momentum, event)
      jet.isTagged = random.uniform() < card.tagEfficiency(flavour: jet.flavour, pt: pt, eta: eta)
      jets.append(jet)
    }
    jets.sort { $0.momentum.pt > $1.momentum.pt }
  }

  /// The heaviest of the b and c hadrons near the jet.
  private func flavour(of jet: FourMomentum, _ event: borrowing GeneratedEvent) -> Int {
    let (eta, phi) = (jet.eta, jet.phi)
    var found = 0
    for row in 0..<event.count where event.status[row] == ParticleRole.decayed {
      let quark = ParticleID(event.pdgID[row]).heaviestQuark
      guard quark > found, quark >= 4 else { continue }
      let pt = (event.px[row] * event.px[row] + event.py[row] * event.py[row]).squareRoot()
      guard pt > 0 else { continue }
      let distance = deltaR(
        eta1: asinh(event.pz[row] / pt), phi1: atan2(event.py[row], event.px[row]), eta2: eta, phi2: phi)
      if distance < card.bTagging.matchRadius { found = quark }
    }
    return found
  }

  private mutating func findLargeJets(_ candidates: Candidates, _ isolated: Set<Int32>) throws {
    let rules = card.largeJets
    try clusterer.cluster(candidates.momenta, JetDefinition(.antiKt, radius: rules.radius))
    try clusterer.takeInclusiveJets(ptMin: rules.ptMin)
    guard clusterer.jetCount > 0 else { return }
    // A jet most of whose momentum is isolated leptons or photons is no jet.
    let isJet = (0..<clusterer.jetCount).map { index in
      let own = clusterer.momentum(ofJet: index).pt
      let fromIsolated = clusterer.withConstituents(ofJet: index) { rows in
        rows.reduce(0.0) { isolated.contains($1) ? $0 + candidates.pt[Int($1)] : $0 }
      }
      return fromIsolated < own / 2
    }
    try clusterer.trim(
      TrimmingDefinition(subjets: JetDefinition(.kt, radius: rules.trimRadius), ptFraction: rules.trimFraction))
    for index in 0..<clusterer.jetCount where isJet[index] {
      let momentum = clusterer.momentum(ofJet: index)
      guard momentum.pt > 0 else { continue }
      let uncertainty = card.jets.uncertainty(pt: momentum.pt, eta: momentum.eta)
      largeJets.append(Jet(momentum: momentum, variations: [1 + uncertainty, 1 - uncertainty]))
    }
    largeJets.sort { $0.momentum.pt > $1.momentum.pt }
  }
}

extension FourMomentum {
  mutating func scale(_ factor: Double) {
    px *= factor
    py *= factor
    pz *= factor
    energy *= factor
  }
}

extension Detector {
  /// Writes the event's objects, with missing momentum and H_T for each variation.
  func write(_ leptons: IsolatedObjects, _ jets: JetReconstruction, into buffer: inout ReconstructedEventBuffer) {
    for (name, collection) in [("Jet", jets.jets), ("FatJet", jets.largeJets)] {
      for jet in collection {
        let momentum = jet.momentum
        let nominal = [momentum.pt, momentum.eta, momentum.phi, momentum.mass]
        let varied = jet.variations.flatMap { [momentum.pt * $0, momentum.mass * $0] }
        buffer.append(
          to: name, floats: nominal + varied,
          bytes: name == "Jet" ? [jet.isTagged ? 1 : 0, UInt8(jet.flavour)] : [])
      }
    }
    for object in leptons.electrons {
      buffer.append(to: "Electron", floats: [object.pt, object.eta, object.phi], bytes: [object.isPositive ? 1 : 0])
    }
    for object in leptons.muons {
      buffer.append(to: "Muon", floats: [object.pt, object.eta, object.phi], bytes: [object.isPositive ? 1 : 0])
    }
    for object in leptons.photons { buffer.append(to: "Photon", floats: [object.pt, object.eta, object.phi]) }
    let leptonSum = leptons.all.reduce(0) { $0 + $1.pt }
    let factors =
      [{ (_: JetReconstruction.Jet) in 1.0 }]
      + ReconstructedEventBuffer.variations.indices.map { variation in
        { (jet: JetReconstruction.Jet) in jet.variations[variation] }
      }
    buffer.finishEvent(
      factors.map { factor in
        var (x, y, ht) = (-jets.sum.x, -jets.sum.y, leptonSum)
        for jet in jets.jets {
          let scale = factor(jet)
          // What the jets gain, the missing momentum loses.
          x -= jet.momentum.px * (scale - 1)
          y -= jet.momentum.py * (scale - 1)
          if jet.momentum.pt * scale >= card.jets.ptMin { ht += jet.momentum.pt * scale }
        }
        return (met: (x * x + y * y).squareRoot(), phi: atan2(y, x), ht: ht)
      })
  }
}
