import Cards
import EventGeneration
import Foundation
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

  /// `ttbar, p̂_T 200–400 GeV`
  public var title: String { "\(process.name), \(process.slices[processSlice].title)" }
}

extension SearchCard.Sample {
  /// The slices of the sample, numbered through its process cards in the card's order.
  /// - Parameter folder: where relative paths start: the search card's folder.
  /// - Throws: `FileError`, `CardError`.
  public func slices(in folder: URL) throws -> [ProductionSlice] {
    var slices = [ProductionSlice]()
    for entry in processes {
      let url = URL(fileURLWithPath: entry.card, relativeTo: folder)
      let process = try ProcessCard(contentsOf: url)
      guard !slices.contains(where: { $0.process.name == process.name }) else {
        throw CardError(
          file: entry.card, line: 1, path: "name",
          message:
            "two process cards of sample '\(name)' are called '\(process.name)': they would share seeds; rename one")
      }
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
}
