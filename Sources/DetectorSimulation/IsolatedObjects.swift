import PhysicsObjects
import Records

/// The identified, isolated electrons, muons and photons of an event, each by falling p_T.
struct IsolatedObjects {
  struct Object {
    /// Row among the candidates of the energy flow.
    var candidate: Int
    var pt, eta, phi: Double
    var isPositive: Bool
  }

  private(set) var electrons: [Object] = []
  private(set) var muons: [Object] = []
  private(set) var photons: [Object] = []

  init(
    _ card: DetectorCard, _ candidates: Candidates, _ tracks: [Track], _ event: borrowing GeneratedEvent,
    _ random: inout RandomStream
  ) {
    func isolated(_ candidate: Int, _ rules: DetectorCard.Identification, positive: Bool) -> Object? {
      let (pt, eta) = (candidates.pt[candidate], candidates.eta[candidate])
      let efficiency = DetectorCard.efficiency(rules.efficiency, pt: pt, eta: eta)
      guard efficiency > 0, random.uniform() < efficiency, candidates.isolation(of: candidate, rules) <= rules.isolation
      else { return nil }
      return Object(candidate: candidate, pt: pt, eta: eta, phi: candidates.phi[candidate], isPositive: positive)
    }
    for (index, track) in tracks.enumerated() {
      // A particle's code is positive for e⁻ and μ⁻.
      if abs(track.id) == 11, let object = isolated(index, card.electrons, positive: track.id < 0) {
        electrons.append(object)
      } else if abs(track.id) == 13, let object = isolated(index, card.muons, positive: track.id < 0) {
        muons.append(object)
      }
    }
    for index in candidates.photons {
      if let object = isolated(index, card.photons, positive: false) { photons.append(object) }
    }
    electrons.sort { $0.pt > $1.pt }
    muons.sort { $0.pt > $1.pt }
    photons.sort { $0.pt > $1.pt }
  }

  var all: [Object] { photons + electrons + muons }
}
