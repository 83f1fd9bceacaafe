import DetectorSimulation
import EventGeneration
import Foundation
import Records

/// A detector card measured: single particles shot at it, and collisions where process cards are given.
///
/// The gun compares efficiencies and resolutions with the card's formulas. Collisions add what no formula of the card says by
/// itself: lepton-pair peaks, jet response and resolution, and tag rates.
public struct DetectorCheck: Sendable {
  public let card: DetectorCard
  public var seed: SeedTree
  /// Shots in each bin of p_T and |η|, and collisions of each process.
  public var particlesPerBin: Int
  public var eventsPerProcess: Int

  public init(_ card: DetectorCard, seed: SeedTree, particlesPerBin: Int = 2000, eventsPerProcess: Int = 4000) {
    self.card = card
    self.seed = seed
    self.particlesPerBin = particlesPerBin
    self.eventsPerProcess = eventsPerProcess
  }

  /// What was measured.
  public struct Outcome: Sendable {
    public var detector: String
    public var gun: DetectorValidation
    public var collisions: DetectorValidation
    /// Masses of pairs in GeV.
    public var dimuons, dielectrons: [Double]
  }

  /// - Parameter processes: process cards; their first slices are generated.
  /// - Throws: `EventGenerationError`, `RecordError`.
  public func run(
    processes: [ProcessCard], progress: ProgressHandler = { _ in }, cancellation: CancellationToken = .init()
  ) throws -> Outcome {
    var gun = DetectorValidation(curves: [])
    for (index, species) in ParticleGun.Species.allCases.enumerated() {
      progress(.init(stage: "shoot", completed: index, total: 4, unit: "species", detail: species.rawValue))
      let measured = try ParticleGun(card, particlesPerBin: particlesPerBin, seed: seed.child("gun"))
        .measure(species, cancellation: cancellation)
      gun.curves += measured.curves
    }
    let events = try EventValidation(card)
    for process in processes { try collide(process, events, progress, cancellation) }
    return Outcome(
      detector: card.name, gun: gun, collisions: processes.isEmpty ? .init(curves: []) : events.validation(),
      dimuons: events.dimuonMasses, dielectrons: events.dielectronMasses)
  }

  private func collide(
    _ process: ProcessCard, _ events: EventValidation, _ progress: ProgressHandler, _ cancellation: CancellationToken
  ) throws {
    let node = seed.child(process.name)
    let streams = node.child("detector")
    var index: UInt64 = 0
    try EventGenerator(card: process, slice: 0, seed: node)
      .generateBlock(0, count: eventsPerProcess, cancellation: cancellation) { event in
        var random = streams.stream(index)
        index += 1
        try events.add(event, random: &random)
        progress(
          .init(
            stage: "collide \(process.name)", completed: Int(index), total: eventsPerProcess, unit: "events", detail: ""
          ))
      }
  }
}

extension DetectorCheck.Outcome {
  /// A line a curve: how far its points are from the card's formula.
  public var text: String {
    var lines = ["curve                             points   χ²   largest pull"]
    for curve in gun.curves + collisions.curves {
      let pulls = curve.points.compactMap { point in point.expected.map { (point.measured - $0) / point.error } }
      guard !pulls.isEmpty else { continue }
      let square = pulls.reduce(0) { $0 + $1 * $1 }
      let largest = pulls.max { abs($0) < abs($1) } ?? 0
      lines.append(
        curve.name.padding(toLength: 34, withPad: " ", startingAt: 0)
          + String(format: "%6d %5.1f   %+.1f", pulls.count, square, largest))
    }
    for (name, masses) in [("Z → μμ", dimuons), ("Z → ee", dielectrons)] {
      guard let peak = EventValidation.peak(masses) else { continue }
      lines.append(
        "\(name): median \(String(format: "%.2f ± %.2f", peak.position, peak.error)) GeV, half width "
          + String(format: "%.2f GeV in 81–101 GeV", peak.halfWidth))
    }
    return lines.joined(separator: "\n")
  }
}
