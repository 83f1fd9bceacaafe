import Foundation
import Records
import TestSupport
import Testing

@testable import GeneratorFiles

/// Every particle of every event of public files against pylhe and pyhepmc, by digests of all numbers.
@Suite(.enabled(if: realDataURL != nil, "SEARCHLIGHT_DATA is not set"))
struct ReferenceDigestTests {
  private struct Digests: Decodable {
    struct LesHouches: Decodable {
      var events, particles, weights: Int
      var sumOfWeights: Double
      var digest: String
    }
    struct HepMC: Decodable {
      var events, particles, vertices, final: Int
      var digest: String
    }
    var lhe: [String: LesHouches]
    var hepmc: [String: HepMC]
  }

  private static let expected = Result {
    try JSONDecoder().decode(Digests.self, from: Data(contentsOf: referenceURL("generator-files/digests.json")))
  }

  private func file(_ name: String) throws -> URL {
    try #require(realDataURL).appendingPathComponent("events").appendingPathComponent(name)
  }

  private func pack(_ values: [Double]) -> Data {
    values.map { $0.bitPattern.littleEndian }.withUnsafeBytes { Data($0) }
  }

  @Test(arguments: [
    "pylhe-testfile-madgraph-2.0.0-wbj.lhe", "pylhe-testfile-madgraph-2.2.1-Z-mlm.lhe.gz",
    "pylhe-testfile-powheg-box-v2-W.lhe", "pylhe-testfile-pythia-6.413-ttbar.lhe",
  ]) func lesHouchesAsPylhe(_ name: String) throws {
    let expected = try #require(try Self.expected.get().lhe[name])
    let reader = try LesHouchesReader(file(name))
    let run = reader.run
    var bytes = pack([
      Double(run.beamIDs.first), Double(run.beamIDs.second), run.beamEnergies.first, run.beamEnergies.second,
      Double(run.densityGroups.first), Double(run.densityGroups.second), Double(run.densitySets.first),
      Double(run.densitySets.second), Double(run.weightStrategy), Double(run.processes.count),
    ])
    for process in run.processes {
      bytes += pack([process.crossSection, process.crossSectionError, process.maximumWeight, Double(process.id)])
    }
    var (particles, weights, sum) = (0, 0, 0.0)
    let count = try reader.forEach { event in
      bytes += pack([
        Double(event.particles.count), Double(event.processID), event.weight, event.scale, event.alphaQED,
        event.alphaQCD,
      ])
      for p in event.particles {
        bytes += pack(
          [p.id, p.status, p.mother1, p.mother2, p.colour, p.anticolour].map { Double($0) }
            + [p.px, p.py, p.pz, p.energy, p.mass, p.lifetime, p.spin])
      }
      for weight in event.weights { bytes += Data((weight.id + "\0").utf8) + pack([weight.value]) }
      particles += event.particles.count
      weights += event.weights.count
      sum += event.weight
    }
    #expect(count == expected.events && particles == expected.particles && weights == expected.weights)
    #expect(sum == expected.sumOfWeights)
    #expect(Digest.of(bytes).hex == expected.digest)
  }

  @Test(arguments: ["example.hepmc3", "inputIO1.hepmc", "gohep_test.hepmc"]) func hepMCAsPyhepmc(_ name: String) throws
  {
    let expected = try #require(try Self.expected.get().hepmc[name])
    let found = try summary(of: file(name))
    #expect(found.events == expected.events && found.particles == expected.particles)
    #expect(found.vertices == expected.vertices && found.final == expected.final)
    #expect(found.digest == expected.digest)
    // What is written is read with the same numbers, from version 2, too.
    try withTemporaryFolder { folder in
      let copy = folder.appendingPathComponent("copy.hepmc3.gz")
      let reader = try HepMCReader(file(name))
      try HepMCWriter.write(to: copy, run: reader.run) { writer in try reader.forEach { try writer.write($0) } }
      #expect(try summary(of: copy) == found)
    }
  }

