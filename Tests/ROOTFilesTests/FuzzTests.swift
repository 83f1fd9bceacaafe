import Foundation
import Records
import TestSupport
import Testing

@testable import ROOTFiles

/// Mutated ROOT files against all that reads them; settings by `FuzzSettings`.
///
/// Whole files are cut and changed anywhere; in their uncompressed copies (``UnpackedFile``) and in RNTuples whose checksums are
/// made right again (``SealedNTuple``), single numbers are changed where they are read. Laws: a part of the entries is
/// that part of all, and an array has as many elements as there are entries.
@Suite("Fuzzing of ROOT files", .serialized)
struct ROOTFuzzTests {
  enum Target: String, CaseIterable, Sendable {
    case rootFiles, rootTrees, rootNTuples
  }

  @Test("values or errors, never a crash or a hang", arguments: Target.allCases)
  func readers(_ target: Target) throws {
    let input = try self.input(target)
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("input.root")
      let faults = try fuzz(
        target.rawValue, inputs: 60, input: { input(&$0) },
        run: { bytes, random in
          try Data(bytes).write(to: url)
          return FuzzOutcome.of(isExpected: { $0 is ROOTFileError }) { try ROOTFileLaws(url).fault(&random) }
        })
      for fault in faults { Issue.record("\(fault)") }
    }
  }

  private static let committedNames = ["plain.root", "histograms.root", "codecs.root"]

  /// Small public files with objects, containers, leaf lists, embedded baskets.
  private func urls() throws -> [URL] {
    let own = Self.committedNames.map { committed($0) }
    guard realDataURL != nil else { return own }
    let names =
      [
        "simple", "leaflist", "small-flat-tree", "stl_containers", "small-evnt-tree-nosplit",
        "small-evnt-tree-fullsplit", "double32-float16", "nesteddirs", "empty", "histograms",
      ].map { "root/uproot-\($0).root" }
      + [
        "test_1jag_int_float", "test_int_float", "test_multiple_cluster_groups", "test_nested_structs",
      ].map { "rntuple/\($0)_rntuple_v1-0-0-0.root" }
    return own + (try names.map { try real($0) })
  }

  /// What makes a target's inputs.
  private func input(_ target: Target) throws -> (inout RandomStream) -> [UInt8] {
    switch target {
    case .rootFiles:
      let mutator = ByteMutator(corpus: try urls().map { Array(try Data(contentsOf: $0)) })
      return { mutator.input(&$0) }
    case .rootTrees:
      let files = try urls().compactMap { try? UnpackedFile($0) }
      return { random in
        let file = files[random.integer(below: files.count)]
        var bytes = file.bytes
        for _ in 0...random.integer(below: 3) {
          ByteMutator.patch(&bytes, in: file.live[random.integer(below: file.live.count)], &random)
        }
        return bytes
      }
    case .rootNTuples:
      let files = try sealedNTuples()
      return { random in
        let (whole, ntuple) = files[random.integer(below: files.count)]
        var bytes = whole
        for _ in 0...random.integer(below: 2) {
          ByteMutator.patch(&bytes, in: ntuple.places[random.integer(below: ntuple.places.count)], &random)
        }
        ntuple.seal(&bytes)
        return bytes
      }
    }
  }

  private func sealedNTuples() throws -> [([UInt8], SealedNTuple)] {
    try urls().flatMap { url in
      let file = try ROOTFile(url)
      let bytes = Array(try Data(contentsOf: url))
      return try file.keys().filter { $0.className == "ROOT::RNTuple" }.compactMap { key in
        (try? SealedNTuple(file, key.path)).map { (bytes, $0) }
      }
    }
  }

  /// What the targets change is what readers read: unpacked files and sealed RNTuples hold the values of the originals.
  @Test func corporaHoldTheValues() throws {
    for url in try urls() {
      guard let unpacked = try? UnpackedFile(url) else { continue }
      let file = try ROOTFile(url)
      try withTemporaryFolder { folder in
        let copy = folder.appendingPathComponent("copy.root")
        try Data(unpacked.bytes).write(to: copy)
        let again = try ROOTFile(copy)
        for key in try file.keys() where key.className == "TTree" {
          let (one, other) = (try file.tree(key.path), try again.tree(key.path))
          for branch in one.branches where branch.isReadable {
            #expect(
              try arrayDigest(one.array(branch.path)) == arrayDigest(other.array(branch.path)),
              "\(url.lastPathComponent): \(branch.path)")
          }
        }
      }
    }
    let ntuples = try sealedNTuples()
    #expect(ntuples.count >= 8)
    for (bytes, ntuple) in ntuples {
      var sealed = bytes
      ntuple.seal(&sealed)
      #expect(sealed == bytes)
    }
  }
}

