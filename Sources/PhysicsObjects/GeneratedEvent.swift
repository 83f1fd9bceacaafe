/// What a row of a `GeneratedEvent` is. A particle that plays two roles has two rows.
public enum ParticleRole {
  /// A stable particle that reaches the detector.
  public static let final: Int32 = 1
  /// A hadron with a b or c quark just before its weak decay, or a τ before its decay.
  public static let decayed: Int32 = 2
  /// A quark or gluon just before hadronisation, after showers.
  public static let parton: Int32 = 3
  /// An incoming parton of the hard process.
  public static let hardIncoming: Int32 = 21
  /// A resonance of the hard process (t, W, Z, H, T, …), as produced.
  public static let hardResonance: Int32 = 22
  /// An outgoing particle of the hard process, or of the decay of one of its resonances, before showers.
  public static let hardOutgoing: Int32 = 23
}

/// One generated collision: a struct of arrays with one row a particle, filled in place by the generator and reused
/// from event to event.
///
/// All columns have the same count. Units: GeV; vertices in mm, production time in mm/c.
public struct GeneratedEvent: Sendable {
  /// PDG id, negative for antiparticles.
  public var pdgID: [Int32] = []
  /// Role of the row: a constant of `ParticleRole`.
  public var status: [Int32] = []
  public var px: [Double] = []
  public var py: [Double] = []
  public var pz: [Double] = []
  public var energy: [Double] = []
  public var mass: [Double] = []
  /// Production vertex in mm.
  public var x: [Double] = []
  public var y: [Double] = []
  public var z: [Double] = []
  /// Production time in mm/c.
  public var t: [Double] = []
  /// Charge in units of e/3.
  public var charge: [Int8] = []
  /// Row of the nearest ancestor that has a row, −1 without one. Hadrons made in hadronisation have none.
  public var mother: [Int32] = []

  /// The generator's event weight; 1 for unweighted generation.
  public var weight = 1.0
  /// The generator's code of the hard process.
  public var processCode = 0
  /// Transverse momentum of the hard 2→2 process in its rest frame, in GeV; 0 for 2→1.
  public var pTHat = 0.0
  /// Renormalisation scale of the hard process in GeV, and α_S there.
  public var scale = 0.0
  public var alphaS = 0.0
  /// Scalar sum of transverse momenta, neutrinos left out, when the shower had come down to the process card's
  /// `showerScale`, GeV; 0 where the slice has no `showerSum`.
  public var showerSum = 0.0

  public init() {}

  public var count: Int { pdgID.count }

  /// Makes all columns `count` rows long. Rows keep their values where they exist; new rows are zero.
  public mutating func resize(to count: Int) {
    precondition(count >= 0, "need a row count of at least 0, got \(count)")
    resizeColumn(&pdgID, count)
    resizeColumn(&status, count)
    resizeColumn(&px, count)
    resizeColumn(&py, count)
    resizeColumn(&pz, count)
    resizeColumn(&energy, count)
    resizeColumn(&mass, count)
    resizeColumn(&x, count)
    resizeColumn(&y, count)
    resizeColumn(&z, count)
    resizeColumn(&t, count)
    resizeColumn(&charge, count)
    resizeColumn(&mother, count)
  }

  /// Adds a row; for tests and hand-made events.
  public mutating func append(
    pdgID: Int32, status: Int32 = ParticleRole.final, px: Double, py: Double, pz: Double, energy: Double,
    mass: Double = 0, x: Double = 0, y: Double = 0, z: Double = 0, t: Double = 0, charge: Int8 = 0, mother: Int32 = -1
  ) {
    self.pdgID.append(pdgID)
    self.status.append(status)
    self.px.append(px)
    self.py.append(py)
    self.pz.append(pz)
    self.energy.append(energy)
    self.mass.append(mass)
    self.x.append(x)
    self.y.append(y)
    self.z.append(z)
    self.t.append(t)
    self.charge.append(charge)
    self.mother.append(mother)
  }

  public mutating func removeAll() { resize(to: 0) }
}

private func resizeColumn<Value: Numeric>(_ column: inout [Value], _ count: Int) {
  if column.count > count {
    column.removeLast(column.count - count)
  } else if column.count < count {
    column.append(contentsOf: repeatElement(0, count: count - column.count))
  }
}
