import Foundation
import Records
import TestSupport
import Testing

@testable import GeneratorFiles

@Suite struct LesHouchesTests {
  /// A small file with what versions 1 to 3 have.
  static let text = """
    <?xml version="1.0"?>
    <LesHouchesEvents version="3.0">
    <!-- made by hand, with <tags> & other text -->
    <header>
    <slha>
    BLOCK MASS # with a < sign
      25 1.25e+02
    </slha>
    <initrwgt>
    <weightgroup name='scales' combine="envelope">
    <weight id='1001' MUR="2.0"> twice </weight><weight id="1002"/>
    </weightgroup>
    <weight id="alone"> outside </weight>
    </initrwgt>
    </header>
    <init>
     2212 2212 6.5D+03 6500 -1 -1 247000 247000 -4 1
     .5E2 1.5-003 1.0 66
    <generator name="Hand &amp; Co" version='2'> some text </generator>
    # a comment
    </init>
    <event npLO=" 1 ">
     5 66 -0.1234567890123456789E+02 9.1188E+01 7.5E-03 1.18E-01
     2 -1 0 0 501 0 0. 0. 100. 100. 0. 0. 9.
     -2 -1 0 0 0 501 +0.0 -0 -20.25 20.25 0. 0. 9.
     23 2 1 2 0 0 0 0 79.75 120.25 90 0. 9.
     11 1 3 3 0 0 10. 0. 60. 70.125 .000511 1.5 -1
     -11 1 3 3 0 0 -10. 0. 19.75 50.125 .000511 0. 1
    #pdf 1 2 3
    <rwgt>
    <wgt id='1001'> 1.5 </wgt><wgt id='1002'>-2.5E0</wgt>
    </rwgt>
    <weights> 1 2
     3.25 </weights>
    <scales muf="90.1" mur='80'> text </scales>
    <clustering>
    <clus scale="90.3"> 4 5 -1 -1</clus>
    </clustering>
    </event>
    <eventgroup nreal="1">
    <event>
     0 66 1 -1 -1 -1
    </event>
    </eventgroup>
    # between
    </LesHouchesEvents>
    # after
    """

