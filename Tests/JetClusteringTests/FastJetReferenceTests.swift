import Foundation
import JetClustering
import PhysicsObjects
import TestSupport
import Testing

/// Jets of FastJet's example event by the Python package, see `Tests/Reference/jets`.
private struct ReferenceJets: Decodable {
  struct Jet: Decodable {
    var momentum: [Double]
    var constituents: [Int]
    var value: FourMomentum {
      FourMomentum(px: momentum[0], py: momentum[1], pz: momentum[2], energy: momentum[3])
    }
  }
  struct Inclusive: Decodable {
    var algorithm, scheme: String
    var radius, ptMin: Double
    var jets: [Jet]
  }
  struct Exclusive: Decodable {
    var radius: Double
    var count: Int
    var jets: [Jet]
  }
  var inclusive: [Inclusive]
  var exclusive: [Exclusive]
  var trimmed: [Jet]
}

@Suite struct FastJetReferenceTests {
  private let event: MomentumColumns
  private let reference: ReferenceJets

  init() throws {
    let text = try String(contentsOf: referenceURL("jets/single-event.dat"), encoding: .utf8)
    event = MomentumColumns(
      text.split(separator: "\n").map { line in
        let numbers = line.split(separator: " ").compactMap { Double($0) }
        return FourMomentum(px: numbers[0], py: numbers[1], pz: numbers[2], energy: numbers[3])
      })
    reference = try JSONDecoder().decode(
      ReferenceJets.self, from: Data(contentsOf: referenceURL("jets/single-event-jets.json")))
  }

  private func expectCurrentJets(of clusterer: JetClusterer, are jets: [ReferenceJets.Jet]) {
    // The reference is written with twelve digits.
    expectSame((0..<clusterer.jetCount).map { clusterer.momentum(ofJet: $0) }, jets.map(\.value), relative: 1e-10)
    for (index, jet) in jets.enumerated() where index < clusterer.jetCount {
      #expect(clusterer.constituents(ofJet: index).sorted() == jet.constituents)
    }
  }

  @Test func inclusive_jets_of_three_algorithms_and_schemes() throws {
    let clusterer = try JetClusterer()
    let algorithms: [String: JetAlgorithm] = ["kt": .kt, "cambridgeAachen": .cambridgeAachen, "antiKt": .antiKt]
    let schemes: [String: RecombinationScheme] = ["energy": .energy, "pt": .pt, "winnerTakesAll": .winnerTakesAll]
    #expect(reference.inclusive.count == 18)
    for entry in reference.inclusive {
      let definition = JetDefinition(
        try #require(algorithms[entry.algorithm]), radius: entry.radius,
        recombination: try #require(schemes[entry.scheme]))
      try clusterer.cluster(event, definition)
      try clusterer.takeInclusiveJets(ptMin: entry.ptMin)
      #expect(clusterer.jetCount > 1)
      expectCurrentJets(of: clusterer, are: entry.jets)
    }
  }

  @Test func exclusive_jets() throws {
    let clusterer = try JetClusterer()
    for entry in reference.exclusive {
      try clusterer.cluster(event, JetDefinition(.kt, radius: entry.radius))
      try clusterer.takeExclusiveJets(count: entry.count)
      expectCurrentJets(of: clusterer, are: entry.jets)
    }
  }

  @Test func trimmed_jets() throws {
    let clusterer = try JetClusterer()
    try clusterer.cluster(event, JetDefinition(.antiKt, radius: 0.8))
    try clusterer.takeInclusiveJets(ptMin: 20)
    try clusterer.trim(TrimmingDefinition(subjets: JetDefinition(.kt, radius: 0.2), ptFraction: 0.05))
    expectCurrentJets(of: clusterer, are: reference.trimmed)
  }
}
