import Columns

/// Reconstructed events one after another as columns: what a detector fills and ``makeTable()`` turns into a table.
public struct ReconstructedEventBuffer: Sendable {
  /// The object variations beside the nominal event.
  public static let variations = ["jes_up", "jes_down"]

  /// Events so far.
  public private(set) var count = 0
  private var collections: [String: CollectionColumns]
  private var flat: [String: [Float]]
  private static let members: [(collection: String, floats: [String], varied: [String], bytes: [String])] = [
    ("Jet", ["pt", "eta", "phi", "mass"], ["pt", "mass"], ["btag", "flavour"]),
    ("FatJet", ["pt", "eta", "phi", "mass"], ["pt", "mass"], []),
    ("Electron", ["pt", "eta", "phi"], [], ["positive"]), ("Muon", ["pt", "eta", "phi"], [], ["positive"]),
    ("Photon", ["pt", "eta", "phi"], [], []),
  ]
  private static let flatNames = ["MissingET_MET", "MissingET_phi", "ScalarHT_HT"]

  private struct CollectionColumns: Sendable {
    var floats: [[Float]]
    var bytes: [[UInt8]]
    var offsets = [0]
  }

  public init() {
    collections = [:]
    flat = [:]
    for entry in Self.members {
      let floats = entry.floats.count + entry.varied.count * Self.variations.count
      collections[entry.collection] = CollectionColumns(
        floats: Array(repeating: [], count: floats), bytes: Array(repeating: [], count: entry.bytes.count))
    }
    for name in Self.flatColumns { flat[name] = [] }
  }

  private static var flatColumns: [String] {
    flatNames + variations.flatMap { variation in flatNames.map { "\($0):\(variation)" } }
  }

  /// Empties the buffer and keeps its memory.
  public mutating func removeAll() {
    count = 0
    for name in collections.keys {
      guard var columns = collections.removeValue(forKey: name) else { continue }
      for index in columns.floats.indices { columns.floats[index].removeAll(keepingCapacity: true) }
      for index in columns.bytes.indices { columns.bytes[index].removeAll(keepingCapacity: true) }
      columns.offsets = [0]
      collections[name] = columns
    }
    for name in flat.keys { flat[name]?.removeAll(keepingCapacity: true) }
  }

  /// One object: the floats in the order of the columns (nominal, then each variation's), then the bytes.
  mutating func append(to collection: String, floats: [Double], bytes: [UInt8] = []) {
    guard let columnCount = collections[collection]?.floats.count else { preconditionFailure("no \(collection)") }
    precondition(floats.count == columnCount, "\(collection) takes \(columnCount) numbers, got \(floats.count)")
    for (index, value) in floats.enumerated() { collections[collection]?.floats[index].append(Float(value)) }
    for (index, value) in bytes.enumerated() { collections[collection]?.bytes[index].append(value) }
  }

  /// The event's flat values: missing momentum, its azimuth and H_T, nominal and for each variation.
  mutating func finishEvent(_ values: [(met: Double, phi: Double, ht: Double)]) {
    precondition(values.count == 1 + Self.variations.count, "\(values.count) variations")
    for (index, value) in values.enumerated() {
      let suffix = index == 0 ? "" : ":\(Self.variations[index - 1])"
      flat["MissingET_MET\(suffix)"]?.append(Float(value.met))
      flat["MissingET_phi\(suffix)"]?.append(Float(value.phi))
      flat["ScalarHT_HT\(suffix)"]?.append(Float(value.ht))
    }
    for entry in Self.members {
      guard let end = collections[entry.collection]?.floats[0].count else { continue }
      collections[entry.collection]?.offsets.append(end)
    }
    count += 1
  }

  /// The events as a table: `Jet_pt`, `Jet_pt:jes_up`, …, `MissingET_MET`, `ScalarHT_HT`. GeV and radians, float32.
  public func makeTable() throws -> Table {
    var table = Table()
    for name in Self.flatColumns { try table.add(name, Column(flat[name] ?? [])) }
    for entry in Self.members {
      guard let columns = collections[entry.collection] else { continue }
      let names = entry.floats + Self.variations.flatMap { variation in entry.varied.map { "\($0):\(variation)" } }
      for (name, values) in zip(names, columns.floats) {
        try table.add("\(entry.collection)_\(name)", Column(.float32(values), offsets: columns.offsets))
      }
      for (name, values) in zip(entry.bytes, columns.bytes) {
        try table.add("\(entry.collection)_\(name)", Column(.uint8(values), offsets: columns.offsets))
      }
    }
    return table
  }
}
