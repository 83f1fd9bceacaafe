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
      are read beside the input's, entry by entry: a tree of the same files, or one file for each input.
      """)

  @Argument(
    help: "ROOT, HDF5, NumPy (.npz, .npy) or text files with the same columns, and last the file to write.",
    completion: .file())
  var paths: [String]
  @Option(help: "The tree of a ROOT file, or the group or dataset of an HDF5 file, where there are several.")
  var tree: String?
  @Option(
    name: .customLong("friend"),
    help:
      "A table whose columns are read as the input's: TREE, FILE:TREE or ALIAS=FILE:TREE; may be given several times.")
  var friends: [String] = []
  @Option(help: "Columns, separated by commas; * stands for any text, ? for one character.") var columns = "*"
  @Option(help: "A derived column, NAME = EXPRESSION; may be given several times.") var define: [String] = []
  @Option(name: .customLong("where"), help: "The condition that rows must meet.") var condition: String?
  @Option(help: "Which entries to read, FIRST:END, from 0 to before END; either may be left out.") var entries: String?
  @OptionGroup(title: "Text input") var text: TextOptions
  @Option(help: "Rows read at a time.") var chunk = 100_000
  @Option(help: "How to print what was done: \(OutputFormat.allCases.map(\.rawValue).joined(separator: " or ")).")
  var outputFormat: OutputFormat = .text

  func validate() throws {
    guard chunk > 0 else { throw ValidationError("--chunk needs a positive number, got \(chunk)") }
    guard paths.count >= 2 else { throw ValidationError("needs a file to read and, last, one to write") }
    guard !columnPatterns.isEmpty else { throw ValidationError("--columns names no column") }
    _ = try bounds
  }

  private var columnPatterns: [String] {
    columns.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }

  private var definitions: [NamedExpression] {
    get throws {
      try define.map { text in
        // The first = that belongs to no comparison.
        guard let equals = text.firstIndex(of: "="), text.index(after: equals) < text.endIndex,
          text[text.index(after: equals)] != "="
        else { throw ValidationError("--define needs NAME = EXPRESSION, got '\(text)'") }
        let name = text[..<equals].trimmingCharacters(in: .whitespaces)
        guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) else {
          throw ValidationError("--define needs a name of letters, digits and _, got '\(name)'")
        }
        let formula = text[text.index(after: equals)...].trimmingCharacters(in: .whitespaces)
        return NamedExpression(name: name, expression: try ColumnExpression(parsing: formula))
      }
    }
  }

  private var bounds: (first: Int, end: Int?)? {
    get throws {
      guard let entries else { return nil }
      let parts = entries.split(separator: ":", omittingEmptySubsequences: false)
      let first = parts.count == 2 ? (parts[0].isEmpty ? 0 : Int(parts[0])) : nil
      guard parts.count == 2, let first, first >= 0, parts[1].isEmpty || Int(parts[1]).map({ $0 >= first }) == true
      else {
        throw ValidationError("--entries needs FIRST:END, such as 0:1000, got '\(entries)'")
      }
      return (first, Int(parts[1]))
    }
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
    var conversion = TableConversion(
      from: try paths.dropLast().flatMap(files), to: URL(fileURLWithPath: output))
    conversion.tree = tree
    conversion.friends = try friends.map(friend)
    conversion.columns = columnPatterns
    conversion.definitions = try definitions
    conversion.condition = try condition.map { try ColumnExpression(parsing: $0) }
    conversion.text = try text.options
    conversion.chunkSize = chunk
    conversion.command = "searchlight convert"
    if let (first, end) = try bounds {
      let last = try end ?? conversion.source().entryCount ?? first
      guard last >= first else {
        throw ValidationError("--entries begins with \(first), but there are only \(last) entries")
      }
      conversion.entries = first..<last
    }
    let summary = try conversion.run(progress: ProgressPrinter().handler, cancellation: interruptibleToken())
    switch outputFormat {
    case .json: print(String(decoding: try JSONEncoder.canonical.encode(summary), as: UTF8.self))
    case .text:
      print("\(output): \(summary.writtenRows) of \(summary.readRows) rows, \(summary.columns.count) columns")
      for column in summary.left { remark("left out: \(column.name) (\(column.reason))") }
    }
  }
}

/// How text files are read; found from the first rows where not told.
struct TextOptions: ParsableArguments {
  @Option(
    help: "What separates fields: \(TextTableOptions.Delimiter.allCases.map(\.rawValue).joined(separator: ", ")).")
  var delimiter: TextTableOptions.Delimiter?
  @Option(help: "Whether the first row names the columns: detected, present or absent.")
  var header = TextTableOptions.Header.detected
  @Option(help: "Names of the columns, separated by commas, instead of those of the header.") var names: String?
  @Option(help: "Words that stand for missing values, separated by commas, besides the usual ones.") var missing:
    String?

  var options: TextTableOptions {
    get throws {
      var options = TextTableOptions()
      options.delimiter = delimiter
      options.header = header
      options.names = names.map { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
      options.missing.formUnion(missing.map { $0.split(separator: ",").map(String.init) } ?? [])
      return options
    }
  }
}

extension TextTableOptions.Delimiter: ExpressibleByArgument {}
extension TextTableOptions.Header: ExpressibleByArgument {}
