import Foundation
import GeneratorFiles
import PhysicsObjects
import Records
import TestSupport
import Testing

@testable import EventGeneration

@Suite struct LesHouchesSampleTests {
  /// A file of e⁺e⁻ → μ⁺μ⁻ with such weights, each with its process.
  private func write(
    _ weights: [(Double, Int32)], strategy: Int, crossSections: [Double], to url: URL, energy: Double = 50,
    block: LesHouchesRun.HeaderBlock? = nil
  ) throws {
    var run = LesHouchesRun(
      beamIDs: .init(11, -11), beamEnergies: .init(energy, energy), weightStrategy: strategy,
      processes: crossSections.enumerated().map {
        .init(crossSection: $1, crossSectionError: 0.1 * $1, maximumWeight: 1, id: Int32($0))
      })
    if let block { run.blocks = [block] }
    try LesHouchesWriter.write(to: url, run: run) { writer in
      for (index, (weight, process)) in weights.enumerated() {
        var event = LesHouchesEvent(processID: process, weight: weight, scale: 100)
        let angle = Double(index) + 0.3
        let (x, z) = (energy * sin(angle), energy * cos(angle))
        event.particles = [
          .init(id: 11, status: -1, px: 0, py: 0, pz: energy, energy: energy, mass: 0),
          .init(id: -11, status: -1, px: 0, py: 0, pz: -energy, energy: energy, mass: 0),
          .init(id: 13, status: 1, mother1: 1, mother2: 2, px: x, py: 0, pz: z, energy: energy, mass: 0),
          .init(id: -13, status: 1, mother1: 1, mother2: 2, px: -x, py: 0, pz: -z, energy: energy, mass: 0),
        ]
        try writer.write(event)
      }
    }
  }

  /// The mean weight in pb is the cross-section whatever the strategy, and relative weights are kept.
  @Test func weightStrategies() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.lhe")
      for strategy in [4, -4, 1, -1] {
        try write([(2, 0), (6, 0), (-1, 0), (1, 0)], strategy: strategy, crossSections: [99], to: url)
        let sample = try LesHouchesSample(files: [url])
        #expect(sample.crossSection == 2 && sample.negativeCount == 1 && sample.files[0].factors == [0: 1])
        // What <init> says, 9.9 pb, is more than the mean's own √((42/4 − 4)/4) pb.
        #expect(abs(sample.crossSectionError - 9.9) < 1e-12)
      }
      try write([(1, 0), (1, 1), (1, 0), (-1, 1)], strategy: -3, crossSections: [5, 7], to: url)
      var sample = try LesHouchesSample(files: [url])
      #expect(sample.crossSection == 12 && sample.files[0].factors == [0: 24, 1: 24])
      #expect(abs(sample.crossSectionError - (0.25 + 0.49).squareRoot()) < 1e-12)
      try write([(1, 0), (3, 0), (10, 1)], strategy: 2, crossSections: [5, 7], to: url)
      sample = try LesHouchesSample(files: [url])
      #expect(sample.crossSection == 12)
      // Process 0: weights 1 and 3 share 5 pb; process 1 has 7 pb; three events in all.
      let factors = sample.files[0].factors
      #expect(abs((factors[0] ?? 0) * 4 / 3 - 5) < 1e-12 && abs((factors[1] ?? 0) * 10 / 3 - 7) < 1e-12)
    }
  }

  @Test func filesAddUpAsOneRun() throws {
    try withTemporaryFolder { folder in
      let (a, b) = (folder.appendingPathComponent("a.lhe"), folder.appendingPathComponent("b.lhe.gz"))
      try write([(1, 0), (1, 0), (1, 0)], strategy: 3, crossSections: [4], to: a)
      try write([(0.5, 0)], strategy: 3, crossSections: [8], to: b)
      let sample = try LesHouchesSample(files: [a, b])
      #expect(sample.eventCount == 4 && sample.crossSection == 5 && sample.collisionEnergy == 100)
      #expect(sample.files.map { $0.factors[0] } == [4, 16])
    }
  }

  @Test func whatIsRefused() throws {
    try withTemporaryFolder { folder in
      let (a, b) = (folder.appendingPathComponent("a.lhe"), folder.appendingPathComponent("b.lhe"))
      func message(_ urls: [URL], ignoring: Bool = false) -> String {
        do { return "\(try LesHouchesSample(files: urls, ignoresMerging: ignoring).eventCount)" } catch {
          return "\(error)"
        }
      }
      let card = LesHouchesRun.HeaderBlock(name: "MGRunCard", lines: ["  1  = ickkw  ! MLM"])
      try write([(1, 0)], strategy: 3, crossSections: [4], to: a, block: card)
      #expect(
        message([a]).contains("a.lhe: was made for the merging of jets with showers (its run card says ickkw = 1)"))
      #expect(message([a], ignoring: true) == "1")
      #expect(message([a, a], ignoring: true).contains("is there twice"))
      try write([(1, 0)], strategy: 3, crossSections: [4], to: b, energy: 60)
      #expect(message([a, b], ignoring: true).contains("b.lhe: has other beams than"))
      try write([(1, 1)], strategy: 3, crossSections: [4], to: b)
      #expect(message([b]).contains("b.lhe:6: an event of process 1, which <init> does not have"))
      try write([], strategy: 3, crossSections: [4], to: b)
      #expect(message([b]).contains("has no events"))
      try write([(1, 0), (-1, 0)], strategy: -3, crossSections: [4], to: b)
      #expect(message([b]).contains("its weights add up to zero"))
      try write([(1, 0), (-2, 0)], strategy: -4, crossSections: [4], to: b)
      #expect(message([b]).contains("the cross-section of its events is -0.5 pb"))
      #expect(message([folder.appendingPathComponent("none.lhe")]).contains("no such file"))
    }
  }

  @Test func blocksOfAllPasses() throws {
    try withTemporaryFolder { folder in
      let (a, b) = (folder.appendingPathComponent("a.lhe"), folder.appendingPathComponent("b.lhe"))
      try write([(1, 0), (1, 0), (1, 0)], strategy: 3, crossSections: [4], to: a)
      try write([(1, 0), (1, 0)], strategy: 3, crossSections: [4], to: b)
      let card = ProcessCard(name: "x", crossSectionNote: "", settings: [], slices: [.init(eventsPerBlock: 2)])
      let generator = LesHouchesGenerator(card: card, sample: try LesHouchesSample(files: [a, b]), passes: 2)
      #expect(generator.blockCount == 6)
      #expect((0..<6).map { generator.events(of: $0) } == [0..<2, 2..<4, 4..<5, 0..<2, 2..<4, 4..<5])
    }
  }
}

