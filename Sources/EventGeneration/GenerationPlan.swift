/// Which block of which slice: the unit of generation, of resuming and of fan-out.
public struct BlockIdentity: Hashable, Codable, Sendable, Comparable, CustomStringConvertible {
  public var slice: Int
  public var block: Int

  public init(slice: Int, block: Int) {
    self.slice = slice
    self.block = block
  }

  public static func < (a: BlockIdentity, b: BlockIdentity) -> Bool { (a.slice, a.block) < (b.slice, b.block) }

  public var description: String { "slice \(slice), block \(block)" }
}

/// The blocks that make a wanted number of events, in the order in which they are kept: slice by slice, and in each by
/// rising number. A larger plan begins, in each slice, with the blocks of a smaller one.
public struct GenerationPlan: Hashable, Codable, Sendable {
  public let blocks: [BlockIdentity]
  /// Events that leave the generator, by slice.
  public let eventsBySlice: [Int]

  /// - Parameter eventsBySlice: wanted events that leave the generator, one number a slice of the card; rounded up to
  ///   whole blocks.
  public init(card: ProcessCard, eventsBySlice wanted: [Int]) {
    precondition(
      wanted.count == card.slices.count, "need \(card.slices.count) numbers, one a slice, got \(wanted.count)")
    precondition(wanted.allSatisfy { $0 >= 0 }, "need numbers of at least 0, got \(wanted)")
    var blocks: [BlockIdentity] = []
    var events: [Int] = []
    for (slice, (definition, number)) in zip(card.slices, wanted).enumerated() {
      let count = (number + definition.eventsPerBlock - 1) / definition.eventsPerBlock
      blocks += (0..<count).map { BlockIdentity(slice: slice, block: $0) }
      events.append(count * definition.eventsPerBlock)
    }
    self.blocks = blocks
    eventsBySlice = events
  }

  /// The same number of events in each slice.
  public init(card: ProcessCard, eventsPerSlice: Int) {
    self.init(card: card, eventsBySlice: card.slices.map { _ in eventsPerSlice })
  }
}
