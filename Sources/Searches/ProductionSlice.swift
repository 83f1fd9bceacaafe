import Cards
import EventGeneration
import Foundation
import PhysicsObjects
import Records

/// One slice of a sample: a slice of one of its process cards, and how many blocks of it are made.
public struct ProductionSlice: Hashable, Sendable {
  /// The slice's number in the sample: the first part of its events' identity.
  public var index: Int
  public var process: ProcessCard
  /// Digest of the process card's text.
  public var digest: Digest
  /// The slice's number in its process card.
  public var processSlice: Int
  public var blockCount: Int
  public var source = Source.generation

  /// Where the events come from.
  public enum Source: Hashable, Sendable {
    /// Pythia makes them by the process card.
    case generation
    /// Pythia showers those of files; the process card holds its settings.
    case lesHouches(LesHouchesGenerator)
    /// Files have them whole.
    case hepMC(HepMCSample)

    /// `nil` where the card says how many.
    var blockCount: Int? {
      switch self {
      case .generation: nil
      case .lesHouches(let generator): generator.blockCount
      case .hepMC(let sample): sample.blockCount
      }
    }
  }

  /// `ttbar, p̂_T 200–400 GeV`
  public var title: String {
    source == .generation
      ? "\(process.name), \(process.slices[processSlice].title)" : "\(process.name), events of files"
  }

  /// Whether Pythia takes part.
  var needsPythia: Bool { if case .hepMC = source { false } else { true } }

  /// Notes on files for the sample's metadata.
  var notes: [String: String] {
    let (events, negative): (Int, Int)
    switch source {
    case .generation: return [:]
    case .lesHouches(let generator):
      (events, negative) = (generator.sample.eventCount, generator.sample.negativeCount)
    case .hepMC(let sample): (events, negative) = (sample.eventCount, sample.negativeCount)
    }
    return ["files of \(process.name)": "\(events) events, \(negative) of them with a negative weight"]
  }

  /// Digests of files by their names, for records.
  var fileDigests: [(String, Digest)] {
    switch source {
    case .generation: []
    case .lesHouches(let generator): generator.sample.files.map { ("file \($0.url.lastPathComponent)", $0.digest) }
    case .hepMC(let sample): sample.files.map { ("file \($0.url.lastPathComponent)", $0.digest) }
    }
  }

  /// The error of the cross-section of files; blocks of them are no measurements of their own.
  var crossSectionError: Double? {
    switch source {
    case .generation: nil
    case .lesHouches(let generator): generator.crossSection == nil ? generator.sample.crossSectionError : 0
    case .hepMC(let sample): sample.crossSection == nil ? sample.saidCrossSectionError : 0
    }
  }

  /// Makes one block; stable particles, and hadrons with b or c and τ leptons before their decay.
  /// - Parameter seed: the node of the process in the sample's part of the seed tree.
  func generateBlock(
    _ block: Int, seed: SeedTree, cancellation: CancellationToken,
    into consume: (borrowing GeneratedEvent) throws -> Void
  ) throws -> BlockSummary {
    switch source {
    case .generation:
      try EventGenerator(card: process, slice: processSlice, seed: seed, content: [.final, .decayed])
        .generateBlock(block, cancellation: cancellation, into: consume)
    case .lesHouches(let generator):
      try generator.generateBlock(
        block, seed: seed, content: [.final, .decayed], cancellation: cancellation, into: consume)
    case .hepMC(let sample): try sample.readBlock(block, cancellation: cancellation, into: consume)
    }
  }
}

extension SearchCard.Sample {
  /// The slices of the sample, numbered through its process cards in the card's order.
  /// - Parameter folder: where relative paths start: the search card's folder.
  /// - Throws: `FileError`, `CardError`.
  public func slices(in folder: URL) throws -> [ProductionSlice] {
    var slices = [ProductionSlice]()
    for entry in processes {
      if let files = entry.files {
        let slice = try files.slice(index: slices.count, in: folder)
        try check(slice.process.name, isNewIn: slices, of: files.paths[0])
        slices.append(slice)
        continue
      }
      let url = URL(fileURLWithPath: entry.card, relativeTo: folder)
      let process = try ProcessCard(contentsOf: url)
      try check(process.name, isNewIn: slices, of: entry.card)
      guard entry.blocks.count == process.slices.count else {
        throw CardError(
          file: entry.card, line: 1, path: "slices",
          message: "sample '\(name)' asks for blocks of \(entry.blocks.count) slices (\(entry.blocks)), "
            + "the process card has \(process.slices.count)")
      }
      let digest = try Digest.of(fileAt: url)
      for (processSlice, blocks) in entry.blocks.enumerated() {
        slices.append(
          ProductionSlice(
            index: slices.count, process: process, digest: digest, processSlice: processSlice, blockCount: blocks))
      }
    }
    return slices
  }

  private func check(_ process: String, isNewIn slices: [ProductionSlice], of file: String) throws {
    guard slices.contains(where: { $0.process.name == process }) else { return }
    throw CardError(
      file: file, line: 1, path: "name",
      message: "two process cards or entries of files of sample '\(name)' are called '\(process)': they would share "
        + "seeds; rename one")
  }
}
