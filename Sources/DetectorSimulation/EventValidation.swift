import Columns
import Foundation
import JetClustering
import PhysicsObjects
import Records

/// Measures jets, b-tags and lepton pairs on generated events: truth beside what the detector makes of it.
///
/// Not `Sendable`: it owns a detector and its buffers.
public final class EventValidation {
  public let card: DetectorCard
  /// Edges in the p_T of truth jets, GeV.
  public let ptEdges: [Double]
  /// Masses of opposite-sign pairs of the two leading leptons above 25 GeV, in GeV.
  public private(set) var dimuonMasses: [Double] = []
  public private(set) var dielectronMasses: [Double] = []
  private let detector: Detector
  private let clusterer: JetClusterer
  private var buffer = ReconstructedEventBuffer()
  private var momenta = MomentumColumns()
  private var responses: [[[Double]]]
  private var tags: [Int: [TagCount]]

  private struct TagCount {
    var jets = 0
    var tagged = 0
    var expected = 0.0
  }

  private struct RecoJet {
    var pt, eta, phi: Double
    var flavour: Int
    var isTagged: Bool
  }

  /// |η| ranges of the jet curves.
  public static let etaRanges: [Range<Double>] = [0..<1.3, 1.3..<2.5]

  public init(_ card: DetectorCard, ptEdges: [Double] = [30, 40, 60, 80, 120, 200, 400]) throws {
    self.card = card
    self.ptEdges = ptEdges
    detector = try Detector(card)
    clusterer = try JetClusterer()
    responses = Array(repeating: Array(repeating: [], count: ptEdges.count - 1), count: Self.etaRanges.count)
    tags = [:]
    for flavour in [0, 4, 5] { tags[flavour] = Array(repeating: TagCount(), count: ptEdges.count - 1) }
  }

  /// Simulates an event and adds it to the measurement.
  public func add(_ event: borrowing GeneratedEvent, random: inout RandomStream) throws {
    buffer.removeAll()
    try detector.simulate(event, random: &random, into: &buffer)
    let table = try buffer.makeTable()
    try addPair(table, "Muon", mass: ParticleMass.muon, to: &dimuonMasses)
    try addPair(table, "Electron", mass: ParticleMass.electron, to: &dielectronMasses)
    let jets = try recoJets(table)
    for jet in jets { addTag(jet) }
    try addResponses(event, jets, isolated: try leptons(table))
  }

  private func bin(_ pt: Double) -> Int? {
    guard let bin = ptEdges.lastIndex(where: { $0 <= pt }), bin < ptEdges.count - 1 else { return nil }
    return bin
  }

  private func values(_ table: Table, _ name: String) throws -> [Double] { try table.column(name).values.asDoubles() }

  private func recoJets(_ table: Table) throws -> [RecoJet] {
    let (pt, eta, phi) = (try values(table, "Jet_pt"), try values(table, "Jet_eta"), try values(table, "Jet_phi"))
    let (flavour, tag) = (try values(table, "Jet_flavour"), try values(table, "Jet_btag"))
    return pt.indices.map {
      RecoJet(pt: pt[$0], eta: eta[$0], phi: phi[$0], flavour: Int(flavour[$0]), isTagged: tag[$0] > 0)
    }
  }

  private func leptons(_ table: Table) throws -> [(eta: Double, phi: Double)] {
    try ["Electron", "Muon", "Photon"].flatMap { name in
      zip(try values(table, "\(name)_eta"), try values(table, "\(name)_phi")).map { (eta: $0, phi: $1) }
    }
  }

  private func addPair(_ table: Table, _ name: String, mass: Double, to masses: inout [Double]) throws {
    let (pt, eta, phi) = (
      try values(table, "\(name)_pt"), try values(table, "\(name)_eta"), try values(table, "\(name)_phi")
    )
    let sign = try values(table, "\(name)_positive")
    guard pt.count >= 2, pt[1] > 25, sign[0] != sign[1] else { return }
    let pair = (0...1).map { FourMomentum(pt: pt[$0], eta: eta[$0], phi: phi[$0], mass: mass) }
    masses.append((pair[0] + pair[1]).mass)
  }

  private func addTag(_ jet: RecoJet) {
    guard abs(jet.eta) < card.bTagging.etaMax, let bin = bin(jet.pt) else { return }
    tags[jet.flavour]?[bin].jets += 1
    tags[jet.flavour]?[bin].tagged += jet.isTagged ? 1 : 0
    tags[jet.flavour]?[bin].expected += card.tagEfficiency(flavour: jet.flavour, pt: jet.pt, eta: jet.eta)
  }

