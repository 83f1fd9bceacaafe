import Foundation
import TestSupport
import Testing

@testable import EventGeneration

/// `Tests/Reference/matrix-elements`: spin sums at 50 digits by traces in another representation.
struct MatrixElementReference: Decodable {
  struct Point: Decodable, CustomTestStringConvertible {
    var energy, cosTheta, m3, m4, s, t, u, value: Double
    var testDescription: String { "√ŝ = \(energy), cos θ = \(cosTheta), m₃ = \(m3), m₄ = \(m4)" }
  }

  var topZ, vectorExchange: [Point]

  static func load() throws -> MatrixElementReference {
    let data = try Data(contentsOf: referenceURL("matrix-elements/spin-sums.json"))
    return try JSONDecoder().decode(MatrixElementReference.self, from: data)
  }
}

/// Kinematics of two massless partons with given outgoing masses; t̂ against parton 1.
func kinematics(
  energy: Double, cosTheta: Double, m3: Double, m4: Double, id1: Int, id2: Int, alphaS: Double = 0.1,
  alphaEM: Double = 1.0 / 128
) -> HardKinematics {
  let s = energy * energy
  let (a, b) = (m3 * m3, m4 * m4)
  let root = ((s - a - b) * (s - a - b) - 4 * a * b).squareRoot()
  let t = -0.5 * (s - a - b - root * cosTheta)
  return HardKinematics(
    sHat: s, tHat: t, uHat: a + b - s - t, m3: m3, m4: m4, alphaS: alphaS, alphaEM: alphaEM, id1: id1, id2: id2)
}

/// ∫ f over [low, high] by Gauss–Legendre with 5 points on each of `panels` parts.
func integral(from low: Double, to high: Double, panels: Int = 8, _ f: (Double) -> Double) -> Double {
  let nodes = [0, 0.538_469_310_105_683_1, 0.906_179_845_938_664_0]
  let weights = [0.568_888_888_888_888_9, 0.478_628_670_499_366_5, 0.236_926_885_056_189_1]
  let half = 0.5 * (high - low) / Double(panels)
  var sum = 0.0
  for panel in 0..<panels {
    let centre = low + half * Double(2 * panel + 1)
    sum += weights[0] * f(centre)
    for index in 1...2 {
      sum += weights[index] * (f(centre - half * nodes[index]) + f(centre + half * nodes[index]))
    }
  }
  return sum * half
}
