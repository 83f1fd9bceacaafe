import Foundation

/// A file of the SUSY Les Houches Accord, versions 1 (P. Skands et al., hep-ph/0311123) and 2 (B. Allanach et al.,
/// arXiv:0801.0045): spectra, couplings, decays.
///
/// ```swift
/// let file = try SLHAFile(contentsOf: url)
/// let mass = file["MASS", 1_000_022]             // GeV, signed
/// let mixing = file["NMIX", 1, 4]
/// let yukawa = file.value("YU", [3, 3], nearScale: 1000)
/// let width = file.decay(of: 1_000_023)?.width   // GeV
/// ```
public struct SLHAFile: Hashable, Sendable {
  /// In the order of the file.
  public var blocks: [Block]
  public var decays: [Decay]
  /// `XSECTION` entries.
  public var crossSections: [CrossSection]

  /// `BLOCK NAME Q= 1.0E+03`
  public struct Block: Hashable, Codable, Sendable {
    /// In capitals, as blocks are told apart.
    public var name: String
    /// Words between the name and `Q=`: the PDG id of `QNUMBERS`.
    public var arguments: [String]
    /// The scale of running parameters in GeV, if given.
    public var scale: Double?
    public var entries: [Entry]
    /// Line of the file.
    public var line: Int
    /// What stands behind `#` in the block's line.
    public var comment: String
  }

  /// A line of a block: indices and a value.
  public struct Entry: Hashable, Codable, Sendable {
    public var indices: [Int]
    public var value: Value
    public var line: Int
    public var comment: String
  }

  public enum Value: Hashable, Codable, Sendable {
    case number(Double)
    case text(String)
    /// Lines of blocks outside of the accord that have several numbers.
    case row([Double])
  }

  /// `DECAY id width` with its channels.
  public struct Decay: Hashable, Codable, Sendable {
    /// PDG id.
    public var id: Int
    /// GeV.
    public var width: Double
    public var channels: [Channel]
    public var line: Int

    /// The sum of the branching fractions; 0 without channels.
    public var sum: Double { channels.reduce(0) { $0 + $1.fraction } }
  }

  public struct Channel: Hashable, Codable, Sendable {
    public var fraction: Double
    /// PDG ids.
    public var products: [Int]
    public var line: Int
  }

  /// `XSECTION √s id id n products` with its lines, as they stand in the file.
  public struct CrossSection: Hashable, Codable, Sendable {
    /// GeV.
    public var collisionEnergy: Double
    /// PDG ids.
    public var incoming, outgoing: [Int]
    public var lines: [[Double]]
    public var line: Int
  }

  /// The first block of a name, in any case of letters.
  public func block(_ name: String) -> Block? {
    let name = name.uppercased()
    return blocks.first { $0.name == name }
  }

  /// The number at some indices of the first block of a name that has it; `nil` if there is none.
  public subscript(_ block: String, _ indices: Int...) -> Double? { value(block, indices) }

  /// - Parameter scale: among blocks of the name that have the entry, the one whose scale is nearest to it, in GeV;
  ///   `nil` takes the first.
  public func value(_ block: String, _ indices: [Int], nearScale scale: Double? = nil) -> Double? {
    let name = block.uppercased()
    let found = blocks.filter { $0.name == name }.compactMap { block in block[indices].map { (block.scale, $0) } }
    guard let scale else { return found.first?.1 }
    return found.min { abs(($0.0 ?? .infinity) - scale) < abs(($1.0 ?? .infinity) - scale) }?.1
  }

  /// A text such as `SPINFO` 1, the program's name.
  public func text(_ block: String, _ indices: Int...) -> String? {
    for entry in self.block(block)?.entries ?? [] where entry.indices == indices {
      if case .text(let text) = entry.value { return text }
    }
    return nil
  }

  public func decay(of id: Int) -> Decay? { decays.first { $0.id == id } }
}

extension SLHAFile.Block {
  /// The number at some indices.
  public subscript(_ indices: [Int]) -> Double? {
    for entry in entries where entry.indices == indices {
      if case .number(let number) = entry.value { return number }
    }
    return nil
  }
}
