public import Foundation
import GeneratorFiles
import Records

/// Les Houches files as one sample of events: read through once, so that whatever is wrong with them shows before
/// anything is made, and what their weights mean is known.
///
/// Weights are taken to pb such that their mean over all events is the cross-section, whatever the files' strategy:
/// |IDWTUP| = 1 and 4 give pb; with 3 and 2 a file's weights, or those of each of its processes, share the cross-section of
/// `<init>`. Files of one process add up as one longer run.
public struct LesHouchesSample: Hashable, Sendable {
  public struct File: Hashable, Sendable {
    public var url: URL
    public var digest: Digest
    public var events: Int
    /// What weights are multiplied by to be in pb, by process.
    var factors: [Int32: Double]
  }

  public var files: [File]
  /// Beams of all files.
  public var beamIDs: [Int]
  public var beamEnergies: [Double]
  /// In pb, with its statistical uncertainty.
  public var crossSection: Double
  public var crossSectionError: Double
  /// Events with a negative weight.
  public var negativeCount: Int
  /// Names and versions of generators, for records.
  public var generators: [String]

  public var eventCount: Int { files.reduce(0) { $0 + $1.events } }
  /// √s in GeV.
  public var collisionEnergy: Double { 2 * (beamEnergies[0] * beamEnergies[1]).squareRoot() }

  /// Reads all files.
  /// - Parameter ignoresMerging: takes events that were made to be merged with showers, and showers them without.
  /// - Throws: `FileError`, `GeneratorFileError`, ``EventGenerationError``.
  public init(files urls: [URL], ignoresMerging: Bool = false) throws {
    precondition(!urls.isEmpty, "need at least one file")
    let parts = try urls.map { try Part($0, ignoresMerging: ignoresMerging) }
    for (index, part) in parts.enumerated() {
      if urls[..<index].contains(part.url) {
        throw EventGenerationError.events(source: part.url.path, reason: "is there twice")
      }
      guard part.run.beamIDs == parts[0].run.beamIDs, part.run.beamEnergies == parts[0].run.beamEnergies else {
        throw EventGenerationError.events(
          source: part.url.path,
          reason: "has other beams than \(parts[0].url.path); give files of other beams to another entry")
      }
    }
    let run = parts[0].run
    beamIDs = [Int(run.beamIDs.first), Int(run.beamIDs.second)]
    beamEnergies = [run.beamEnergies.first, run.beamEnergies.second]
    files = try parts.map { try $0.file() }
    negativeCount = parts.reduce(0) { $0 + $1.negative }
    generators = parts.flatMap(\.run.generators).map { "\($0.name) \($0.version)" }
      .reduce(into: []) { list, name in if !list.contains(name) { list.append(name) } }
    let count = Double(parts.reduce(0) { $0 + $1.count })
    crossSection = parts.reduce(0) { $0 + Double($1.count) / count * $1.crossSection }
    crossSectionError = parts.reduce(0) { sum, part in
      let error = Double(part.count) / count * part.crossSectionError
      return sum + error * error
    }.squareRoot()
    guard crossSection > 0 else {
      throw EventGenerationError.events(
        source: urls[0].path, reason: "the cross-section of its events is \(crossSection) pb")
    }
  }

  /// One file read through.
  private struct Part {
    let url: URL
    let run: LesHouchesRun
    var count = 0
    var negative = 0
    var sums: [Int32: Double] = [:]
    var sumW2 = 0.0

    init(_ url: URL, ignoresMerging: Bool) throws {
      self.url = url
      let reader = try LesHouchesReader(url)
      run = reader.run
      if !ignoresMerging, let merging = run.merging, merging != 0 {
        throw EventGenerationError.events(
          source: url.path,
          reason: "was made for the merging of jets with showers (its run card says ickkw = \(merging)), which this "
            + "program does not do: jets would count twice; make it without (ickkw = 0, one multiplicity), or say "
            + "'merging: ignore'")
      }
      let known = Set(run.processes.map(\.id))
      var (count, negative, sums, sumW2) = (0, 0, [Int32: Double](), 0.0)
      try reader.forEach { event in
        guard known.contains(event.processID) else {
          throw GeneratorFileError(
            path: url.path, line: reader.eventLine,
            message: "an event of process \(event.processID), which <init> does not have")
        }
        count += 1
        sums[event.processID, default: 0] += event.weight
        sumW2 += event.weight * event.weight
        if event.weight < 0 { negative += 1 }
      }
      (self.count, self.negative, self.sums, self.sumW2) = (count, negative, sums, sumW2)
      guard count > 0 else {
        throw EventGenerationError.events(source: url.path, reason: "has no events")
      }
    }

    private var sumW: Double { sums.values.reduce(0, +) }
    private var mean: Double { sumW / Double(count) }

    var crossSection: Double {
      run.crossSectionStrategy == .meanWeight ? mean : run.processes.reduce(0) { $0 + $1.crossSection }
    }

    /// Of the mean weight, where that is larger than what `<init>` says.
    var crossSectionError: Double {
      let said = run.processes.reduce(0) { $0 + $1.crossSectionError * $1.crossSectionError }.squareRoot()
      guard run.crossSectionStrategy == .meanWeight else { return said }
      let variance = max(0, sumW2 / Double(count) - mean * mean) / Double(count)
      return max(said, variance.squareRoot())
    }

    func file() throws -> File {
      var factors: [Int32: Double] = [:]
      for process in run.processes {
        switch abs(run.weightStrategy) {
        case 1, 4: factors[process.id] = 1
        case 2:
          // Each process has its own units; its events share its cross-section.
          guard let sum = sums[process.id] else { continue }
          factors[process.id] = try share(process.crossSection, sum)
        default: factors[process.id] = try share(crossSection, sumW)
        }
      }
      return File(url: url, digest: try Digest.of(fileAt: url), events: count, factors: factors)
    }

    private func share(_ crossSection: Double, _ sum: Double) throws -> Double {
      guard sum != 0 else {
        throw EventGenerationError.events(source: url.path, reason: "its weights add up to zero")
      }
      return crossSection * Double(count) / sum
    }
  }
}
