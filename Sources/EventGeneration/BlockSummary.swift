/// What one block of events came from: counts before any selection, and its own estimate of the cross-section.
public struct BlockSummary: Hashable, Codable, Sendable {
  public var slice: Int
  public var block: Int
  /// The seed Pythia was given.
  public var seed: Int
  /// Points of phase space that Pythia tried; of these it selected `selected` hard processes.
  public var tried: Int
  public var selected: Int
  /// Hard processes that the card's veto refused.
  public var vetoed: Int
  /// Events handed on.
  public var accepted: Int
  /// Events that Pythia gave up in the middle; not handed on.
  public var failed: Int
  /// Σw and Σw² over accepted events.
  public var sumW: Double
  public var sumW2: Double
  /// Cross-section in pb of what was accepted, with its Monte Carlo uncertainty: after forced decays and the veto.
  public var crossSection: Double
  public var crossSectionError: Double

  public init(
    slice: Int, block: Int, seed: Int, tried: Int, selected: Int, vetoed: Int, accepted: Int, failed: Int,
    sumW: Double, sumW2: Double, crossSection: Double, crossSectionError: Double
  ) {
    self.slice = slice
    self.block = block
    self.seed = seed
    self.tried = tried
    self.selected = selected
    self.vetoed = vetoed
    self.accepted = accepted
    self.failed = failed
    self.sumW = sumW
    self.sumW2 = sumW2
    self.crossSection = crossSection
    self.crossSectionError = crossSectionError
  }
}

/// Blocks of one slice taken together.
public struct SliceSummary: Hashable, Codable, Sendable {
  public var slice: Int
  public var blocks: Int
  public var tried: Int
  public var accepted: Int
  public var sumW: Double
  public var sumW2: Double
  /// In pb, with its Monte Carlo uncertainty.
  public var crossSection: Double
  public var crossSectionError: Double

  /// - Parameter blocks: at least one, all of the same slice.
  ///
  /// Each block stops at a fixed number of events, so that its own cross-section is biased by one part in that number.
  /// Weighting by the phase-space points tried makes the combination the estimate of one long run, whose bias is one
  /// part in all events.
  public init(combining blocks: [BlockSummary]) {
    precondition(!blocks.isEmpty, "need at least one block")
    precondition(blocks.allSatisfy { $0.slice == blocks[0].slice }, "need blocks of one slice")
    slice = blocks[0].slice
    self.blocks = blocks.count
    tried = blocks.reduce(0) { $0 + $1.tried }
    accepted = blocks.reduce(0) { $0 + $1.accepted }
    sumW = blocks.reduce(0) { $0 + $1.sumW }
    sumW2 = blocks.reduce(0) { $0 + $1.sumW2 }
    var sum = 0.0
    var variance = 0.0
    for block in blocks {
      let share = Double(block.tried) / Double(max(tried, 1))
      sum += share * block.crossSection
      variance += share * share * block.crossSectionError * block.crossSectionError
    }
    crossSection = sum
    crossSectionError = variance.squareRoot()
  }
}

extension Sequence<BlockSummary> {
  /// One summary a slice, by rising slice.
  public func combinedBySlice() -> [SliceSummary] {
    Dictionary(grouping: self, by: \.slice).sorted { $0.key < $1.key }.map { SliceSummary(combining: $0.value) }
  }
}
