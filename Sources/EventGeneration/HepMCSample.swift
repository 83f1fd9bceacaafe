public import Foundation
import GeneratorFiles
import PhysicsObjects
import Records

/// HepMC files of one process as a sample: events that were showered and hadronised elsewhere, handed on as they are.
public struct HepMCSample: Hashable, Sendable {
  public struct File: Hashable, Sendable {
    public var url: URL
    public var digest: Digest
    public var events: Int
  }

  public let files: [File]
  /// What the files' last events say, in pb, weighted by their numbers of events; `nil` where one says nothing.
  public let saidCrossSection: Double?
  public let saidCrossSectionError: Double
  /// Events with a negative first weight.
  public let negativeCount: Int
  public let eventsPerBlock: Int
  public var crossSection: Double?

  /// Reads all files through.
  /// - Throws: `FileError`, `GeneratorFileError`, ``EventGenerationError``.
  public init(files urls: [URL], eventsPerBlock: Int, crossSection: Double? = nil) throws {
    precondition(!urls.isEmpty && eventsPerBlock > 0, "need files and events a block")
    var files: [File] = []
    var said: [(events: Int, value: Double, error: Double)] = []
    var negative = 0
    for url in urls {
      if files.contains(where: { $0.url == url }) {
        throw EventGenerationError.events(source: url.path, reason: "is there twice")
      }
      var last: HepMCCrossSection?
      let count = try HepMCReader(url).forEach { event in
        if let found = event.crossSection { last = found }
        if let weight = event.weights.first, weight < 0 { negative += 1 }
      }
      guard count > 0 else { throw EventGenerationError.events(source: url.path, reason: "has no events") }
      files.append(File(url: url, digest: try Digest.of(fileAt: url), events: count))
      if let last, let value = last.values.first, value > 0 { said.append((count, value, last.errors.first ?? 0)) }
    }
    self.files = files
    negativeCount = negative
    self.eventsPerBlock = eventsPerBlock
    self.crossSection = crossSection
    let total = Double(files.reduce(0) { $0 + $1.events })
    saidCrossSection = said.count == files.count ? said.reduce(0) { $0 + Double($1.events) / total * $1.value } : nil
    saidCrossSectionError = said.reduce(0) { sum, part in
      let error = Double(part.events) / total * part.error
      return sum + error * error
    }.squareRoot()
    guard crossSection ?? saidCrossSection != nil else {
      throw EventGenerationError.events(
        source: urls[0].path, reason: "the files say no cross-section; give 'cross_section'")
    }
  }

  public var eventCount: Int { files.reduce(0) { $0 + $1.events } }
  public var blockCount: Int { (eventCount + eventsPerBlock - 1) / eventsPerBlock }

  /// Reads a block and hands each event to `consume`, in a buffer that is reused.
  /// - Throws: `FileError`, `GeneratorFileError`, `EventGenerationError`, `RecordError`, what `consume` throws.
  @discardableResult
  public func readBlock(
    _ block: Int, cancellation: CancellationToken? = nil, into consume: (borrowing GeneratedEvent) throws -> Void
  ) throws -> BlockSummary {
    precondition((0..<blockCount).contains(block), "no block \(block), there are \(blockCount)")
    let range = block * eventsPerBlock..<min((block + 1) * eventsPerBlock, eventCount)
    var (sumW, sumW2, start) = (0.0, 0.0, 0)
    var read = HepMCEvent()
    var event = GeneratedEvent()
    for file in files {
      let part = range.clamped(to: start..<start + file.events)
      if !part.isEmpty {
        let reader = try HepMCReader(file.url)
        try reader.skip(part.lowerBound - start)
        for _ in part {
          try cancellation?.check()
          guard try reader.next(into: &read) else {
            throw EventGenerationError.events(source: file.url.path, reason: "was changed since it was first read")
          }
          event.fill(from: read)
          sumW += event.weight
          sumW2 += event.weight * event.weight
          try consume(event)
        }
      }
      start += file.events
    }
    return BlockSummary(
      slice: 0, block: block, seed: 0, tried: range.count, selected: range.count, vetoed: 0, accepted: range.count,
      failed: 0, sumW: sumW, sumW2: sumW2, crossSection: crossSection ?? saidCrossSection ?? 0,
      crossSectionError: crossSection == nil ? saidCrossSectionError : 0)
  }
}
