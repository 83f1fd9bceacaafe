import Columns
import DetectorSimulation
import EventFiles
import EventGeneration
import EventSelection
import Foundation
import Histograms
import PhysicsObjects
import Records

/// Makes a sample's events: generated, simulated and pre-selected block by block, and joined into one file.
///
/// A block is a step of the store: made once, found again after a kill, and the same whoever makes it and when. Events are
/// kept that pass the card's cuts nominally or in any object variation.
public struct SampleProduction: Sendable {
  public let card: SearchCard
  public let sample: SearchCard.Sample
  public let slices: [ProductionSlice]
  public let detector: DetectorCard
  private let detectorDigest: Digest
  private let selection: Selection
  private let generation: SearchCard.Generation
  private let seed: SeedTree

  /// Raised when blocks change for equal inputs.
  static let version = 1
  /// Events between two writes.
  private static let batchSize = 500
  /// Bits of mantissa kept of momenta and angles: 2⁻¹³ is far below any resolution.
  private static let mantissaBits = 12

  /// - Parameters:
  ///   - cardURL: the card's file; relative paths start at its folder.
  /// - Throws: `CardError`, `FileError`, ``SampleError`` for a sample without process cards.
  public init(card: SearchCard, cardURL: URL, sample: SearchCard.Sample) throws {
    let folder = cardURL.deletingLastPathComponent()
    guard let generation = card.generation, !sample.processes.isEmpty else {
      throw SampleError(
        sample: sample.name,
        problem:
          "the card does not say how to make it: 'generation' with a detector and the sample's 'generate' are needed")
    }
    self.card = card
    self.sample = sample
    self.generation = generation
    slices = try sample.slices(in: folder)
    let detectorURL = URL(fileURLWithPath: generation.detector, relativeTo: folder)
    detector = try DetectorCard.read(detectorURL)
    detectorDigest = try Digest.of(fileAt: detectorURL)
    selection = try card.compiledSelection(file: cardURL.path)
    seed = SeedTree(root: card.seed).child("samples").child(sample.name)
    try checkEnergies()
  }

  private func checkEnergies() throws {
    for slice in slices
    where slice.process.energy > 0 && abs(slice.process.energy - card.collisionEnergy) > 1e-6 * card.collisionEnergy {
      throw SampleError(
        sample: sample.name,
        problem: slice.source == .generation
          ? "the process card '\(slice.process.name)' is for \(slice.process.energy) GeV, the search card for "
            + "\(card.collisionEnergy) GeV; set 'energy' there or 'collision_energy' here"
          : "the files of '\(slice.process.name)' are for \(slice.process.energy) GeV, the search card for "
            + "\(card.collisionEnergy) GeV; take other files, or set 'collision_energy'")
    }
  }

  /// All blocks, in the order in which they are joined.
  public var blocks: [BlockIdentity] {
    slices.flatMap { slice in (0..<slice.blockCount).map { BlockIdentity(slice: slice.index, block: $0) } }
  }

  /// Makes what is missing and joins the blocks to `url`.
  /// - Throws: whatever stops a block; finished blocks stay in the store.
  public func run(
    into url: URL, store: StepStore, workers: Int, progress: @escaping ProgressHandler, cancellation: CancellationToken
  ) throws {
    let total = blocks.count
    let stage = "generate \(sample.name)"
    progress(ProgressUpdate(stage: stage, completed: 0, total: total, unit: "blocks"))
    var made: [BlockIdentity: StepStore.Result] = [:]
    try BlockRunner(workers: workers).run(blocks, cancellation: cancellation) { block, token in
      try makeBlock(block, store: store, cancellation: token)
    } deliver: { block, result in
      made[block] = result
      progress(ProgressUpdate(stage: stage, completed: made.count, total: total, unit: "blocks"))
    }
    try join(blocks.compactMap { made[$0] }, into: url)
    try store.recordUse(by: "generate-\(sample.name)")
  }

  /// The result of one block: `events.h5` with its events and its summary.
  public func makeBlock(
    _ block: BlockIdentity, store: StepStore, cancellation: CancellationToken
  ) throws -> StepStore.Result {
    try store.result(for: key(of: block)) { folder in
      try produce(block, into: folder.appendingPathComponent("events.h5"), cancellation: cancellation)
    }
  }

  private func key(of block: BlockIdentity) throws -> StepStore.Key {
    let slice = slices[block.slice]
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return StepStore.Key(
      kind: "block", version: Self.version,
      configuration: [
        "sample": sample.name, "slice": "\(block.slice)", "process_slice": "\(slice.processSlice)",
        "block": "\(block.block)", "events": "\(eventsPerBlock(slice))", "seed": "\(card.seed)",
        "selection": String(decoding: try encoder.encode(card.selection.expressions), as: UTF8.self),
      ],
      inputs: ["process": slice.digest, "detector": detectorDigest],
      libraries: slice.needsPythia ? ["pythia": try Generator.version()] : [:])
  }

  private func eventsPerBlock(_ slice: ProductionSlice) -> Int {
    slice.process.slices[slice.processSlice].eventsPerBlock
  }

  // MARK: one block