/// Public files through Pythia.
@Suite(
  .enabled(if: realDataURL != nil, "SEARCHLIGHT_DATA is not set"),
  .enabled(if: Generator.isAvailable, "Pythia's room is not installed"))
struct LesHouchesShowerTests {
  private func generator(_ name: String, eventsPerBlock: Int = 100, passes: Int = 1) throws -> LesHouchesGenerator {
    let url = try #require(realDataURL).appendingPathComponent("events/\(name)")
    let card = ProcessCard(
      name: "x", crossSectionNote: "", settings: ["PartonLevel:MPI = off"],
      slices: [.init(eventsPerBlock: eventsPerBlock)])
    return LesHouchesGenerator(card: card, sample: try LesHouchesSample(files: [url]), passes: passes)
  }

  /// Leptons and neutrinos of the hard process, sorted.
  private func leptons(_ ids: [Int32]) -> [Int32] { ids.filter { (11...16).contains(abs($0)) }.sorted() }

  @Test(arguments: ["pylhe-testfile-powheg-box-v2-W.lhe", "pylhe-testfile-pythia-6.413-ttbar.lhe"])
  func everyEventIsShoweredWithItsLeptons(_ name: String) throws {
    let generator = try generator(name)
    var expected: [(leptons: [Int32], weight: Double, process: Int)] = []
    try LesHouchesReader(generator.sample.files[0].url).forEach { event in
      let outgoing = event.particles.filter { $0.status == 1 }.map(\.id)
      expected.append((leptons(outgoing), event.weight, Int(event.processID)))
    }
    let factor = try #require(generator.sample.files[0].factors.values.first)
    var found = 0
    let summary = try generator.generateBlock(0, seed: SeedTree(root: 3), content: [.final, .hard]) { event in
      let hard = event.pdgID.indices.filter { event.status[$0] == ParticleRole.hardOutgoing }.map { event.pdgID[$0] }
      #expect(leptons(hard) == expected[found].leptons)
      #expect(event.weight == expected[found].weight * factor && event.processCode == expected[found].process)
      // Energy of what reaches the detector is that of the beams.
      let final = event.pdgID.indices.filter { event.status[$0] == ParticleRole.final }
      let energy = final.reduce(0) { $0 + event.energy[$1] }
      #expect(abs(energy / generator.sample.collisionEnergy - 1) < 1e-6 && final.count > 20)
      found += 1
    }
    #expect(found == 100 && summary.accepted == 100 && summary.failed == 0 && summary.tried == 100)
    #expect(abs(summary.sumW / 100 - generator.sample.crossSection) < 1e-9 * generator.sample.crossSection)
  }

  @Test func crossSectionsOfTheFiles() throws {
    let ttbar = try generator("pylhe-testfile-pythia-6.413-ttbar.lhe").sample
    // IDWTUP 3: the two processes of <init>.
    #expect(abs(ttbar.crossSection - (5.220106 + 0.2602564)) < 1e-12 && ttbar.negativeCount == 0)
    let w = try generator("pylhe-testfile-powheg-box-v2-W.lhe").sample
    // IDWTUP −4: 99 events of 5011.86 pb and one of −5011.86 pb.
    #expect(abs(w.crossSection - 5011.86 * 0.98) < 1e-9 && w.negativeCount == 1)
  }

  /// An event's shower depends on its block's number only.
  @Test func blocksAreTheSameInAnyOrder() throws {
    let generator = try generator("pylhe-testfile-powheg-box-v2-W.lhe", eventsPerBlock: 7, passes: 2)
    func sums(_ block: Int) throws -> [Double] {
      var list: [Double] = []
      try generator.generateBlock(block, seed: SeedTree(root: 3), content: .final) { event in
        list.append(event.energy.indices.reduce(0) { $0 + Double($1 % 7) * event.px[$1] })
      }
      return list
    }
    #expect(generator.blockCount == 30)
    let third = try sums(3)
    #expect(try sums(14).count == 2 && third.count == 7)
    #expect(try sums(3) == third)
    // The second pass showers the same events otherwise.
    #expect(try sums(18) != third)
  }
}