/// Everything that can be read of a file, and the laws that it keeps.
struct ROOTFileLaws {
  private let url: URL
  private let file: ROOTFile

  init(_ url: URL) throws {
    self.url = url
    file = try ROOTFile(url)
  }

  /// Reads all objects; errors of one of them leave the others.
  /// - Returns: the first law that is broken.
  func fault(_ random: inout RandomStream) throws -> String? {
    _ = try ROOTInspection(of: url)
    for key in try file.keys() {
      do {
        if let fault = try fault(of: key, &random) { return "\(key.path): \(fault)" }
      } catch is ROOTFileError { continue }
    }
    return nil
  }

  private func fault(of key: ROOTKey, _ random: inout RandomStream) throws -> String? {
    let name = "\(key.path);\(key.cycle)"
    switch key.className {
    case _ where key.className.hasPrefix("TH1"): _ = try file.histogram(name)
    case _ where key.className.hasPrefix("TH2"): _ = try file.histogram2D(name)
    case _ where key.className.hasPrefix("TH"): _ = try file.rootHistogram(name)
    case _ where key.className.contains("Graph"): _ = try file.graph(name)
    case "TTree", "TNtuple", "TNtupleD":
      let tree = try file.tree(name)
      let names = tree.branches.filter { $0.problem == nil }.map(\.path)
      if let fault = fault(names, tree.entryCount, &random, { try tree.array($0, entries: $1) }) { return fault }
      return try fault(ofTable: key, tree.entryCount, &random) { try tree.table(["*"], entries: $0) }
    case "ROOT::RNTuple":
      let tuple = try file.ntuple(name)
      let names = tuple.fields.map(\.name)
      if let fault = fault(names, tuple.entryCount, &random, { try tuple.array($0, entries: $1) }) { return fault }
      return try fault(ofTable: key, tuple.entryCount, &random) { try tuple.table(["*"], entries: $0) }
    default: break
    }
    return nil
  }

  private func fault(
    _ names: [String], _ count: Int, _ random: inout RandomStream, _ read: (String, Range<Int>) throws -> ROOTArray
  ) -> String? {
    let middle = random.integer(below: min(count, 1 << 40) + 1)
    for name in names {
      guard let whole = try? read(name, 0..<count) else { continue }
      guard whole.count == count else { return "\(name) has \(whole.count) elements for \(count) entries" }
      do {
        let parts = try ROOTArray.joined([try read(name, 0..<middle), try read(name, middle..<count)])
        // The alternatives of variants may hold elements that no entry refers to, more or fewer by what was read at once.
        if whole.typeName.contains("variant") { continue }
        // Digests, because some values are NaN, which equals nothing.
        if arrayDigest(parts) != arrayDigest(whole) { return "\(name) is another in parts, cut at \(middle)" }
      } catch {
        return "\(name) is read as a whole, but not cut at \(middle): \(error)"
      }
    }
    return nil
  }

  private func fault(
    ofTable key: ROOTKey, _ count: Int, _ random: inout RandomStream, _ table: (Range<Int>) throws -> some Any
  ) throws -> String? {
    let first = random.integer(below: min(count, 1 << 40) + 1)
    _ = try table(first..<min(count, first + 20))
    let events = try ROOTEvents(file, path: key.path)
    _ = try events.table(Array(events.columnNames.prefix(4)), entries: first..<min(count, first + 20))
    return nil
  }
}
