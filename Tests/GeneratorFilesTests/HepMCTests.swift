import Foundation
import Records
import TestSupport
import Testing

@testable import GeneratorFiles

@Suite struct HepMCTests {
  static let version3 = #"""
    HepMC::Version 3.02.05
    HepMC::Asciiv3-START_EVENT_LISTING
    W 2
    N nominal\|up \\ down
    T Pythia\|8.3\|a generator
    A author some one
    E 7 3 5 @ 1.0 2.0 3.0 4.0
    U MEV CM
    W 1.5 -2.5
    A 0 GenCrossSection 10.5 0.25 100 200 11.5 0.5
    A 0 GenPdfInfo 2 -2 0.1 0.2 91.2 0.5 0.25 10800 10801
    A 0 note two words
    A 3 flow1 501
    A -3 tag here
    P 1 0 2212 0.0 0.0 7000000.0 7000000.0 938.0 4
    P 2 0 2212 0.0 0.0 -7000000.0 7000000.0 938.0 4
    V -1 0 [1,2]
    P 3 -1 5 1000.0 0.0 2000.0 3000.0 100.0 3
    P 4 3 521 1000.0 0.0 2000.0 3000.0 100.0 2
    V -3 7 [4] @ 0.1 0.2 0.3 0.4
    P 5 -3 13 500.0 1.0e3 2000 2.5D+03 105.7 1
    E 8 0 0
    U GEV MM
    W
    HepMC::Asciiv3-END_EVENT_LISTING

    """#

  static let version2 = """

    HepMC::Version 2.06.09
    HepMC::IO_GenEvent-START_EVENT_LISTING
    E 3 -1 91.5 0.118 0.0078 221 -1 2 1 2 1 42 2 1.5 0.5
    N 2 "0" "second weight"
    U GEV CM
    C 2.5e+03 1.5
    H 78 62 51 89 0 0 0 0 0 9.67 0 0 0
    F 11 -11 0.9 0.8 91.8 15.6 2.5 0 0
    V -1 5 0 0 0 0 2 1 0
    P 1 11 0 0 45 45 0.000511 4 0 0 -1 0
    P 2 -11 0 0 -45 45 0.000511 4 0 0 -1 0
    P 3 23 0 0 0 90 90 2 0.5 0.25 -9 2 1 501 2 502
    V -9 0 0.1 0.2 0.3 0.4 0 2 1 0.75
    P 4 13 45 0 0 45 0.1 1 0 0 0 0
    P 5 -13 -45 0 0 45 0.1 1 0 0 0 0
    HepMC::IO_GenEvent-END_EVENT_LISTING

