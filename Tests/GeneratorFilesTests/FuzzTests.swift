import ByteIO
import Foundation
import GeneratorFiles
import TestSupport
import Testing

/// Mutated files against the readers of generators' files; settings by `FuzzSettings`. What is read must be written and
/// read again as the same.
@Suite("Fuzzing of generators' files", .serialized)
struct GeneratorFileFuzzTests {
  enum Target: String, CaseIterable, Sendable {
    case lesHouches, hepMC, slha, gzipEvents
  }

  @Test("values or errors, never a crash or a hang", arguments: Target.allCases)
  func readers(_ target: Target) throws {
    let mutator = ByteMutator(corpus: try corpus(target))
    try withTemporaryFolder { folder in
      let faults = fuzz(
        target.rawValue, input: { mutator.input(&$0) },
        run: { bytes, _ in
          FuzzOutcome.of(isExpected: { $0 is GeneratorFileError || $0 is FileError }) {
            try run(target, bytes, in: folder)
          }
        })
      for fault in faults { Issue.record("\(fault)") }
    }
  }

  /// Committed examples; where public data are there, also the first events of public files.
  private func corpus(_ target: Target) throws -> [[UInt8]] {
    let (names, real) =
      switch target {
      case .lesHouches:
        (
          ["example.lhe"],
          ["pylhe-testfile-madgraph-2.0.0-wbj.lhe", "pylhe-testfile-powheg-box-v2-W.lhe"]
        )
      case .hepMC: (["example.hepmc3", "example.hepmc2"], ["example.hepmc3", "inputIO1.hepmc"])
      case .slha: (["example.slha"], [])
      case .gzipEvents: ([String](), [String]())
      }
    if target == .gzipEvents { return try gzipCorpus() }
    let committed = try names.map { Array(try Data(contentsOf: referenceURL("generator-files/\($0)"))) }
    guard let folder = realDataURL else { return committed }
    return committed
      + (try real.map { name in
        Array(try Data(contentsOf: folder.appendingPathComponent("events/\(name)")).prefix(20_000))
      })
  }

  /// Two members one after another, and one.
  private func gzipCorpus() throws -> [[UInt8]] {
    try withTemporaryFolder { folder in
      let text = Array(try Data(contentsOf: referenceURL("generator-files/example.lhe")))
      let url = folder.appendingPathComponent("a.gz")
      func packed(_ bytes: ArraySlice<UInt8>) throws -> [UInt8] {
        let sink = try ByteSink(url, compression: 6)
        try sink.write(bytes)
        try sink.finish()
        return Array(try Data(contentsOf: url))
      }
      return [try packed(text[...]), try packed(text[..<500]) + packed(text[500...])]
    }
  }

  /// - Returns: what is wrong with the reader, if anything.
  private func run(_ target: Target, _ bytes: [UInt8], in folder: URL) throws -> String? {
    let url = folder.appendingPathComponent("input")
    try Data(bytes).write(to: url)
    _ = try? GeneratorFileKind.detected(in: url).map { try GeneratorFileInspection(of: url, kind: $0).description }
    switch target {
    case .hepMC: return try hepMC(url, again: folder.appendingPathComponent("again"))
    case .slha:
      _ = try SLHAFile(contentsOf: url)
      return nil
    default: return try lesHouches(url, again: folder.appendingPathComponent("again"))
    }
  }

  private func lesHouches(_ url: URL, again: URL) throws -> String? {
    let reader = try LesHouchesReader(url)
    var events: [LesHouchesEvent] = []
    try reader.forEach { events.append(copy $0) }
    do {
      try LesHouchesWriter.write(to: again, run: reader.run) { writer in for event in events { try writer.write(event) }
      }
    } catch is GeneratorFileError {
      return nil
    }
    let second = try LesHouchesReader(again)
    var found: [LesHouchesEvent] = []
    do {
      try second.forEach { found.append(copy $0) }
    } catch {
      return "what was written cannot be read: \(error)"
    }
    // Lines of a generator that mean something else elsewhere are not this test's matter.
    guard found.count == events.count else { return "\(events.count) events are read again as \(found.count)" }
    for (a, b) in zip(events, found) where a.particles != b.particles || a.weights != b.weights || a.weight != b.weight
    {
      return "what is written is read as another event"
    }
    return nil
  }

  private func hepMC(_ url: URL, again: URL) throws -> String? {
    let reader = try HepMCReader(url)
    var events: [HepMCEvent] = []
    try reader.forEach { event in
      // Each particle's place is found, also where an event runs in a circle.
      for particle in event.particles { _ = event.productionPosition(of: particle) }
      events.append(copy event)
    }
    do {
      try HepMCWriter.write(to: again, run: reader.run) { writer in for event in events { try writer.write(event) } }
    } catch is GeneratorFileError {
      return nil
    }
    // Vertices that no particle begins at are not written, so that mothers may come after their daughters in files of
    // version 2: such a copy is refused.
    var found: [HepMCEvent] = []
    do {
      try HepMCReader(again).forEach { found.append(copy $0) }
    } catch is GeneratorFileError {
      return nil
    }
    for (a, b) in zip(events, found) where a.particles.map(\.px) != b.particles.map(\.px) || a.weights != b.weights {
      return "what is written is read as another event"
    }
    return found.count == events.count ? nil : "\(events.count) events are read again as \(found.count)"
  }
}
