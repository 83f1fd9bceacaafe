import Foundation

/// Writes `card.yaml` of a search whose background, tt̄ in two slices, is to be generated, and the process card beside it.
/// - Parameter blocks: blocks of each slice.
public func writeSmallProduction(to folder: URL, eventsPerBlock: Int, blocks: [Int]) throws {
  let process = """
    schema: 1
    name: ttbar
    crossSection: LO QCD
    pythia: ["Top:gg2ttbar = on", "Top:qqbar2ttbar = on"]
    slices:
      - {pTHat: [0, 200], eventsPerBlock: \(eventsPerBlock)}
      - {pTHat: [200, null], eventsPerBlock: \(eventsPerBlock)}
    """
  let card = """
    schema: 1
    name: made
    seed: 5
    collision_energy: 13 TeV
    luminosity: 10 fb-1
    generation: {detector: "\(projectURL("Detectors/cms.yaml").path)"}
    samples:
      ttbar: {role: background, events: ttbar.h5, generate: [{process: ttbar.yaml, blocks: \(blocks)}]}
      other: {role: signal, events: other.h5}
    selection:
      cuts: {"three jets": count(Jet_pt > 30) >= 3}
    features: tz-transfer
    """
  try process.write(to: folder.appendingPathComponent("ttbar.yaml"), atomically: true, encoding: .utf8)
  try card.write(to: folder.appendingPathComponent("card.yaml"), atomically: true, encoding: .utf8)
}