    """

  static func read(_ text: String) throws -> (run: HepMCRun, events: [HepMCEvent]) {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.hepmc")
      try Data(text.utf8).write(to: url)
      return try read(url)
    }
  }

  static func read(_ url: URL) throws -> (run: HepMCRun, events: [HepMCEvent]) {
    let reader = try HepMCReader(url)
    var events: [HepMCEvent] = []
    try reader.forEach { events.append(copy $0) }
    return (reader.run, events)
  }

  @Test func version3InItsUnits() throws {
    let (run, events) = try Self.read(Self.version3)
    #expect(run.weightNames == ["nominal", #"up \ down"#] && run.version == "3.02.05")
    #expect(run.tools == [.init(name: "Pythia", version: "8.3", text: "a generator")])
    #expect(run.attributes == [.init(name: "author", text: "some one")])
    let event = try #require(events.first)
    #expect(events.map(\.number) == [7, 8] && event.weights == [1.5, -2.5] && events[1].particles.isEmpty)
    #expect(event.crossSection == .init(values: [10.5, 11.5], errors: [0.25, 0.5], accepted: 100, attempted: 200))
    #expect(event.densities?.set2 == 10801 && event.densities?.x2 == 0.2)
    #expect(event.position == .init(x: 10, y: 20, z: 30, t: 40))
    #expect(event.attribute("note") == "two words")
    // The vertex of particle 3 stands between the lines; the file calls the third one −3.
    #expect(event.attributes.map(\.owner) == [0, 3, -3])
    #expect(event.particles.map(\.energy) == [7000, 7000, 3, 3, 2.5] && event.particles[4].mass == 0.1057)
    #expect(event.particles.map(\.productionVertex) == [-1, -1, 0, 1, 2])
    #expect(event.particles.map(\.endVertex) == [0, 0, 1, 2, -1])
    #expect(event.vertices.map { Array(event.incoming(of: $0)) } == [[0, 1], [2], [3]])
    #expect(event.vertices.map(\.status) == [0, 0, 7] && event.vertices[0].position == nil)
    #expect(event.productionPosition(of: event.particles[4]) == .init(x: 1, y: 2, z: 3, t: 4))
    #expect(event.productionPosition(of: event.particles[3]) == .init(x: 10, y: 20, z: 30, t: 40))
    #expect(Array(event.mothers(of: event.particles[4])) == [3])
  }

  @Test func version2() throws {
    let (run, events) = try Self.read(Self.version2)
    #expect(run.format == .genEvent && run.weightNames == ["0", "second weight"])
    let event = try #require(events.first)
    #expect(event.number == 3 && event.weights == [1.5, 0.5] && event.attribute("event_scale") == "91.5")
    #expect(event.attribute("random_states0") == "42" && event.attribute("GenHeavyIon")?.hasPrefix("78 62") == true)
    #expect(event.crossSection == .init(values: [2500], errors: [1.5]) && event.densities?.id2 == -11)
    #expect(event.vertices.map { Array(event.incoming(of: $0)) } == [[0, 1], [2]])
    #expect(event.particles.map(\.productionVertex) == [-1, -1, 0, 1, 1])
    #expect(event.vertices[1].position == .init(x: 1, y: 2, z: 3, t: 4) && event.vertices[0].status == 5)
    let flows = event.attributes.filter { $0.owner == 3 }
    #expect(
      flows.map(\.name) == ["theta", "phi", "flow1", "flow2"] && flows.map(\.text) == ["0.5", "0.25", "501", "502"])
    #expect(event.attributes.last == .init(owner: -2, name: "weights", text: "0.75"))
  }

  /// Files are put one behind another by `cat`.
  @Test func listingsOneAfterAnother() throws {
    #expect(try Self.read(Self.version2 + Self.version2).events.map(\.number) == [3, 3])
    #expect(try Self.read(Self.version3 + Self.version2).events.map(\.number) == [7, 8, 3])
  }

  static let faults: [(version: Int, old: String, new: String, message: String)] = [
    (3, "HepMC::Version 3.02.05\n", "some text\n", "is no HepMC file: expected 'HepMC::Version'"),
    (3, "Asciiv3-START", "Asciiv4-START", "a.hepmc:2: 'HepMC::Asciiv4-START_EVENT_LISTING' is unknown"),
    (3, "E 7 3 5", "E 7 3 6", "a.hepmc:7: has 5 particles, its first line says 6"),
    (3, "E 7 3 5", "E 7 3 4", "a.hepmc:21: particle 5 follows particle 4 of 4"),
    (3, "E 7 3 5", "E 7 2 5", "a.hepmc:20: more vertices than the 2 of the event's first line"),
    (3, "E 7 3 5", "E 7 3 500000000000", "a.hepmc:7: an event of 500000000000 particles or vertices"),
    (3, "E 7 3 5", "E 7 3", "a.hepmc:7: expected 'E number vertices particles'"),
    (3, "U MEV CM", "U TEV CM", "a.hepmc:8: expected units GEV or MEV and MM or CM"),
    (3, "W 1.5 -2.5", "W 1.5 x", "a.hepmc:9: weights: expected a number, found 'x'"),
    (3, "0.25 100 200", "0.25 100", "a.hepmc:10: GenCrossSection: expected value, error, counts"),
    (3, "A 3 flow1", "A 9 flow1", "attribute 'flow1' is of particle 9, which is not there"),
    (3, "P 4 3 521", "P 4 4 521", "a.hepmc:19: a particle has mother 4, which is not there before it"),
    (3, "P 4 3 521", "P 4 -2 521", "a.hepmc:19: a particle begins at vertex -2, which is not there before it"),
    (3, "V -3 7 [4]", "V -1 7 [4]", "a.hepmc:20: vertex -1 is there twice"),
    (3, "V -3 7 [4]", "V -3 7 [4,9]", "vertex -3 has particle 9, the event 5"),
    (3, "V -3 7 [4]", "V -3 7 [3]", "a.hepmc:20: particle 3 goes into two vertices"),
    (3, "V -3 7 [4]", "V -3 7 [4,]", "a.hepmc:20: expected numbers of particles, found '[4,]'"),
    (3, "2.5D+03", "2.5D+03x", "a.hepmc:21: column 7 of a particle (energy): expected a number, found '2.5D+03x'"),
    (3, "105.7 1\n", "105.7\n", "a.hepmc:21: expected a particle of 9 columns"),
    (3, "HepMC::Asciiv3-END_EVENT_LISTING\n", "", "the file ends within the event of line 22; it is truncated"),
    (2, "221 -1 2 1 2 1 42", "221 -1 3 1 2 1 42", "a.hepmc:4: has 2 vertices, its first line says 3"),
    (2, "2 1.5 0.5", "3 1.5 0.5", "a.hepmc:4: expected 3 weights at the end of the line, found 2"),
    (2, "N 2", "N 3", "a.hepmc:5: expected names of weights in quotes and their number"),
    (2, "V -9 0", "V -1 0", "a.hepmc:14: vertex -1 is there twice"),
    (2, "0.25 -9 2", "0.25 -8 2", "particle 3 ends in vertex -8, which the event of line 4 has not"),
    (2, "0 0 2 1 0\n", "0 0 2 2 0\n", "a.hepmc:14: 1 particles of the vertex before are missing"),
    (2, "0 0 2 1 0\n", "0 0 2 0 0\n", "a.hepmc:13: a particle more than its vertex has"),
    (2, "-9 2 1 501 2 502", "-9 2 1 501 2", "a.hepmc:13: expected 2 pairs of flow index and colour line"),
  ]

  @Test(arguments: faults.indices) func faultsAreNamedWithTheirLine(_ index: Int) throws {
    let fault = Self.faults[index]
    let whole = fault.version == 3 ? Self.version3 : Self.version2
    let text = whole.replacing(fault.old, with: fault.new, maxReplacements: 1)
    try #require(text != whole)
    let error = #expect(throws: GeneratorFileError.self) { try Self.read(text) }
    #expect("\(String(describing: error))".contains(fault.message), "\(String(describing: error))")
  }

  @Test(arguments: [2, 3]) func aCutFileIsTruncated(_ version: Int) throws {
    let text = version == 3 ? Self.version3 : Self.version2
    let end = try #require(text.range(of: "LISTING", options: .backwards))
    let bytes = Array(text[..<end.upperBound].utf8)
    for count in stride(from: 0, to: bytes.count, by: 3) {
      #expect(throws: GeneratorFileError.self) { try Self.read(String(decoding: bytes[..<count], as: UTF8.self)) }
    }
  }

  /// Random trees of particles and vertices with doubles of all sizes.
  @Test(arguments: [UInt64](1...5)) func writtenIsReadToTheBit(_ seed: UInt64) throws {
    var random = SeedTree(root: seed).child("hepmc").stream()
    func number() -> Double {
      let value = Double(bitPattern: UInt64(random.integer(below: .max)) << 1 ^ UInt64(random.integer(below: 2)))
      return value.isFinite ? value : -0.0
    }
    func position() -> HepMCPosition { HepMCPosition(x: number(), y: number(), z: number(), t: 1) }
    var run = HepMCRun(weightNames: ["a b", "c\nd".replacing("\n", with: "\\|")])
    run.tools = [.init(name: "n", version: "v\\", text: "t")]
    run.attributes = [.init(name: "x", text: "two\nlines")]
    let events = (0..<20).map { index in
      var event = HepMCEvent(number: index, weights: (0..<random.integer(below: 3)).map { _ in number() })
      if index % 2 == 0 { event.crossSection = .init(values: [number(), number()], errors: [1, 2], accepted: 5) }
      if index % 3 == 0 {
        event.densities = .init(id1: 1, id2: -1, x1: number(), x2: 0.5, scale: 1, xf1: 2, xf2: 3, set1: 4, set2: 5)
        event.position = position()
      }
      for row in 0..<random.integer(below: 30) {
        var particle = HepMCParticle(
          id: Int32(random.integer(below: 5000)), status: Int32(random.integer(below: 100)), px: number(),
          py: number(), pz: number(), energy: number(), mass: number())
        // A particle begins at the last vertex, or at a new one of one or two particles before it.
        let free = event.particles.indices.filter { event.particles[$0].endVertex < 0 }.suffix(1 + row % 2)
        if row % 3 == 0, !free.isEmpty {
          let vertex = Int32(event.vertices.count)
          let start = event.incoming.count
          event.incoming += free.map { Int32($0) }
          for mother in free { event.particles[mother].endVertex = vertex }
          event.vertices.append(
            HepMCVertex(
              status: row % 2 == 0 ? 0 : 3, position: row % 4 == 0 ? position() : nil,
              incoming: start..<event.incoming.count))
        }
        particle.productionVertex = Int32(event.vertices.count) - 1
        event.particles.append(particle)
        if row % 5 == 0 { event.attributes.append(.init(owner: Int32(row + 1), name: "a", text: "b\nc \\ d")) }
      }
      if !event.vertices.isEmpty { event.attributes.append(.init(owner: -1, name: "v", text: "")) }
      return event
    }
    try withTemporaryFolder { folder in
      for name in ["a.hepmc3", "a.hepmc3.gz"] {
        let url = folder.appendingPathComponent(name)
        try HepMCWriter.write(to: url, run: run) { writer in for event in events { try writer.write(event) } }
        let again = try Self.read(url)
        #expect(again.run == run)
        #expect(again.events.map(\.bits) == events.map(\.bits))
        #expect(again.events == events)
      }
    }
  }
}

extension HepMCEvent {
  /// Doubles as bits: −0 and 0 differ here.
  fileprivate var bits: [UInt64] {
    (weights + particles.flatMap { [$0.px, $0.py, $0.pz, $0.energy, $0.mass] }
      + vertices.compactMap(\.position).flatMap { [$0.x, $0.y, $0.z] }).map(\.bitPattern)
  }
}
