import ByteIO
import Foundation
import GeneratorFiles
import Records
import TestSupport

/// Files of generators under mutation. What is read must be written and read again as the same.
enum GeneratorFileFuzz {
  static func isExpected(_ error: any Error) -> Bool { error is GeneratorFileError || error is FileError }

  static func corpus(_ target: FuzzTarget) throws -> [[UInt8]] {
    let names =
      switch target {
      case .lesHouches: ["example.lhe"]
      case .hepMC: ["example.hepmc3", "example.hepmc2"]
      case .slha: ["example.slha"]
      default: [String]()
      }
    if target == .gzipEvents { return try gzipCorpus() }
    return try names.map { Array(try Data(contentsOf: referenceURL("generator-files/\($0)"))) }
  }

  /// Two members one after another, and one.
  private static func gzipCorpus() throws -> [[UInt8]] {
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
  static func run(_ target: FuzzTarget, _ bytes: [UInt8], in folder: URL) throws -> String? {
    let url = folder.appendingPathComponent("input")
    try Data(bytes).write(to: url)
    switch target {
    case .hepMC: return try hepMC(url, again: folder.appendingPathComponent("again"))
    case .slha:
      _ = try SLHAFile(contentsOf: url)
      return nil
    default: return try lesHouches(url, again: folder.appendingPathComponent("again"))
    }
  }

  private static func lesHouches(_ url: URL, again: URL) throws -> String? {
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

  private static func hepMC(_ url: URL, again: URL) throws -> String? {
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
