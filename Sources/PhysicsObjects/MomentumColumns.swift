/// Many four-momenta as a struct of arrays in GeV, all of one count: the form that clustering takes. Reused from event to
/// event without new allocations.
public struct MomentumColumns: Hashable, Sendable {
  public private(set) var px: [Double] = []
  public private(set) var py: [Double] = []
  public private(set) var pz: [Double] = []
  public private(set) var energy: [Double] = []

  public init() {}

  public init(_ momenta: some Sequence<FourMomentum>) {
    for momentum in momenta { append(momentum) }
  }

  public var count: Int { px.count }

  public mutating func append(px: Double, py: Double, pz: Double, energy: Double) {
    self.px.append(px)
    self.py.append(py)
    self.pz.append(pz)
    self.energy.append(energy)
  }

  public mutating func append(_ momentum: FourMomentum) {
    append(px: momentum.px, py: momentum.py, pz: momentum.pz, energy: momentum.energy)
  }

  /// Empties the columns and keeps their memory.
  public mutating func removeAll() {
    px.removeAll(keepingCapacity: true)
    py.removeAll(keepingCapacity: true)
    pz.removeAll(keepingCapacity: true)
    energy.removeAll(keepingCapacity: true)
  }

  public subscript(index: Int) -> FourMomentum {
    FourMomentum(px: px[index], py: py[index], pz: pz[index], energy: energy[index])
  }
}