  /// Truth jets are clustered from all stable particles but neutrinos and their kind. One that has no other jet within
  /// three radii's distance is matched to the nearest reconstructed jet within half a radius.
  private func addResponses(
    _ event: borrowing GeneratedEvent, _ jets: [RecoJet], isolated: [(eta: Double, phi: Double)]
  ) throws {
    momenta.removeAll()
    for row in 0..<event.count where event.status[row] == ParticleRole.final {
      guard !ParticleID(event.pdgID[row]).isInvisible, event.energy[row] > 0 else { continue }
      momenta.append(px: event.px[row], py: event.py[row], pz: event.pz[row], energy: event.energy[row])
    }
    let radius = card.jets.radius
    try clusterer.cluster(momenta, JetDefinition(.antiKt, radius: radius))
    try clusterer.takeInclusiveJets(ptMin: 10)
    let truth = (0..<clusterer.jetCount).map { clusterer.momentum(ofJet: $0) }
    for (index, jet) in truth.enumerated() {
      let (eta, phi) = (jet.eta, jet.phi)
      guard let bin = bin(jet.pt), let range = Self.etaRanges.firstIndex(where: { $0.contains(abs(eta)) }) else {
        continue
      }
      let isCrowded = truth.indices.contains { $0 != index && truth[$0].deltaR(to: jet) < 3 * radius }
      let isLepton = isolated.contains { deltaR(eta1: $0.eta, phi1: $0.phi, eta2: eta, phi2: phi) < 2 * radius }
      guard !isCrowded, !isLepton else { continue }
      let near = jets.map { (distance: deltaR(eta1: $0.eta, phi1: $0.phi, eta2: eta, phi2: phi), pt: $0.pt) }
      guard let best = near.min(by: { $0.distance < $1.distance }), best.distance < radius / 2 else { continue }
      responses[range][bin].append(best.pt / jet.pt)
    }
  }

  /// Jet response and resolution in bins of the truth jet's p_T, and tag rates by flavour in bins of the jet's own.
  public func validation() -> DetectorValidation {
    DetectorValidation(curves: responseCurves() + tagCurves())
  }

  private func responseCurves() -> [DetectorValidation.Curve] {
    Self.etaRanges.indices.flatMap { range -> [DetectorValidation.Curve] in
      let limits = Self.etaRanges[range]
      var response = [DetectorValidation.Point]()
      var resolution = [DetectorValidation.Point]()
      for (bin, values) in responses[range].enumerated() {
        guard let interval = CentralInterval(values) else { continue }
        let (low, high) = (ptEdges[bin], ptEdges[bin + 1])
        response.append(
          .init(
            low: low, high: high, measured: interval.median, error: interval.medianError, expected: nil,
            count: interval.count))
        resolution.append(
          .init(
            low: low, high: high, measured: interval.halfWidth / interval.median,
            error: interval.halfWidthError / interval.median, expected: nil, count: interval.count))
      }
      let (suffix, title) = (
        "\(limits.lowerBound)_\(limits.upperBound)", "|η| \(limits.lowerBound)–\(limits.upperBound)"
      )
      let x = "p_T of the truth jet [GeV]"
      return [
        .init(name: "jet_response_\(suffix)", title: title, xLabel: x, yLabel: "jet response", points: response),
        .init(name: "jet_resolution_\(suffix)", title: title, xLabel: x, yLabel: "σ(p_T)/p_T", points: resolution),
      ]
    }
  }

  private func tagCurves() -> [DetectorValidation.Curve] {
    [(5, "b"), (4, "c"), (0, "light")].map { flavour, name in
      let points = (tags[flavour] ?? []).enumerated().filter { $1.jets > 0 }.map { bin, count in
        efficiencyPoint(
          low: ptEdges[bin], high: ptEdges[bin + 1], passed: count.tagged, of: count.jets,
          expected: count.expected / Double(count.jets))
      }
      return .init(
        name: "tag_\(name)", title: "\(name) jets", xLabel: "p_T of the jet [GeV]", yLabel: "tag rate", points: points)
    }
  }

  /// The middle and half width of a set of pair masses between two limits; `nil` below 20 pairs.
  public static func peak(
    _ masses: [Double], in window: ClosedRange<Double> = 81...101
  ) -> (position: Double, halfWidth: Double, error: Double)? {
    CentralInterval(masses.filter(window.contains)).map { ($0.median, $0.halfWidth, $0.medianError) }
  }
}
