/// How an event table lies in an HDF5 file. The module's README describes it for other programs.
enum EventTableLayout {
  static let format = "searchlight events"
  static let schemaVersion = 1
  static let events = "/events"
  static let metadata = "/metadata"
  static let sample = "/metadata/sample"
  static let record = "/metadata/record"
  static let slices = "/slices"

  /// Rows that are written in one go: whatever the batches, the file sees the same pieces, so its bytes depend on the
  /// events alone.
  static let rowsPerPiece = 8192
  static let flatChunk = 8192
  static let jaggedChunk = 16384

  static func dataset(_ column: String) -> String { "\(events)/\(column)" }

  /// The counts column of a jagged one: `nJet` for `Jet_pt`, `nJet:jes_up` for `Jet_pt:jes_up`, `ngood_jets` for
  /// `good_jets_pt`. The collection is what stands before the last underscore.
  static func countsName(of column: String) -> String {
    let parts = column.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let base = parts[0]
    let collection = base.lastIndex(of: "_").map { base[..<$0] } ?? base
    return "n\(collection)" + (parts.count > 1 ? ":\(parts[1])" : "")
  }
}
