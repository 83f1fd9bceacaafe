import Cards
import EventGeneration
import Foundation
import Records

extension SearchCard {
  /// An entry of a sample's `generate` with events of other generators, in place of a process card.
  public struct GeneratedFiles: Hashable, Codable, Sendable {
    public enum Format: String, Hashable, Codable, Sendable {
      /// Hard processes, to be showered by Pythia.
      case lhe
      /// Whole events, handed to the detector as they are.
      case hepmc
    }

    /// `lhe` or `hepmc` *(list of paths, required)*: the files, of one process each or of all that one run made.
    public var format: Format
    public var paths: [String]
    /// `name` *(text, the first file's)*: part of the seeds' path; letters, digits, `-` and `_`.
    public var name: String
    /// `includes` *(text, empty)*: in words, what the cross-section holds: order, forced decays, cuts.
    public var includes: String
    /// `cross_section` *(pb or fb, the files')*: in pb.
    public var crossSection: Double?
    /// `events_per_block` *(whole number, 1000, 1 … 1 000 000)*.
    public var eventsPerBlock: Int
    /// `passes` *(whole number, 1, 1 … 1000; `lhe` only)*: how often each event is showered.
    public var passes: Int
    /// `pythia` *(list of text, empty; `lhe` only)*: settings of Pythia.
    public var settings: [String]
    /// `merging: ignore` *(refuse or ignore, refuse; `lhe` only)*: takes files that were made for the merging of jets.
    public var ignoresMerging: Bool

    init(_ format: Format, _ value: CardValue) throws {
      var known = [format.rawValue, "name", "includes", "cross_section", "events_per_block"]
      if format == .lhe { known += ["passes", "pythia", "merging"] }
      let fields = try value.fields(known)
      self.format = format
      paths = try fields[format.rawValue].list().map { try $0.string() }
      guard let first = paths.first else { throw fields[format.rawValue].mismatch("at least one file") }
      let stem = String(first.split(separator: "/").last ?? "").prefix { $0 != "." }
      name =
        try fields["name"].ifPresent?.string()
        ?? String(stem.map { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" ? $0 : "-" })
      guard !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
      else { throw fields["name"].error("'\(name)' is no name: use letters, digits, '-' and '_'") }
      includes = try fields["includes"].ifPresent?.string() ?? ""
      crossSection = try fields["cross_section"].ifPresent?
        .quantity(["pb": 1, "fb": 1e-3], in: Double.leastNormalMagnitude...)
      eventsPerBlock = try fields["events_per_block"].ifPresent?.integer(in: 1...1_000_000) ?? 1000
      let isLesHouches = format == .lhe
      passes = isLesHouches ? try fields["passes"].ifPresent?.integer(in: 1...1000) ?? 1 : 1
      settings = isLesHouches ? try fields["pythia"].ifPresent.map(ProcessCard.readSettings) ?? [] : []
      ignoresMerging = isLesHouches ? try fields["merging"].ifPresent?.choice(["refuse", "ignore"]) == "ignore" : false
    }
  }
}

extension SearchCard.GeneratedFiles {
  /// Reads the files through and makes the slice they are.
  /// - Parameter folder: where relative paths start: the search card's folder.
  func slice(index: Int, in folder: URL) throws -> ProductionSlice {
    let urls = paths.map { URL(fileURLWithPath: $0, relativeTo: folder).absoluteURL }
    let source: ProductionSlice.Source
    let energy: Double
    let digests: [Digest]
    switch format {
    case .lhe:
      let sample = try LesHouchesSample(files: urls, ignoresMerging: ignoresMerging)
      energy = sample.collisionEnergy
      digests = sample.files.map(\.digest)
      source = .lesHouches(
        LesHouchesGenerator(
          card: card(energy: energy), sample: sample, passes: passes, crossSection: crossSection))
    case .hepmc:
      let sample = try HepMCSample(files: urls, eventsPerBlock: eventsPerBlock, crossSection: crossSection)
      // The files say nothing of beams that can be relied on.
      energy = 0
      digests = sample.files.map(\.digest)
      source = .hepMC(sample)
    }
    let shared = card(energy: energy)
    let parts =
      [format.rawValue] + digests.map(\.hex)
      + ["\(crossSection.map { "\($0)" } ?? "-")", "\(passes)", "\(eventsPerBlock)", includes] + settings
    return ProductionSlice(
      index: index, process: shared, digest: Digest.of(parts.joined(separator: "\n")), processSlice: 0,
      blockCount: source.blockCount ?? 0, source: source)
  }

  private func card(energy: Double) -> ProcessCard {
    ProcessCard(
      name: name, energy: energy, crossSectionNote: includes, settings: settings,
      slices: [.init(eventsPerBlock: eventsPerBlock)])
  }
}
