/// q g → t Z through a flavour-changing vertex, q = u or c, and its charge conjugate, at leading order.
///
/// Two diagrams: the quark absorbs the gluon and turns into t and Z (s channel), or the gluon is absorbed by the top
/// that the quark has turned into (u channel). All t and Z masses are kept, the light quark is massless.
/// The cross-section goes with the square of the vertex, so with vertices at BR(t → qZ) = 1e-4 a signal
/// strength μ is BR / 1e-4. Decays of t and Z are left to the generator and carry no spin correlation.
public struct TopZProduction: HardProcess {
  /// The t-u-Z and t-c-Z vertices.
  public let upVertex, charmVertex: TopZVertex
  public let descriptor = HardProcessDescriptor(
    name: "q g -> t Z (flavour-changing)", code: 10_001, flux: .quarkGluon, outgoing: (6, 23),
    colourFlow: .quarkGluonToTriplet)

  public init(upVertex: TopZVertex, charmVertex: TopZVertex = TopZVertex(coupling: 0)) {
    self.upVertex = upVertex
    self.charmVertex = charmVertex
  }

  public func differentialCrossSection(_ k: HardKinematics) -> Double {
    guard let vertex = vertex(k.id1, k.id2), vertex.coupling > 0 else { return 0 }
    let coupling = vertex.coupling * vertex.coupling * vertex.parameters.neutralCouplingSquared(alphaEM: k.alphaEM)
    let strong = 4 * Double.pi * k.alphaS
    // 1/(2·2) spins, 1/(3·8) colours, Tr T^a T^a = 4.
    let average = 1.0 / 24
    let flux = 16 * Double.pi * k.sHat * k.sHat
    // The bracket's terms cancel; rounding may leave a sum of squares that vanishes a little below zero.
    return max(0, strong * coupling * average * Self.squaredAmplitude(k.sHat, k.uHat, m3: k.m3, m4: k.m4) / flux)
  }

  private func vertex(_ id1: Int, _ id2: Int) -> TopZVertex? {
    let quark = id1 == 21 ? id2 : id1
    guard id1 == 21 || id2 == 21 else { return nil }
    return switch abs(quark) {
    case 2: upVertex
    case 4: charmVertex
    default: nil
    }
  }

  /// Σ|M|² over helicities, with couplings and colour taken out.
  ///
  /// With x = û − m², Δ = M² − m², B = 2M² + m² (m the top's, M the Z's mass) the trace of the two diagrams,
  /// summed with −g^{μν} for the gluon and −g^{μν} + k^μ k^ν/M² for the Z, is
  ///
  ///     2B/(M² ŝ x²) · [−x³ + 2Δx² − (2Δ² − 2Δŝ + ŝ²) x + 2m²ŝΔ − 2m²ŝx²/B].
  ///
  /// For m → 0 it becomes 4(ŝ² + û² + 2M²t̂)/(−ŝû), the shape of q g → q′ W.
  static func squaredAmplitude(_ sHat: Double, _ uHat: Double, m3: Double, m4: Double) -> Double {
    let (topSquared, zSquared) = (m3 * m3, m4 * m4)
    let x = uHat - topSquared
    let difference = zSquared - topSquared
    let sum = 2 * zSquared + topSquared
    let quadratic = 2 * difference * (difference - sHat) + sHat * sHat
    let bracket =
      x * (x * (2 * difference - x - 2 * topSquared * sHat / sum) - quadratic) + 2 * topSquared * sHat * difference
    return 2 * sum * bracket / (zSquared * sHat * x * x)
  }
}
