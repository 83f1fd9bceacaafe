import ArgumentParser
import Foundation
import Records
import Searches

/// `searchlight store list|check|prune FOLDER`
struct StoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store", abstract: "Lists, checks or tidies the stored results of runs and generations.",
    discussion: """
      FOLDER is a run's folder (runs/NAME) or the store of 'generate' (runs/generation).

      Examples:
        searchlight store list runs/tz-transfer
        searchlight store check runs/generation
        searchlight store prune runs/tz-transfer
      """,
    subcommands: [List.self, Check.self, Prune.self])

  /// What the three have in common.
  struct Options: ParsableArguments {
    @Argument(help: "A run's folder or the store of 'generate'.", completion: .directory) var folder: String
    @Option(help: "How to print it: \(OutputFormat.allCases.map(\.rawValue).joined(separator: " or ")).")
    var outputFormat: OutputFormat = .text

    /// The store of the folder: a run keeps its own in `store`.
    func store() throws -> StepStore {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
        throw ValidationError("no folder '\(folder)'; a run's folder is runs/NAME where --output did not say otherwise")
      }
      let url = URL(fileURLWithPath: folder), inner = url.appendingPathComponent("store")
      return StepStore(root: FileManager.default.fileExists(atPath: inner.path) ? inner : url)
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Shows every stored result: its step, size, and whether the last run used it.",
      discussion: """
        Example:
          searchlight store list runs/tz-transfer
        """)

    @OptionGroup var options: Options

    func run() throws { try show(try options.store().list(), options) }
  }

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check", abstract: "Reads every stored file and compares it with its digest.",
      discussion: """
        Example:
          searchlight store check runs/generation

        Exits with 1 when something is damaged; 'prune' removes it, and the next run makes it again.
        """)

    @OptionGroup var options: Options

    func run() throws {
      let entries = try options.store().check()
      let damaged = entries.filter { !$0.damaged.isEmpty }
      try show(damaged, options)
      guard damaged.isEmpty else {
        remark(
          "\(damaged.count) of \(entries.count) results are damaged; 'searchlight store prune \(options.folder)' removes them, "
            + "and the next run makes them again")
        throw ExitCode.failure
      }
      remark("\(entries.count) results are whole")
    }
  }

  struct Prune: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "prune",
      abstract: "Removes what the last finished runs did not use, what is damaged, and leftovers.",
      discussion: """
        Example:
          searchlight store prune runs/tz-transfer

        'list' shows what is unused. Where no run has finished, all that is whole is kept. The state of a training that \
        was stopped is a leftover: let the run finish first, or that training begins anew.
        """)

    @OptionGroup var options: Options

    func run() throws {
      let store = try options.store()
      // A run locks its folder, 'generate' its store.
      let folder = URL(fileURLWithPath: options.folder).standardizedFileURL
      let isInner = folder.lastPathComponent == "store"
      let locks = try ([folder] + (isInner ? [folder.deletingLastPathComponent()] : [])).map { try RunLock(folder: $0) }
      let done = try store.prune()
      switch options.outputFormat {
      case .text: print("removed \(done.removed) results, kept \(done.kept), freed \(sizeText(done.freedBytes))")
      case .json: print(String(decoding: try JSONEncoder.canonical.encode(done), as: UTF8.self))
      }
      withExtendedLifetime(locks) {}
    }
  }
}

private func sizeText(_ bytes: Int) -> String {
  bytes < 1_000_000 ? String(format: "%.1f kB", Double(bytes) / 1e3) : String(format: "%.1f MB", Double(bytes) / 1e6)
}

private func show(_ entries: [StepStore.Entry], _ options: StoreCommand.Options) throws {
  if options.outputFormat == .json {
    print(String(decoding: try JSONEncoder.canonical.encode(entries), as: UTF8.self))
    return
  }
  for entry in entries {
    let names = ["sample", "signal", "training", "slice", "block"]
    let about = names.compactMap { name in
      entry.configuration[name].flatMap { $0.hasPrefix("{") ? nil : "\(name) \($0)" }
    }.joined(separator: ", ")
    let state =
      !entry.damaged.isEmpty
      ? "damaged: \(entry.damaged.joined(separator: ", "))" : entry.isUsed == false ? "unused" : ""
    print(
      [
        entry.kind.padding(toLength: 8, withPad: " ", startingAt: 0), String(entry.digest.prefix(12)),
        String(repeating: " ", count: max(0, 10 - sizeText(entry.bytes).count)) + sizeText(entry.bytes), about, state,
      ].filter { !$0.isEmpty }.joined(separator: "  "))
  }
  if !entries.isEmpty { print("\(entries.count) results, \(sizeText(entries.reduce(0) { $0 + $1.bytes }))") }
}
