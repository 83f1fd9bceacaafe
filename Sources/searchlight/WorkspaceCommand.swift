import ArgumentParser
import ByteIO
import Foundation
import Records
import StatisticalModels

/// `searchlight workspace inspect|combine|prune|rename|sort|digest|convert`
struct WorkspaceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "workspace", abstract: "Looks into HistFactory workspaces (pyhf JSON) and makes others of them.",
    discussion: """
      The operations and digests are pyhf's. Where a file is asked for, - is standard input.

      Examples:
        searchlight workspace inspect Tests/Reference/pyhf/workspace_all_modifiers.json
        searchlight workspace prune w.json --channel CR_top --output fewer.json
        searchlight workspace digest w.json
        searchlight workspace convert card.txt --output w.json
      """,
    subcommands: [Inspect.self, Combine.self, Prune.self, Rename.self, Sort.self, Digest.self, Convert.self])

  /// Where a workspace that was made goes.
  struct Output: ParsableArguments {
    @Option(
      help: ArgumentHelp("The file to write (default: standard output).", valueName: "file"), completion: .file())
    var output: String?

    func write(_ document: WorkspaceDocument) throws { try write(document.encoded) }

    func write(_ text: String) throws { try write(Data((text + "\n").utf8)) }

    private func write(_ data: Data) throws {
      guard let output else { return print(String(decoding: data, as: UTF8.self), terminator: "") }
      try AtomicFile.write(data, to: URL(fileURLWithPath: output))
    }
  }

  struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "inspect",
      abstract: "Shows channels, samples, parameters with what constrains them, and measurements.",
      discussion: """
        Examples:
          searchlight workspace inspect Tests/Reference/pyhf/workspace_all_modifiers.json
          searchlight workspace inspect w.json --output-format json --output summary.json

        The JSON has the keys of 'pyhf inspect --output-file', and 'faults': why measurements cannot be fitted.
        """)

    @Argument(help: "The workspace, as pyhf's JSON 1.0.0.", completion: .file()) var workspace: String
    @Option(help: "How to print it: \(OutputFormat.allCases.map(\.rawValue).joined(separator: " or ")).")
    var outputFormat: OutputFormat = .text
    @OptionGroup var output: Output

    func run() throws {
      let summary = WorkspaceSummary(of: try document(at: workspace).workspace)
      try output.write(
        outputFormat == .json ? summary.document.text(sortedKeys: true, indent: 4) : summary.text)
    }
  }

  struct Combine: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "combine", abstract: "Makes one workspace of two.",
      discussion: """
        Examples:
          searchlight workspace combine SR.json CR.json --output both.json
          searchlight workspace combine first.json second.json --join outer

        What both have under one name is an error with the join 'none'. 'outer' takes it once if it is equal, and names \
        what differs if not; measurements are merged. 'left-outer' keeps what the first has, 'right-outer' what the \
        second has, whether equal or not. Modifiers of one name share their parameters: rename those that must not.
        """)

    enum Join: String, CaseIterable, ExpressibleByArgument {
      case none, outer
      case leftOuter = "left-outer"
      case rightOuter = "right-outer"

      /// pyhf's words have a blank.
      init?(argument: String) { self.init(rawValue: argument.replacingOccurrences(of: " ", with: "-")) }

      var meaning: WorkspaceDocument.Join {
        switch self {
        case .none: .none
        case .outer: .outer
        case .leftOuter: .leftOuter
        case .rightOuter: .rightOuter
        }
      }
    }

    @Argument(help: "The first workspace.", completion: .file()) var left: String
    @Argument(help: "The second workspace.", completion: .file()) var right: String
    @Option(help: "What to do with what both have: \(Join.allCases.map(\.rawValue).joined(separator: ", ")).")
    var join: Join = .none
    @Flag(help: "Make one channel of two with the same name: the samples of both. Not with the join 'none'.")
    var mergeChannels = false
    @OptionGroup var output: Output

    func validate() throws {
      guard !mergeChannels || join != .none else {
        throw ValidationError("--merge-channels needs --join outer, left-outer or right-outer")
      }
      guard left != "-" || right != "-" else { throw ValidationError("only one of the two can be standard input") }
    }

    func run() throws {
      try output.write(
        document(at: left).combined(with: document(at: right), join: join.meaning, mergingChannels: mergeChannels))
    }
  }

  struct Prune: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "prune", abstract: "Makes a workspace without some of its channels, samples or modifiers.",
      discussion: """
        Examples:
          searchlight workspace prune w.json --channel CR_top --channel CR_W --output fewer.json
          searchlight workspace prune w.json --sample rare --modifier jes --modifier-type staterror

        Observations go with their channel, and a measurement's settings with the modifier of their name.
        """)

    @Argument(help: "The workspace, as pyhf's JSON 1.0.0.", completion: .file()) var workspace: String
    @Option(help: ArgumentHelp("A channel to leave out; may be given again.", valueName: "name"))
    var channel: [String] = []
    @Option(help: ArgumentHelp("A sample to leave out of all channels; may be given again.", valueName: "name"))
    var sample: [String] = []
    @Option(help: ArgumentHelp("A modifier to leave out everywhere; may be given again.", valueName: "name"))
    var modifier: [String] = []
    @Option(help: ArgumentHelp("A type of modifiers to leave out; may be given again.", valueName: "type"))
    var modifierType: [String] = []
    @Option(help: ArgumentHelp("A measurement to leave out; may be given again.", valueName: "name"))
    var measurement: [String] = []
    @OptionGroup var output: Output

    func run() throws {
      try output.write(
        document(at: workspace).pruned(
          channels: channel, samples: sample, modifiers: modifier, modifierTypes: modifierType,
          measurements: measurement))
    }
  }

  struct Rename: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "rename", abstract: "Makes a workspace with other names of channels, samples or modifiers.",
      discussion: """
        Examples:
          searchlight workspace rename w.json --channel SR=signal_region --output named.json
          searchlight workspace rename w.json --modifier mu=mu_signal --modifier jes=jes_2018 --sample top=ttbar

        All names change at once: --sample a=b --sample b=a swaps two. The old name ends at the first '='.
        """)

    @Argument(help: "The workspace, as pyhf's JSON 1.0.0.", completion: .file()) var workspace: String
    @Option(help: ArgumentHelp("A channel's old and new name; may be given again.", valueName: "old=new"))
    var channel: [Renaming] = []
    @Option(help: ArgumentHelp("A sample's old and new name; may be given again.", valueName: "old=new"))
    var sample: [Renaming] = []
    @Option(help: ArgumentHelp("A modifier's old and new name; may be given again.", valueName: "old=new"))
    var modifier: [Renaming] = []
    @Option(help: ArgumentHelp("A measurement's old and new name; may be given again.", valueName: "old=new"))
    var measurement: [Renaming] = []
    @OptionGroup var output: Output

    struct Renaming: ExpressibleByArgument {
      var old, new: String

      init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        (old, new) = (parts[0], parts[1])
      }
    }

    func validate() throws {
      for names in [channel, sample, modifier, measurement] {
        for (index, entry) in names.enumerated() where names[..<index].contains(where: { $0.old == entry.old }) {
          throw ValidationError("'\(entry.old)' is renamed twice")
        }
      }
    }

    func run() throws {
      func names(_ list: [Renaming]) -> [String: String] {
        Dictionary(list.map { ($0.old, $0.new) }, uniquingKeysWith: { first, _ in first })
      }
      try output.write(
        document(at: workspace).renamed(
          channels: names(channel), samples: names(sample), modifiers: names(modifier),
          measurements: names(measurement)))
    }
  }

  struct Sort: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "sort", abstract: "Makes a workspace with all its lists in the order of their names.",
      discussion: """
        Example:
          searchlight workspace sort w.json --output sorted.json
        """)

    @Argument(help: "The workspace, as pyhf's JSON 1.0.0.", completion: .file()) var workspace: String
    @OptionGroup var output: Output

    func run() throws { try output.write(document(at: workspace).sorted()) }
  }

  struct Digest: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "digest", abstract: "Prints the SHA-256 digest of a workspace, as 'pyhf digest' does.",
      discussion: """
        Examples:
          searchlight workspace digest w.json
          searchlight workspace digest w.json --output-format json

        It does not depend on blanks and the order of keys, but on the order of lists ('sort' first where that must not \
        count) and on whether a number is written 1 or 1.0.
        """)

    @Argument(help: "The workspace, as pyhf's JSON 1.0.0.", completion: .file()) var workspace: String
    @Option(help: "How to print it: \(OutputFormat.allCases.map(\.rawValue).joined(separator: " or ")).")
    var outputFormat: OutputFormat = .text
    @OptionGroup var output: Output

    func run() throws {
      let digest = try document(at: workspace).digest.hex
      try output.write(
        outputFormat == .json
          ? JSONValue.object([JSONMember("sha256", .string(digest))]).text(indent: 4) : "sha256:\(digest)")
    }
  }
}

/// Reads the workspace at a path; `-` is standard input.
private func document(at path: String) throws -> WorkspaceDocument {
  guard path == "-" else { return try WorkspaceDocument(readingFrom: URL(fileURLWithPath: path)) }
  let name = "standard input"
  return try WorkspaceDocument(JSONValue.parse(FileHandle.standardInput.readDataToEndOfFile(), file: name), file: name)
}
