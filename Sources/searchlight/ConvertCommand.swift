import ArgumentParser
import EventFiles
import EventSelection
import Foundation
import Records

/// `searchlight convert IN… OUT`
struct ConvertCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert", abstract: "Converts tables of events between ROOT, HDF5, CSV, TSV and NumPy's .npz.",
    discussion: """
      Examples:
        searchlight convert nano.root jets.csv --tree Events --columns "Jet_*,MET_pt" --where "nJet>=2"
        searchlight convert HIGGS.csv.gz higgs.h5
        searchlight convert events.h5 events.npz --define "ht=sum(Jet_pt)" --where "ht>500" --entries 0:100000
        searchlight convert nano_1.root nano_2.root all.h5 --tree Events --columns "Muon_*"
        searchlight convert "nano_*.root" all.h5 --tree Events --friend Weights --friend "scores_*.root:Scores"

      The input's format is found from its first bytes, the output's from its name: .h5, .npz, .csv, .tsv, and the last two
      with .gz. ROOT files are read, not written; Parquet is neither. Conditions and derived columns are written as in a
      search card. Rows are streamed: a file of any size is converted in the memory of a chunk, and the output appears whole.

      Several inputs are read one after another; * and ? in a name in quotes stand for all that fit, by name. The columns of a friend
      are read beside the input's, entry by entry: a tree of the same files, or one file for each input. Friends that a ROOT tree
      names itself are read too, unless --no-friends is given.
      """)

  @Argument(
    help: "ROOT, HDF5, NumPy (.npz, .npy) or text files with the same columns, and last the file to write.",
    completion: .file())
  var paths: [String]
  @Option(
    name: .customLong("friend"),
    help:
      "A table whose columns are read as the input's: TREE, FILE:TREE or ALIAS=FILE:TREE; may be given several times.")
  var friends: [String] = []
  @OptionGroup var table: TableOptions
  @Option(help: "How to print what was done: \(OutputFormat.allCases.map(\.rawValue).joined(separator: " or ")).")
  var outputFormat: OutputFormat = .text

  func validate() throws {
    guard paths.count >= 2 else { throw ValidationError("needs a file to read and, last, one to write") }
  }

  /// A file, or those that fit a pattern.
  private func files(_ path: String) throws -> [URL] {
    let url = URL(fileURLWithPath: path)
    return FileManager.default.fileExists(atPath: url.path) ? [url] : try filesMatching(url)
  }

  /// `TREE`, `FILE:TREE`, `FILE`, each perhaps behind `ALIAS=`.
  private func friend(_ text: String) throws -> TableConversion.FriendFile {
    var rest = Substring(text)
    var alias: String?
    if let equals = rest.firstIndex(of: "=") {
      alias = String(rest[..<equals])
      rest = rest[rest.index(after: equals)...]
    }
    if let colon = rest.lastIndex(of: ":") {
      return .init(
        files: try files(String(rest[..<colon])), tree: String(rest[rest.index(after: colon)...]), alias: alias)
    }
    let isFile = rest.contains("*") || FileManager.default.fileExists(atPath: String(rest))
    guard !rest.isEmpty else {
      throw ValidationError("--friend needs TREE, FILE:TREE or ALIAS=FILE:TREE, got '\(text)'")
    }
    return isFile
      ? .init(files: try files(String(rest)), alias: alias) : .init(tree: String(rest), alias: alias)
  }

  func run() async throws {
    let output = paths[paths.count - 1]
    let conversion = try table.conversion(
      from: try paths.dropLast().flatMap(files), friends: try friends.map(friend), to: URL(fileURLWithPath: output),
      command: "searchlight convert")
    let summary = try conversion.run(progress: ProgressPrinter().handler, cancellation: interruptibleToken())
    try report(summary, output, outputFormat)
  }
}
