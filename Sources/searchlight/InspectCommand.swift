import ArgumentParser
import EventFiles
import Foundation
import GeneratorFiles
import ROOTFiles
import Records

struct InspectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Shows what a file of events holds: columns, slices with cross-sections, cut flows, its record.",
    discussion: """
      Examples:
        searchlight inspect Studies/tz-transfer/events/ttbar.h5
        searchlight inspect events.h5 --output-format json
        searchlight inspect events.h5 --csv events.csv --columns weight,Jet_pt,MissingET_MET
        searchlight inspect nano.root
        searchlight inspect HIGGS.csv.gz
        searchlight inspect events.lhe.gz
        searchlight inspect spectrum.slha --output-format json

      Of text and NumPy files the columns are shown with their types and first values. Of an HDF5 file that is no event table, and of a ROOT file, the tree of its objects is shown: of ROOT's trees and
      RNTuples the branches, with the type of an entry, the bytes in the file and how many times smaller these are.
      Les Houches, HepMC and SLHA files, plain or gzip, are read through: run, processes, weights, sums over events; blocks
      and decays.
      """)

  @Argument(help: "An HDF5, ROOT, NumPy, Les Houches, HepMC, SLHA or text file.")
  var file: String

  @Option(help: "How to print it: \(OutputFormat.allCases.map(\.rawValue).joined(separator: " or ")).")
  var outputFormat: OutputFormat = .text

  @Option(help: "Also write the events as comma-separated values to this file.")
  var csv: String?

  @Option(help: "The columns for --csv, separated by commas (default: all).")
  var columns: String?

  @Flag(help: "Read all events and fail if a column holds NaN or an infinity.")
  var check = false

  func validate() throws {
    if columns != nil, csv == nil { throw ValidationError("--columns chooses columns for --csv; give both.") }
  }

  func run() async throws {
    let url = URL(fileURLWithPath: file)
    if ROOTInspection.isROOT(url) { return try inspectROOT(url) }
    if let kind = try GeneratorFileKind.detected(in: url) { return try inspectGeneratorFile(url, kind) }
    if FileManager.default.fileExists(atPath: url.path), let format = try? TableFormat.of(url), format != .hdf5 {
      return try inspectTable(url)
    }
    let inspection = try FileInspection(of: url)
    switch outputFormat {
    case .text: print(inspection)
    case .json: print(String(decoding: try JSONEncoder.canonical.encode(inspection), as: UTF8.self))
    }
    guard check || csv != nil else { return }
    let reader = try EventTableReader(url)
    if check {
      var batches = reader.batches(of: 20_000, check: .required)
      while try batches.next() != nil {}
      remark("\(file): \(reader.rowCount) events read, all values are finite")
    }
    if let csv {
      let names = columns.map { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
      try reader.writeCSV(to: URL(fileURLWithPath: csv), columns: names)
    }
  }

  private func inspectTable(_ url: URL) throws {
    guard csv == nil, !check else {
      throw ValidationError("--csv and --check are for event tables in HDF5; 'searchlight convert' reads \(file).")
    }
    let inspection = try TableInspection(of: url)
    switch outputFormat {
    case .text: print(inspection)
    case .json: print(String(decoding: try JSONEncoder.canonical.encode(inspection), as: UTF8.self))
    }
  }

  private func inspectGeneratorFile(_ url: URL, _ kind: GeneratorFileKind) throws {
    guard csv == nil, !check else {
      throw ValidationError("--csv and --check are for event tables in HDF5; \(file) is a \(kind.rawValue) file.")
    }
    let inspection = try GeneratorFileInspection(of: url, kind: kind)
    switch outputFormat {
    case .text: print(inspection)
    case .json: print(String(decoding: try JSONEncoder.canonical.encode(inspection), as: UTF8.self))
    }
  }

  private func inspectROOT(_ url: URL) throws {
    guard csv == nil, !check else {
      throw ValidationError("--csv and --check are for event tables in HDF5; \(file) is a ROOT file.")
    }
    let inspection = try ROOTInspection(of: url)
    switch outputFormat {
    case .text: print(inspection)
    case .json: print(String(decoding: try JSONEncoder.canonical.encode(inspection), as: UTF8.self))
    }
  }
}