  private struct Summary: Hashable {
    var events = 0, particles = 0, vertices = 0, final = 0
    var digest = ""
  }

  private func summary(of url: URL) throws -> Summary {
    var summary = Summary()
    var bytes = Data()
    summary.events = try HepMCReader(url).forEach { event in
      bytes += pack([Double(event.number), Double(event.weights.count)] + event.weights)
      if let found = event.crossSection { bytes += pack([found.values[0], found.errors[0]]) }
      if let d = event.densities {
        bytes += pack([
          Double(d.id1), Double(d.id2), d.x1, d.x2, d.scale, d.xf1, d.xf2, Double(d.set1), Double(d.set2),
        ])
      }
      for row in rows(of: event).sorted(by: { $0.lexicographicallyPrecedes($1) }) { bytes += row }
      summary.particles += event.particles.count
      summary.vertices += event.vertices.count { !$0.incoming.isEmpty }
      summary.final += event.particles.count { $0.status == 1 }
    }
    summary.digest = Digest.of(bytes).hex
    return summary
  }

  private func rows(of event: borrowing HepMCEvent) -> [Data] {
    let event = copy event
    return event.particles.map { particle in
      let vertex = particle.productionVertex < 0 ? nil : event.vertices[Int(particle.productionVertex)]
      let place = vertex?.position
      let mothers = event.mothers(of: particle).map { row in
        let mother = event.particles[Int(row)]
        return pack([mother.px, mother.py, mother.pz, mother.energy])
      }.sorted { $0.lexicographicallyPrecedes($1) }
      return pack(
        [Double(particle.id), Double(particle.status), particle.px, particle.py, particle.pz, particle.energy]
          + [particle.mass, place?.x ?? 0, place?.y ?? 0, place?.z ?? 0, place?.t ?? 0, Double(mothers.count)])
        + mothers.reduce(Data(), +)
    }
  }

  /// The laws that files of hard processes keep: what comes in goes out, to the digits that are written.
  @Test(arguments: [
    ("pylhe-testfile-madgraph-2.0.0-wbj.lhe", 2e-7), ("pylhe-testfile-madgraph-2.2.1-Z-mlm.lhe.gz", 1e-9),
    ("pylhe-testfile-powheg-box-v2-W.lhe", 1e-8), ("pylhe-testfile-pythia-6.413-ttbar.lhe", 1e-9),
  ]) func momentumIsKept(_ name: String, digits: Double) throws {
    try LesHouchesReader(file(name)).forEach { event in
      var sum = (px: 0.0, py: 0.0, pz: 0.0, energy: 0.0, scale: 0.0)
      for particle in event.particles where abs(particle.status) == 1 {
        let sign = Double(particle.status)
        sum.px += sign * particle.px
        sum.py += sign * particle.py
        sum.pz += sign * particle.pz
        sum.energy += sign * particle.energy
        sum.scale += particle.energy
      }
      for component in [sum.px, sum.py, sum.pz, sum.energy] { #expect(abs(component) < digits * sum.scale) }
    }
  }

  /// Final particles carry the momentum of the beams in files whose events are whole.
  @Test(arguments: ["example.hepmc3", "inputIO1.hepmc"]) func finalParticlesCarryTheBeams(_ name: String) throws {
    try HepMCReader(file(name)).forEach { event in
      let (beams, final) = ([4, 1] as [Int32]).map { status in
        event.particles.filter { $0.status == status }
          .reduce(into: [0.0, 0, 0, 0]) { sum, p in
            for (index, value) in [p.px, p.py, p.pz, p.energy].enumerated() { sum[index] += value }
          }
      }.tuple
      for (a, b) in zip(beams, final) { #expect(abs(a - b) < 1e-9 * beams[3]) }
    }
  }
}

extension [[Double]] {
  fileprivate var tuple: ([Double], [Double]) { (self[0], self[1]) }
}
