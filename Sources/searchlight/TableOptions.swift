import ArgumentParser
import EventFiles
import EventSelection
import Foundation

/// Which rows and columns of a table are read, and how.
struct TableOptions: ParsableArguments {
  @Option(help: "The tree of a ROOT file, or the group or dataset of an HDF5 file, where there are several.")
  var tree: String?
  @Flag(help: "Leave out the friends that a ROOT tree names itself.") var noFriends = false
  @Option(help: "Columns, separated by commas; * stands for any text, ? for one character.") var columns = "*"
  @Option(help: "A derived column, NAME = EXPRESSION; may be given several times.") var define: [String] = []
  @Option(name: .customLong("where"), help: "The condition that rows must meet.") var condition: String?
  @Option(help: "Which entries to read, FIRST:END, from 0 to before END; either may be left out.") var entries: String?
  @OptionGroup(title: "Text input") var text: TextOptions
  @Option(help: "Rows read at a time.") var chunk = 100_000

  func validate() throws {
    guard chunk > 0 else { throw ValidationError("--chunk needs a positive number, got \(chunk)") }
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

  /// The conversion of files, one after another, to one file by these options.
  func conversion(
    from inputs: [URL], friends: [TableConversion.FriendFile] = [], to output: URL, command: String
  ) throws -> TableConversion {
    var conversion = TableConversion(from: inputs, to: output)
    conversion.tree = tree
    conversion.readsNamedFriends = !noFriends
    conversion.friends = friends
    conversion.columns = columnPatterns
    conversion.definitions = try definitions
    conversion.condition = try condition.map { try ColumnExpression(parsing: $0) }
    conversion.text = try text.options
    conversion.chunkSize = chunk
    conversion.command = command
    if let (first, end) = try bounds {
      let last = try end ?? conversion.source().entryCount ?? first
      guard last >= first else {
        throw ValidationError("--entries begins with \(first), but there are only \(last) entries")
      }
      conversion.entries = first..<last
    }
    return conversion
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

/// Prints what was written: one line or JSON, with what was left out on standard error.
func report(_ summary: TableConversion.Summary, _ output: String, _ format: OutputFormat) throws {
  switch format {
  case .json: print(String(decoding: try JSONEncoder.canonical.encode(summary), as: UTF8.self))
  case .text:
    print("\(output): \(summary.writtenRows) of \(summary.readRows) rows, \(summary.columns.count) columns")
    for column in summary.left { remark("left out: \(column.name) (\(column.reason))") }
  }
}
