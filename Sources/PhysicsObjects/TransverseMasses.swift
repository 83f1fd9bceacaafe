import Foundation

/// The missing transverse momentum, in GeV.
public struct MissingMomentum: Hashable, Sendable {
  public var px, py: Double

  public init(px: Double, py: Double) {
    self.px = px
    self.py = py
  }

  public init(magnitude: Double, phi: Double) { self.init(px: magnitude * cos(phi), py: magnitude * sin(phi)) }

  public var magnitude: Double { (px * px + py * py).squareRoot() }
}

/// The longitudinal momentum in GeV of a neutrino that carries the missing transverse momentum and makes a mass of
/// `parentMass` (a W boson's) with `lepton`, taken as massless: of the two solutions the smaller one, their real part where
/// they are complex.
public func neutrinoLongitudinalMomentum(
  lepton: FourMomentum, missing: MissingMomentum, parentMass: Double = 80.379
) -> Double {
  let ptSquare = lepton.px * lepton.px + lepton.py * lepton.py
  guard ptSquare > 0 else { return 0 }
  let product = parentMass * parentMass / 2 + lepton.px * missing.px + lepton.py * missing.py
  let centre = product * lepton.pz / ptSquare
  let missingSquare = missing.px * missing.px + missing.py * missing.py
  let discriminant = product * product - ptSquare * missingSquare
  guard discriminant > 0 else { return centre }
  let half = lepton.momentum * discriminant.squareRoot() / ptSquare
  return abs(centre - half) < abs(centre + half) ? centre - half : centre + half
}

/// The stransverse mass m_T2 in GeV of two visible systems (C. G. Lester, D. J. Summers, Phys. Lett. B 463 (1999) 99): the
/// smallest possible larger one of two transverse masses, over all ways to share the missing transverse momentum between two
/// invisible particles of `invisibleMass`.
///
/// The larger of two transverse masses is convex in the shared momentum. Along one axis its least value is at the minimum of
/// one of both or where they are equal; along the other it is searched for. Relative error below 1e-9.
public func stransverseMass(
  _ first: FourMomentum, _ second: FourMomentum, missing: MissingMomentum, invisibleMass: Double = 0
) -> Double {
  let sides = (
    TransverseSide(first, invisibleMass: invisibleMass), TransverseSide(second, invisibleMass: invisibleMass)
  )
  func value(x: Double) -> Double { leastLargerMass(sides.0, sides.1, missing, x: x) }
  let scale = max(
    abs(missing.px), abs(missing.py), sides.0.energy, sides.1.energy, invisibleMass, .leastNormalMagnitude)
  // Outwards until the value rises on both sides of the middle.
  var middle = 0.0, atMiddle = value(x: 0)
  var low = -scale, high = scale
  var atLow = value(x: low), atHigh = value(x: high)
  for _ in 0..<60 where atLow < atMiddle || atHigh < atMiddle {
    if atLow < atHigh {
      (high, atHigh, middle, atMiddle) = (middle, atMiddle, low, atLow)
      low = middle - 2 * (high - middle)
      atLow = value(x: low)
    } else {
      (low, atLow, middle, atMiddle) = (middle, atMiddle, high, atHigh)
      high = middle + 2 * (middle - low)
      atHigh = value(x: high)
    }
  }
  return min(atMiddle, goldenMinimum(from: low, to: high, value)).squareRoot()
}

/// One side of m_T2: m_T² = m² + m_χ² + 2 (E_T √(m_χ² + q²) − p·q).
private struct TransverseSide {
  let px, py, energy, massSquare, constant, invisibleSquare: Double

  init(_ visible: FourMomentum, invisibleMass: Double) {
    px = visible.px
    py = visible.py
    massSquare = max(visible.massSquared, 0)
    energy = (massSquare + px * px + py * py).squareRoot()
    invisibleSquare = invisibleMass * invisibleMass
    constant = massSquare + invisibleSquare
  }

  /// m_T² with an invisible momentum q.
  ///
  // E_T √(m_χ² + q²) − p·q cancels where both are parallel: there the difference of the squares, which is a sum of
  // squares, is divided by the sum.
  func massSquare(_ x: Double, _ y: Double) -> Double {
    let invisibleTransverse = invisibleSquare + x * x + y * y
    let product = energy * invisibleTransverse.squareRoot()
    let along = px * x + py * y
    guard along > 0 else { return constant + 2 * (product - along) }
    let across = px * y - py * x
    let squares = massSquare * invisibleTransverse + (px * px + py * py) * invisibleSquare + across * across
    return constant + 2 * squares / (product + along)
  }

  /// Where m_T² is least for a given q_x; infinite where it falls for ever.
  func leastY(_ x: Double) -> Double {
    let rest = energy * energy - py * py
    let transverse = (invisibleSquare + x * x).squareRoot()
    guard rest > 0 else { return transverse == 0 && py == 0 ? 0 : py > 0 ? .infinity : -.infinity }
    return py * transverse / rest.squareRoot()
  }
}

/// The least larger m_T² for a given x component of the first side's invisible momentum.
private func leastLargerMass(
  _ first: TransverseSide, _ second: TransverseSide, _ missing: MissingMomentum, x: Double
) -> Double {
  let otherX = missing.px - x
  func one(_ y: Double) -> Double { first.massSquare(x, y) }
  func two(_ y: Double) -> Double { second.massSquare(otherX, missing.py - y) }
  let bound = 1e6 * (1 + abs(x) + missing.magnitude + first.energy + second.energy)
  var low = min(max(first.leastY(x), -bound), bound)
  var high = missing.py - min(max(second.leastY(otherX), -bound), bound)
  if one(low) >= two(low) { return one(low) }
  if two(high) >= one(high) { return two(high) }
  // Between both minima the first rises and the second falls: they meet once (Illinois variant of regula falsi).
  var atLow = one(low) - two(low), atHigh = one(high) - two(high)
  for _ in 0..<80 where abs(high - low) > 1e-13 * (abs(high) + abs(low)) {
    let next = (low * atHigh - high * atLow) / (atHigh - atLow)
    let difference = one(next) - two(next)
    if difference == 0 { return one(next) }
    if difference * atHigh < 0 {
      (low, atLow) = (high, atHigh)
    } else {
      atLow /= 2
    }
    (high, atHigh) = (next, difference)
  }
  return max(one(high), two(high))
}

/// The least value of a convex function on an interval, by golden section.
private func goldenMinimum(from low: Double, to high: Double, _ value: (Double) -> Double) -> Double {
  let ratio = 0.618_033_988_749_894_8
  var (a, d) = (low, high)
  var b = d - ratio * (d - a), c = a + ratio * (d - a)
  var atB = value(b), atC = value(c)
  for _ in 0..<90 where d - a > 1e-12 * (abs(a) + abs(d)) {
    if atB < atC {
      (d, c, atC) = (c, b, atB)
      b = d - ratio * (d - a)
      atB = value(b)
    } else {
      (a, b, atB) = (b, c, atC)
      c = a + ratio * (d - a)
      atC = value(c)
    }
  }
  return min(atB, atC)
}