  private func produce(_ block: BlockIdentity, into url: URL, cancellation: CancellationToken) throws {
    let slice = slices[block.slice]
    let streams = seed.child("detector").child(block.slice).child(block.block)
    let detector = try Detector(self.detector)
    var metadata = SampleMetadata(name: sample.name)
    metadata.block = .init(slice: block.slice, index: block.block)
    let writer = try EventTableWriter(url, metadata: metadata, descriptions: [:], compression: 4)
    var buffer = ReconstructedEventBuffer()
    var weights = [Double]()
    var flows: [String: CutFlow] = [:]
    var index = 0
    func flush() throws {
      let kept = try select(buffer, weights, block, firstIndex: index - buffer.count, &flows)
      try writer.append(kept)
      buffer.removeAll()
      weights.removeAll(keepingCapacity: true)
    }
    do {
      let processSeed = seed.child(slice.process.name)
      let summary = try slice.generateBlock(block.block, seed: processSeed, cancellation: cancellation) {
        var random = streams.stream(UInt64(index))
        try detector.simulate($0, random: &random, into: &buffer)
        weights.append($0.weight)
        index += 1
        if buffer.count == Self.batchSize { try flush() }
      }
      try flush()
      writer.metadata.slices = [
        EventFiles.SampleSlice(
          name: slice.title, tried: summary.tried, accepted: summary.accepted, sumW: summary.sumW,
          sumW2: summary.sumW2, crossSection: summary.crossSection, crossSectionError: summary.crossSectionError,
          includes: slice.process.crossSectionNote)
      ]
      writer.metadata.cutFlows = flows
      try writer.finish(record: record)
    } catch {
      writer.abandon()
      throw error
    }
  }

  /// The events that pass in any variation, with identity and weight; adds to the cut flows.
  private func select(
    _ buffer: ReconstructedEventBuffer, _ weights: [Double], _ block: BlockIdentity, firstIndex: Int,
    _ flows: inout [String: CutFlow]
  ) throws -> Table {
    var table = try buffer.makeTable()
    let count = buffer.count
    try table.add("weight", Column(weights))
    try table.add("event_slice", Column(.int32(Array(repeating: Int32(block.slice), count: count))))
    try table.add("event_block", Column(.int32(Array(repeating: Int32(block.block), count: count))))
    try table.add("event_index", Column(.int32((0..<count).map { Int32(firstIndex + $0) })))
    var keep = Array(repeating: false, count: count)
    for variation in ["nominal"] + ReconstructedEventBuffer.variations {
      let outcome = try selection.apply(to: table.variation(variation))
      try flows[variation, default: CutFlow()].add(outcome.cutFlow)
      for row in keep.indices where outcome.passes[row] { keep[row] = true }
    }
    return table.filtered(keep)
  }

  // MARK: joining

  /// Joins blocks to one file whose weights are cross-sections in pb: an event of a slice has σ w/Σw.
  func join(_ results: [StepStore.Result], into url: URL) throws {
    // One block is open at a time: there may be more blocks than a process may have files.
    let files = results.map { $0.file("events.h5") }
    var metadata = SampleMetadata(name: sample.name, parameters: sample.mass.map { ["mass": $0] } ?? [:])
    for file in files {
      for slice in try EventTableReader(file).metadata.slices {
        try metadata.add(SampleMetadata(name: "", slices: [slice]))
      }
    }
    for slice in slices {
      guard let error = slice.crossSectionError,
        let index = metadata.slices.firstIndex(where: { $0.name == slice.title })
      else { continue }
      metadata.slices[index].crossSectionError = error
    }
    let columns = try files.first.map { try EventTableReader($0).columns } ?? []
    let factors = Dictionary(uniqueKeysWithValues: metadata.slices.map { ($0.name, $0.crossSection / $0.sumW) })
    metadata.notes = ["detector": detector.name, "reference": sample.reference]
    for slice in slices { metadata.notes.merge(slice.notes) { first, _ in first } }
    let descriptions = Dictionary(
      uniqueKeysWithValues: columns.filter { $0.type == .float32 }
        .map { ($0.name, Self.description(of: $0.name)) })
    let writer = try EventTableWriter(url, metadata: metadata, descriptions: descriptions, compression: 9)
    do {
      for file in files {
        let reader = try EventTableReader(file)
        let factor = factors[reader.metadata.slices[0].name] ?? 0
        var table = try reader.read()
        try table.add("weight", Column(try table.doubles("weight").map { $0 * factor }))
        try writer.append(table)
        for (variation, flow) in reader.metadata.cutFlows {
          try writer.metadata.cutFlows[variation, default: CutFlow()].add(flow.scaled(by: factor))
        }
      }
      try writer.finish(record: joinedRecord)
    } catch {
      writer.abandon()
      throw error
    }
  }

  private static func description(of column: String) -> ColumnDescription {
    let name = column.split(separator: ":")[0]
    let isMomentum = ["_pt", "_mass", "_MET", "_HT"].contains { name.hasSuffix($0) }
    return ColumnDescription(unit: isMomentum ? "GeV" : name.hasSuffix("_phi") ? "rad" : "", mantissaBits: mantissaBits)
  }

  private var joinedRecord: RunRecord {
    var record = record
    record.command = "searchlight generate CARD --samples \(sample.name), the card being \(card.name)"
    return record
  }

  private var record: RunRecord {
    RunRecord(
      command: "searchlight generate", seed: card.seed,
      inputs: Dictionary(
        slices.map { ("process \($0.process.name)", $0.digest) } + slices.flatMap(\.fileDigests)
          + [("detector", detectorDigest)],
        uniquingKeysWith: { first, _ in first }),
      libraries: slices.contains(where: \.needsPythia) ? ["pythia": (try? Generator.version()) ?? "absent"] : [:])
  }
}
