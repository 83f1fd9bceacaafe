import Histograms
import Records

/// What was generated for one slice of a sample, before any cut on the detector's objects.
public struct SampleSlice: Hashable, Codable, Sendable {
  public var name: String
  /// Events that the generator tried, and those that it accepted after process-level vetoes.
  public var tried: Int
  public var accepted: Int
  /// Σw and Σw² of the accepted events, in the generator's weights.
  public var sumW: Double
  public var sumW2: Double
  /// Cross-section and its standard error in pb.
  public var crossSection: Double
  public var crossSectionError: Double
  /// What that cross-section includes: `forced decays Z → ll; veto: two leptons`.
  public var includes: String

  public init(
    name: String, tried: Int, accepted: Int, sumW: Double, sumW2: Double, crossSection: Double,
    crossSectionError: Double, includes: String = ""
  ) {
    self.name = name
    self.tried = tried
    self.accepted = accepted
    self.sumW = sumW
    self.sumW2 = sumW2
    self.crossSection = crossSection
    self.crossSectionError = crossSectionError
    self.includes = includes
  }

  /// N_eff = (Σw)²/Σw² of the accepted events.
  public var effectiveCount: Double { sumW2 > 0 ? sumW * sumW / sumW2 : 0 }

  /// Adds another block of the same slice: counts add up, cross-sections average by the events tried.
  ///
  /// Each block's σ̂ is a mean over its tried events, so the mean of all is Σ nᵢσ̂ᵢ/Σ nᵢ, with error
  /// √(Σ (nᵢδᵢ)²)/Σ nᵢ.
  public mutating func add(_ block: SampleSlice) {
    precondition(name == block.name, "slices '\(name)' and '\(block.name)' are not of one process")
    let (mine, other) = (Double(tried), Double(block.tried))
    let total = mine + other
    if total > 0 {
      crossSection = (mine * crossSection + other * block.crossSection) / total
      let (a, b) = (mine * crossSectionError, other * block.crossSectionError)
      crossSectionError = (a * a + b * b).squareRoot() / total
    }
    tried += block.tried
    accepted += block.accepted
    sumW += block.sumW
    sumW2 += block.sumW2
  }
}

/// What a sample's file says about it beside its events.
public struct SampleMetadata: Hashable, Codable, Sendable {
  public enum Kind: String, Hashable, Codable, Sendable, CaseIterable {
    case simulated
    case data
  }

  /// The place of a block in its sample; blocks are merged in this order.
  public struct Block: Hashable, Codable, Sendable, Comparable {
    public var slice: Int
    public var index: Int

    public init(slice: Int, index: Int) {
      self.slice = slice
      self.index = index
    }

    public static func < (a: Block, b: Block) -> Bool { (a.slice, a.index) < (b.slice, b.index) }
  }

  public var name: String
  public var kind: Kind
  /// A signal's parameters: `mass` in GeV.
  public var parameters: [String: Double]
  public var slices: [SampleSlice]
  /// Cut flows by variation; `nominal` is the first.
  public var cutFlows: [String: CutFlow]
  /// Set in a file that is one block of a sample.
  public var block: Block?
  /// Anything else that a reader of the file should know.
  public var notes: [String: String]

  public init(
    name: String, kind: Kind = .simulated, parameters: [String: Double] = [:], slices: [SampleSlice] = [],
    cutFlows: [String: CutFlow] = [:], block: Block? = nil, notes: [String: String] = [:]
  ) {
    self.name = name
    self.kind = kind
    self.parameters = parameters
    self.slices = slices
    self.cutFlows = cutFlows
    self.block = block
    self.notes = notes
  }

  /// Adds the slices and cut flows of another part of the same sample.
  /// - Throws: ``CutFlowError`` if the parts went through different cuts.
  public mutating func add(_ part: SampleMetadata) throws {
    for slice in part.slices {
      if let index = slices.firstIndex(where: { $0.name == slice.name }) {
        slices[index].add(slice)
      } else {
        slices.append(slice)
      }
    }
    for (variation, flow) in part.cutFlows { try cutFlows[variation, default: CutFlow()].add(flow) }
    parameters.merge(part.parameters) { mine, _ in mine }
    notes.merge(part.notes) { mine, _ in mine }
  }
}

/// What a column holds, for readers and axes.
public struct ColumnDescription: Hashable, Codable, Sendable {
  /// `GeV`, `rad`, or empty for a pure number.
  public var unit: String
  /// As on an axis: `p_{T} of jets`.
  public var title: String
  /// Bits of the mantissa kept in a float32 column (1 to 22), rounded to nearest: they compress better. `nil` keeps all.
  ///
  /// The relative rounding error is at most 2^−(bits + 1).
  public var mantissaBits: Int?

  public init(unit: String = "", title: String = "", mantissaBits: Int? = nil) {
    precondition(
      mantissaBits.map { (1...22).contains($0) } ?? true, "mantissa bits are 1 to 22, got \(mantissaBits ?? 0)")
    self.unit = unit
    self.title = title
    self.mantissaBits = mantissaBits
  }
}