  static func read(_ text: String, gzip: Bool = false) throws -> (run: LesHouchesRun, events: [LesHouchesEvent]) {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.lhe")
      try Data(text.utf8).write(to: url)
      return try read(url)
    }
  }

  static func read(_ url: URL) throws -> (run: LesHouchesRun, events: [LesHouchesEvent]) {
    let reader = try LesHouchesReader(url)
    var events: [LesHouchesEvent] = []
    try reader.forEach { events.append(copy $0) }
    return (reader.run, events)
  }

  @Test func allThatThreeVersionsHave() throws {
    let (run, events) = try Self.read(Self.text)
    #expect(run.version == "3.0" && run.comments == [" made by hand, with <tags> & other text "])
    #expect(
      run.block("slha")?.lines == ["BLOCK MASS # with a < sign", "  25 1.25e+02"] && run.block("slha")?.line == 6)
    #expect(run.weightGroups.map(\.name) == ["scales", ""])
    #expect(
      run.weightGroups[0].weights.map(\.id) == ["1001", "1002"] && run.weightGroups[0].weights[0].text == "twice")
    #expect(run.weightGroups[0].weights[0].attributes == [.init("MUR", "2.0")])
    #expect(run.beamIDs == .init(2212, 2212) && run.beamEnergies == .init(6500, 6500) && run.collisionEnergy == 13_000)
    #expect(run.weightStrategy == -4 && run.crossSectionStrategy == .meanWeight)
    #expect(run.processes == [.init(crossSection: 50, crossSectionError: 1.5e-3, maximumWeight: 1, id: 66)])
    #expect(run.generators == [.init(name: "Hand & Co", version: "2", text: "some text")])
    #expect(run.lines == ["# a comment"])
    let event = try #require(events.first)
    #expect(events.count == 2 && events[1].particles.isEmpty && events.map(\.group) == [0, 1])
    #expect(
      event.weight == -12.34567890123456789 && event.scale == 91.188 && event.attributes == [.init("npLO", " 1 ")])
    #expect(event.particles.count == 5 && event.particles[3].mass == 0.000511 && event.particles[3].lifetime == 1.5)
    #expect(event.particles[1].py.sign == .minus && event.particles[3].mother1 == 3)
    #expect(event.weights == [.init(id: "1001", value: 1.5), .init(id: "1002", value: -2.5)])
    #expect(event.orderedWeights == [1, 2, 3.25] && event.scales == [.init("muf", "90.1"), .init("mur", "80")])
    #expect(event.comments == ["#pdf 1 2 3"] && event.lines.count == 4)
  }

  /// A fault, the text that it replaces, and what the error says of it, with its line.
  static let faults: [(old: String, new: String, message: String)] = [
    ("<LesHouchesEvents version=\"3.0\">", "<LesHouchesEvent version=\"3.0\">", "a.lhe:2: is no Les Houches file"),
    ("version=\"3.0\"", "version=\"4.0\"", "a.lhe:2: is of Les Houches version 4.0; this program reads 1 to 3"),
    ("</slha>\n", "", "a.lhe:14: the header's block <slha> of line 5 is not closed"),
    ("id=\"1002\"", "id=\"1001\"", "a.lhe:11: the weight id '1001' is there twice"),
    ("-4 1\n", "-5 1\n", "a.lhe:17: IDWTUP is -5; it must be ±1, ±2, ±3 or ±4"),
    ("-4 1\n", "-4\n", "a.lhe:17: expected the first line of <init> of 10 columns"),
    ("-4 1\n", "-4 2\n", "a.lhe:19: column 1 of a process of <init> (XSECUP): expected a number, found '<generator'"),
    ("6.5D+03", "nan", "a.lhe:17: column 3 of the first line of <init> (EBMUP1): expected a number, found 'nan'"),
    ("9.1188E+01", "1e999", "a.lhe:23: column 4 of an event's first line (SCALUP): expected a number, found '1e999'"),
    (" 5 66", " 6 66", "a.lhe:29: column 1 of particle 6 (IDUP): expected a whole number, found '#pdf'"),
    (" 5 66", " 4 66", "a.lhe:28: expected '</event>' after 4 particles (NUP)"),
    (" 5 66", " -1 66", "a.lhe:23: NUP is -1"),
    (" 5 66", " 2000000000 66", "a.lhe:23: NUP is 2000000000; expected 0 to 100000 particles"),
    ("11 1 3 3", "11 1 3 6", "a.lhe:27: particle 4 has mothers 3 and 6; the event has 5 particles"),
    (".000511 1.5 -1", ".000511 1.5", "a.lhe:27: expected particle 4 of 13 columns"),
    (".000511 1.5 -1", ".000511 1.5 -1 0", "a.lhe:27: expected particle 4 of 13 columns"),
    ("<wgt id='1001'> 1.5", "<wgt id='1001'> x", "a.lhe:31: weight '1001': expected a number, found 'x'"),
    ("</rwgt>\n", "", "a.lhe:32: expected '<wgt id=\"…\">' or '</rwgt>', found '<weights> 1 2'"),
    (" 3.25 </weights>", " 3.25,</weights>", "a.lhe:34: <weights>: expected a number, found '3.25,'"),
    ("</clustering>\n</event>", "</clustering>", "a.lhe:40: the event of line 22 is not closed before '<event>'"),
    ("</eventgroup>\n", "", "a.lhe:45: the file ends within an <eventgroup>"),
    ("</LesHouchesEvents>\n", "", "the file ends without '</LesHouchesEvents>' after 2 events; it is truncated"),
    ("# after", "<LesHouchesEvents version=\"1.0\">", "a.lhe:47: a second file begins after '</LesHouchesEvents>'"),
  ]

  @Test(arguments: faults.indices) func faultsAreNamedWithTheirLine(_ index: Int) throws {
    let fault = Self.faults[index]
    let text = Self.text.replacing(fault.old, with: fault.new, maxReplacements: 1)
    try #require(text != Self.text)
    let error = #expect(throws: GeneratorFileError.self) { try Self.read(text) }
    #expect("\(String(describing: error))".contains(fault.message), "\(String(describing: error))")
  }

  /// A file cut anywhere before its last tag is refused.
  @Test func aCutFileIsTruncated() throws {
    let end = try #require(Self.text.range(of: "</LesHouchesEvents"))
    let bytes = Array(Self.text[..<end.lowerBound].utf8)
    for count in stride(from: 0, to: bytes.count, by: 3) {
      #expect(throws: GeneratorFileError.self) { try Self.read(String(decoding: bytes[..<count], as: UTF8.self)) }
    }
  }

  /// Random doubles of all sizes, also where text and bits are hard to match.
  @Test(arguments: [UInt64](1...5)) func writtenIsReadToTheBit(_ seed: UInt64) throws {
    var random = SeedTree(root: seed).child("lhe").stream()
    func number() -> Double {
      let value = Double(bitPattern: UInt64(random.integer(below: .max)) << 1 ^ UInt64(random.integer(below: 2)))
      return value.isFinite ? value : -0.0
    }
    func integer() -> Int32 { Int32(random.integer(below: 2_000_001) - 1_000_000) }
    var run = LesHouchesRun(
      beamIDs: .init(2212, -2212), beamEnergies: .init(abs(number()) + 1, 980), weightStrategy: -3,
      processes: (0..<3).map { .init(crossSection: number(), crossSectionError: number(), maximumWeight: 1, id: $0) })
    run.comments = ["two\nlines"]
    run.blocks = [.init(name: "slha", lines: ["BLOCK A <", "", " 1 2"])]
    run.weightGroups = [
      .init(
        attributes: [.init("name", "a \"<&>'")], weights: [.init(id: "x", attributes: [.init("MUF", "2")], text: "t")])
    ]
    run.generators = [.init(name: "g", version: "1", text: "text")]
    run.lines = ["<xsecinfo neve=\"3\"/>"]
    let events = (0..<50).map { index in
      let count = random.integer(below: 12)
      var event = LesHouchesEvent(
        processID: integer(), weight: number(), scale: number(), alphaQED: number(), alphaQCD: number())
      event.particles = (0..<count).map { row in
        LesHouchesParticle(
          id: integer(), status: integer(), mother1: Int32(random.integer(below: count + 1)), mother2: Int32(row),
          colour: integer(), anticolour: integer(), px: number(), py: number(), pz: number(), energy: number(),
          mass: number(), lifetime: number(), spin: number())
      }
      event.weights = (0..<random.integer(below: 4)).map { .init(id: "w\($0)'\"", value: number()) }
      event.orderedWeights = (0..<random.integer(below: 4)).map { _ in number() }
      event.scales = [.init("muf", "1.5")]
      event.attributes = index % 2 == 0 ? [.init("npLO", "\(index)")] : []
      event.lines = index % 3 == 0 ? ["# \(index)", "<mgrwt>", "</mgrwt>"] : []
      event.group = index / 10
      return event
    }
    try withTemporaryFolder { folder in
      for name in ["a.lhe", "a.lhe.gz"] {
        let url = folder.appendingPathComponent(name)
        try LesHouchesWriter.write(to: url, run: run) { writer in for event in events { try writer.write(event) } }
        var again = try Self.read(url)
        again.run.blocks[0].line = 0
        #expect(again.run == run)
        #expect(again.events.map(\.bits) == events.map(\.bits))
        #expect(again.events == events)
      }
    }
  }

  @Test func whatNoFileCanHoldIsNotWritten() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.lhe")
      let run = LesHouchesRun(
        beamIDs: .init(11, -11), beamEnergies: .init(45, 45), weightStrategy: 3,
        processes: [.init(crossSection: 1, crossSectionError: 0, maximumWeight: 1, id: 1)])
      #expect(throws: GeneratorFileError.self) {
        try LesHouchesWriter.write(to: url, run: run) { try $0.write(LesHouchesEvent(weight: .nan)) }
      }
      let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(left == [])
    }
  }
}

extension LesHouchesEvent {
  /// All doubles as bits: −0 and 0 differ here.
  fileprivate var bits: [UInt64] {
    ([weight, scale, alphaQED, alphaQCD]
      + particles.flatMap { [$0.px, $0.py, $0.pz, $0.energy, $0.mass, $0.lifetime, $0.spin] }
      + weights.map(\.value) + orderedWeights).map(\.bitPattern)
  }
}
