internal import CFastJet
import PhysicsObjects

/// Clusters events into jets with FastJet; owns its buffers, so reuse one for many events.
///
/// A clusterer holds the last event and its current jets, by falling transverse momentum, without an object for each:
/// ```swift
/// try clusterer.cluster(particles, JetDefinition(.antiKt, radius: 0.4))
/// try clusterer.takeInclusiveJets(ptMin: 20)
/// for jet in 0..<clusterer.jetCount { histogram.fill(clusterer.momentum(ofJet: jet).pt) }
/// ```
/// Not `Sendable`: one task uses it at a time; several clusterers may run at once.
public final class JetClusterer {
  private let handle: OpaquePointer
  private var jets = cfastjet_jets()

  /// The version of the FastJet library.
  public static var libraryVersion: String { String(cString: cfastjet_version()) }

  public init() throws(JetClusteringError) {
    guard let handle = cfastjet_create() else { throw JetClusteringError(reason: "FastJet could not be set up") }
    self.handle = handle
  }

  deinit { cfastjet_destroy(handle) }

  /// Clusters momenta; the jets are then there to be taken, none is current yet.
  ///
  /// Cost: N ln N to N² in the number of momenta, about 0.1 ms at N = 300.
  /// - Throws: ``JetClusteringError`` if a component is not finite or an energy is zero, naming the row.
  public func cluster(_ momenta: MomentumColumns, _ definition: JetDefinition) throws(JetClusteringError) {
    jets = cfastjet_jets()
    let status = momenta.px.withUnsafeBufferPointer { px in
      momenta.py.withUnsafeBufferPointer { py in
        momenta.pz.withUnsafeBufferPointer { pz in
          momenta.energy.withUnsafeBufferPointer { energy -> Int32 in
            guard let x = px.baseAddress, let y = py.baseAddress, let z = pz.baseAddress, let e = energy.baseAddress
            else {
              var nothing = 0.0
              return cfastjet_cluster(handle, &nothing, &nothing, &nothing, &nothing, 0, definition.native)
            }
            return cfastjet_cluster(handle, x, y, z, e, px.count, definition.native)
          }
        }
      }
    }
    try check(status)
  }

  /// Makes the inclusive jets above a transverse momentum in GeV the current ones.
  public func takeInclusiveJets(ptMin: Double) throws(JetClusteringError) {
    try check(cfastjet_inclusive(handle, ptMin))
  }

  /// Makes the exclusive jets at the stage with `count` jets current; fewer where there are fewer momenta.
  public func takeExclusiveJets(count: Int) throws(JetClusteringError) {
    precondition(count > 0, "need at least one exclusive jet, got \(count)")
    try check(cfastjet_exclusive_count(handle, Int32(clamping: count)))
  }

  /// Makes the exclusive jets at the stage where all distances exceed `dCut` (GeV^2p) current.
  public func takeExclusiveJets(distance dCut: Double) throws(JetClusteringError) {
    try check(cfastjet_exclusive_distance(handle, dCut))
  }

  /// Trims the current jets in place. They keep their order, which is that before trimming.
  public func trim(_ definition: TrimmingDefinition) throws(JetClusteringError) {
    try check(cfastjet_trim(handle, definition.subjets.native, definition.ptFraction))
  }

  /// The number of current jets.
  public var jetCount: Int { jets.count }

  /// The four-momentum of a current jet.
  public func momentum(ofJet jet: Int) -> FourMomentum {
    guard jet >= 0, jet < jets.count, let px = jets.px, let py = jets.py, let pz = jets.pz, let energy = jets.energy
    else {
      preconditionFailure("jet \(jet) of \(jets.count)")
    }
    return FourMomentum(px: px[jet], py: py[jet], pz: pz[jet], energy: energy[jet])
  }

  /// Calls `body` with the rows of the momenta that make a current jet.
  public func withConstituents<Result>(ofJet jet: Int, _ body: (UnsafeBufferPointer<Int32>) -> Result) -> Result {
    guard jet >= 0, jet < jets.count, let offsets = jets.offsets else {
      preconditionFailure("jet \(jet) of \(jets.count)")
    }
    let first = Int(offsets[jet])
    return body(UnsafeBufferPointer(start: jets.constituents.map { $0 + first }, count: Int(offsets[jet + 1]) - first))
  }

  /// The rows of the momenta that make a current jet.
  public func constituents(ofJet jet: Int) -> [Int] { withConstituents(ofJet: jet) { $0.map(Int.init) } }

  /// The history of the last clustering, the inputs first.
  public var history: [RecombinationStep] {
    var first: UnsafePointer<Int32>?
    var second: UnsafePointer<Int32>?
    var distance: UnsafePointer<Double>?
    let count = cfastjet_history(handle, &first, &second, &distance)
    guard let first, let second, let distance else { return [] }
    return (0..<count).map { RecombinationStep(first: first[$0], second: second[$0], distance: distance[$0]) }
  }

  private func check(_ status: Int32) throws(JetClusteringError) {
    jets = cfastjet_result(handle)
    guard status == 0 else { throw JetClusteringError(reason: String(cString: cfastjet_last_error(handle))) }
  }
}

/// A row of a clustering history.
public enum RecombinationStep: Hashable, Sendable {
  /// An input momentum.
  case input
  /// Two earlier rows became this one, at a distance d_ij.
  case joined(first: Int, second: Int, distance: Double)
  /// An earlier row became an inclusive jet, at a distance d_iB.
  case beam(row: Int, distance: Double)

  init(first: Int32, second: Int32, distance: Double) {
    if first < 0 {
      self = .input
    } else if second < 0 {
      self = .beam(row: Int(first), distance: distance)
    } else {
      self = .joined(first: Int(first), second: Int(second), distance: distance)
    }
  }
}

extension JetDefinition {
  fileprivate var native: cfastjet_definition {
    let kind =
      switch algorithm {
      case .kt: CFASTJET_KT
      case .cambridgeAachen: CFASTJET_CAMBRIDGE_AACHEN
      case .antiKt: CFASTJET_ANTI_KT
      case .generalizedKt: CFASTJET_GENERALIZED_KT
      }
    let scheme =
      switch recombination {
      case .energy: CFASTJET_E_SCHEME
      case .pt: CFASTJET_PT_SCHEME
      case .winnerTakesAll: CFASTJET_WINNER_TAKES_ALL_PT
      }
    return cfastjet_definition(
      algorithm: Int32(kind), recombination: Int32(scheme), radius: radius, power: algorithm.power)
  }
}
