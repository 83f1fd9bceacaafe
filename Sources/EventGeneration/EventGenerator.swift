import PhysicsObjects
import Records

/// Makes the events of one slice of a process card, block by block.
///
/// A block is a fresh Pythia instance with its own seed, so that it holds the same events whatever was generated before
/// or beside it (a reseeded instance would not).
public struct EventGenerator: Sendable {
  public let card: ProcessCard
  /// Index into the card's slices.
  public let slice: Int
  /// The sample's node of the seed tree; blocks take children of it.
  public let seed: SeedTree
  public let content: EventContent
  private let hardProcess: (any HardProcess)?

  /// - Parameters:
  ///   - seed: the sample's node of the seed tree; slices and blocks are told apart below it.
  ///   - content: rows that the events have.
  ///   - hardProcess: a process that takes the place of the card's own choice.
  public init(
    card: ProcessCard, slice: Int, seed: SeedTree, content: EventContent = .all,
    hardProcess: (any HardProcess)? = nil
  ) {
    precondition(card.slices.indices.contains(slice), "no slice \(slice), the card has \(card.slices.count)")
    self.card = card
    self.slice = slice
    self.seed = seed
    self.content = content
    let chosen = card.hardProcess.flatMap { choice in
      HardProcessKind.all.first { $0.name == choice.kind }?.make(choice.parameters)
    }
    self.hardProcess = hardProcess ?? chosen
  }

  /// Pythia's seed of a block, in 1...900 000 000.
  public func pythiaSeed(block: Int) -> Int {
    let node = seed.child("slice").child(slice).child("block").child(block)
    return 1 + Int(node.derivedSeed % 900_000_000)
  }

  /// Pythia gives single events up now and then; so many in a row mean that something is wrong.
  private static let failuresInARowMaximum = 50

  /// Generates a block and hands each event to `consume`.
  ///
  /// - Parameters:
  ///   - count: events in the block; `nil` takes the card's `eventsPerBlock`. A longer block begins with the events of
  ///     a shorter one.
  ///   - consume: called in order with a buffer that is reused: copy what must outlive the call.
  /// - Throws: `EventGenerationError`, `RecordError.roomUnavailable`, `RecordError.cancelled`, what `consume` throws.
  @discardableResult
  public func generateBlock(
    _ block: Int, count: Int? = nil, cancellation: CancellationToken? = nil,
    into consume: (borrowing GeneratedEvent) throws -> Void
  ) throws -> BlockSummary {
    precondition(block >= 0, "need a block of at least 0, got \(block)")
    let count = count ?? card.slices[slice].eventsPerBlock
    let pythiaSeed = pythiaSeed(block: block)
    let pythia = try PythiaInstance(
      card: card, slice: slice, seed: Int32(pythiaSeed), hardProcess: hardProcess, content: content)
    var event = GeneratedEvent()
    var sums = (accepted: 0, failed: 0, sumW: 0.0, sumW2: 0.0)
    var failuresInARow = 0
    while sums.accepted < count {
      try cancellation?.check()
      switch pythia.next(into: &event) {
      case .event:
        failuresInARow = 0
        sums.accepted += 1
        sums.sumW += event.weight
        sums.sumW2 += event.weight * event.weight
        try consume(event)
      case .failed(let reason):
        failuresInARow += 1
        sums.failed += 1
        guard failuresInARow < Self.failuresInARowMaximum else {
          throw stopped(block, "\(failuresInARow) events in a row failed: \(reason)")
        }
      case .broken(let reason): throw stopped(block, reason)
      }
    }
    let found = try pythia.statistics()
    return BlockSummary(
      slice: slice, block: block, seed: pythiaSeed, tried: Int(found.tried), selected: Int(found.selected),
      vetoed: Int(found.vetoed), accepted: sums.accepted, failed: sums.failed, sumW: sums.sumW, sumW2: sums.sumW2,
      crossSection: found.sigma_pb, crossSectionError: found.sigma_error_pb)
  }

  private func stopped(_ block: Int, _ reason: String) -> EventGenerationError {
    .generation(card: card.name, slice: slice, block: block, reason: reason)
  }
}
