import Columns
import EventFiles
import Foundation
import Records
import TestSupport

/// A small search on made-up events, for `run` and `train`: a background and a signal at higher H_T.
func writeSmallSearch(to folder: URL) throws {
  let card = """
    schema: 1
    name: small
    seed: 5
    collision_energy: 13 TeV
    luminosity: 10 fb-1
    samples:
      soft: {role: background, events: soft.h5}
      signal: {role: signal, events: signal.h5}
    selection:
      cuts: {"H_T": ScalarHT_HT > 100}
    features: {HT: ScalarHT_HT, jets: count(Jet_pt)}
    network: {hidden_layers: 2, units: 16}
    training: {max_epochs: 40, patience: 40, batch: 64}
    fit: {bins: 4}
    """
  try card.write(to: folder.appendingPathComponent("card.yaml"), atomically: true, encoding: .utf8)
  for (number, (name, mean)) in [("soft", 300.0), ("signal", 600)].enumerated() {
    try writeSample(name, mean: mean, rows: 1200, seed: number, to: folder)
  }
}

private func writeSample(_ name: String, mean: Double, rows: Int, seed: Int, to folder: URL) throws {
  var random = SeedTree(root: 9).child(seed).stream()
  var energies: [Float] = [], jets: [Float] = []
  var offsets = [0]
  for _ in 0..<rows {
    energies.append(Float(mean + 80 * random.normal()))
    for _ in 0..<(2 + random.integer(below: 3)) { jets.append(Float(30 + 100 * random.uniform())) }
    offsets.append(jets.count)
  }
  let zeros = Column(.int32(Array(repeating: Int32(0), count: rows)))
  let table = try Table([
    ("ScalarHT_HT", Column(energies)), ("Jet_pt", Column(.float32(jets), offsets: offsets)),
    ("weight", Column(Array(repeating: 0.05, count: rows))), ("event_slice", zeros), ("event_block", zeros),
    ("event_index", Column(.int32((0..<rows).map(Int32.init)))),
  ])
  let writer = try EventTableWriter(folder.appendingPathComponent("\(name).h5"), metadata: SampleMetadata(name: name))
  try writer.append(table)
  try writer.finish(record: RunRecord(command: "test", seed: 1))
}
