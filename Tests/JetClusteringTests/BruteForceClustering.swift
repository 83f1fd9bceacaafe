import PhysicsObjects

/// The definition of sequential recombination, word for word: look at all pairs at every step. Four-momentum sums, order N³.
struct BruteForceClustering {
  struct Jet {
    var momentum: FourMomentum
    var members: [Int]
  }

  static func inclusiveJets(_ particles: [FourMomentum], power: Double, radius: Double, ptMin: Double) -> [Jet] {
    var live = particles.enumerated().map { Jet(momentum: $1, members: [$0]) }
    var jets = [Jet]()
    while !live.isEmpty {
      var best = (distance: Double.infinity, i: 0, j: -1)
      for i in live.indices {
        let scale = weight(live[i].momentum, power)
        if scale < best.distance { best = (scale, i, -1) }
        for j in (i + 1)..<max(live.count, i + 1) {
          let y = live[i].momentum.rapidity - live[j].momentum.rapidity
          let phi = live[i].momentum.deltaPhi(to: live[j].momentum)
          let distance = min(scale, weight(live[j].momentum, power)) * (y * y + phi * phi) / (radius * radius)
          if distance < best.distance { best = (distance, i, j) }
        }
      }
      if best.j < 0 {
        jets.append(live.remove(at: best.i))
      } else {
        let other = live.remove(at: best.j)
        live[best.i].momentum += other.momentum
        live[best.i].members += other.members
      }
    }
    return jets.filter { $0.momentum.pt >= ptMin }.sorted { $0.momentum.pt > $1.momentum.pt }
  }

  private static func weight(_ momentum: FourMomentum, _ power: Double) -> Double {
    let square = momentum.px * momentum.px + momentum.py * momentum.py
    return power == 1 ? square : power == 0 ? 1 : 1 / square
  }
}
