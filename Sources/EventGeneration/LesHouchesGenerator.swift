import Foundation
import GeneratorFiles
import PhysicsObjects
import Records

/// Showers the events of Les Houches files by Pythia, block by block: parton showers, multiple interactions,
/// hadronisation and decays.
///
/// Block b has the events b·n to (b+1)·n−1 of the files, in their order, and a Pythia instance with its own seed: the same
/// events whatever was made before or beside it. Where events are used several times, the blocks of the second pass follow
/// those of the first, with other seeds.
public struct LesHouchesGenerator: Hashable, Sendable {
  /// Names the sample and holds Pythia's settings; it has one slice, whose `eventsPerBlock` cuts the blocks.
  public let card: ProcessCard
  public let sample: LesHouchesSample
  /// How often each event is showered.
  public let passes: Int
  /// In pb; the files' where not given.
  public let crossSection: Double?

  public init(card: ProcessCard, sample: LesHouchesSample, passes: Int = 1, crossSection: Double? = nil) {
    precondition(card.slices.count == 1, "files have one slice, the card has \(card.slices.count)")
    precondition(passes > 0, "need at least one pass, got \(passes)")
    self.card = card
    self.sample = sample
    self.passes = passes
    self.crossSection = crossSection
  }

  private var eventsPerBlock: Int { card.slices[0].eventsPerBlock }
  private var blocksPerPass: Int { (sample.eventCount + eventsPerBlock - 1) / eventsPerBlock }
  public var blockCount: Int { passes * blocksPerPass }

  /// Events of the files in a block, counted through all files.
  func events(of block: Int) -> Range<Int> {
    let start = block % blocksPerPass * eventsPerBlock
    return start..<min(start + eventsPerBlock, sample.eventCount)
  }

  /// Makes a block and hands each event to `consume`.
  /// - Parameters:
  ///   - seed: the sample's node of the seed tree; blocks are told apart below it.
  ///   - consume: called in order with a buffer that is reused. Weights are in pb; see ``LesHouchesSample``.
  /// - Throws: `FileError`, `GeneratorFileError`, `EventGenerationError`, `RecordError`, what `consume` throws.
  @discardableResult
  public func generateBlock(
    _ block: Int, seed: SeedTree, content: EventContent = .all, cancellation: CancellationToken? = nil,
    into consume: (borrowing GeneratedEvent) throws -> Void
  ) throws -> BlockSummary {
    precondition((0..<blockCount).contains(block), "no block \(block), there are \(blockCount)")
    let pythiaSeed = 1 + Int(seed.child("slice").child(0).child("block").child(block).derivedSeed % 900_000_000)
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("searchlight-\(UUID().uuidString).lhe")
    defer { try? FileManager.default.removeItem(at: file) }
    let inputs = try extract(events(of: block), to: file)
    let pythia = try PythiaInstance(
      card: card, slice: 0, seed: Int32(pythiaSeed), hardProcess: nil, content: content, eventFile: file.path)
    var sums = Sums()
    var event = GeneratedEvent()
    var next = 0
    while next < inputs.count {
      try cancellation?.check()
      switch pythia.next(into: &event) {
      case .event:
        let index = try inputIndex(event.weight, from: next, of: inputs.count, block)
        next = index + 1
        event.weight = inputs[index].weight
        event.processCode = Int(inputs[index].process)
        sums.add(event.weight)
        try consume(event)
      case .failed(let reason): try sums.fail(reason) { stopped(block, $0) }
      case .broken(let reason):
        guard pythia.hasReachedEnd else { throw stopped(block, reason) }
        next = inputs.count
      }
    }
    return BlockSummary(
      slice: 0, block: block, seed: pythiaSeed, tried: inputs.count, selected: inputs.count, vetoed: 0,
      accepted: sums.accepted, failed: inputs.count - sums.accepted, sumW: sums.sumW, sumW2: sums.sumW2,
      crossSection: crossSection ?? sample.crossSection,
      crossSectionError: crossSection == nil ? sample.crossSectionError : 0)
  }

  private struct Sums {
    var accepted = 0
    var sumW = 0.0
    var sumW2 = 0.0
    private var failuresInARow = 0

    mutating func add(_ weight: Double) {
      accepted += 1
      sumW += weight
      sumW2 += weight * weight
      failuresInARow = 0
    }

    /// Pythia gives single events up now and then; so many in a row mean that something is wrong.
    mutating func fail(_ reason: String, _ error: (String) -> EventGenerationError) throws {
      failuresInARow += 1
      guard failuresInARow < 50 else { throw error("\(failuresInARow) events in a row failed: \(reason)") }
    }
  }

  /// Which of the block's events this is: Pythia drops some on its own, so events carry their number as weight.
  private func inputIndex(_ weight: Double, from next: Int, of count: Int, _ block: Int) throws -> Int {
    let number = weight.rounded()
    guard abs(weight - number) < 1e-6 * max(1, abs(number)), let index = Int(exactly: number - 1), index >= next,
      index < count
    else {
      throw stopped(
        block,
        "an event's weight was changed by a setting of Pythia's (to \(weight)); weighted showers of files are not "
          + "supported")
    }
    return index
  }

  private func stopped(_ block: Int, _ reason: String) -> EventGenerationError {
    .generation(card: card.name, slice: 0, block: block, reason: reason)
  }

  // MARK: the block's own file

  /// What stays here of the events of a block.
  private struct Input {
    /// In pb.
    var weight: Double
    var process: Int32
  }

  /// Writes the events to a file of their own, each with its number, from 1, as weight: Pythia then sees plain text that
  /// was found right, without header and alternative weights.
  private func extract(_ range: Range<Int>, to url: URL) throws -> [Input] {
    var inputs: [Input] = []
    var run = LesHouchesRun(
      beamIDs: .init(Int32(sample.beamIDs[0]), Int32(sample.beamIDs[1])),
      beamEnergies: .init(sample.beamEnergies[0], sample.beamEnergies[1]), weightStrategy: 4,
      processes: [.init(crossSection: 1, crossSectionError: 0, maximumWeight: 1, id: 1)])
    run.version = "3.0"
    try LesHouchesWriter.write(to: url, run: run) { writer in
      var start = 0
      for file in sample.files {
        let part = range.clamped(to: start..<start + file.events)
        if !part.isEmpty {
          try copy(part.lowerBound - start..<part.upperBound - start, of: file, to: writer, &inputs)
        }
        start += file.events
      }
    }
    return inputs
  }

  private func copy(
    _ range: Range<Int>, of file: LesHouchesSample.File, to writer: LesHouchesWriter, _ inputs: inout [Input]
  ) throws {
    let reader = try LesHouchesReader(file.url)
    try reader.skip(range.lowerBound)
    var event = LesHouchesEvent()
    for _ in range {
      guard try reader.next(into: &event), let factor = file.factors[event.processID] else {
        throw EventGenerationError.events(source: file.url.path, reason: "was changed since it was first read")
      }
      inputs.append(Input(weight: event.weight * factor, process: event.processID))
      event.processID = 1
      event.weight = Double(inputs.count)
      event.weights = []
      event.orderedWeights = []
      event.lines = []
      event.group = 0
      try writer.write(event)
    }
  }
}
