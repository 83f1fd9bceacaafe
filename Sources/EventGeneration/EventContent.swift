/// Which rows a generated event has. The numbers are the room's.
public struct EventContent: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Stable particles, neutrinos included.
  public static let final = EventContent(rawValue: 1 << 0)
  /// Hadrons with b or c just before their weak decay, and τ leptons before theirs.
  public static let decayed = EventContent(rawValue: 1 << 1)
  /// Quarks and gluons just before hadronisation, above `partonPtMinimum`.
  public static let partons = EventContent(rawValue: 1 << 2)
  /// The hard process: incoming partons, resonances, outgoing particles, decay products of resonances.
  public static let hard = EventContent(rawValue: 1 << 3)

  public static let all: EventContent = [.final, .decayed, .partons, .hard]

  /// Softer partons, in GeV, say nothing about a jet's flavour and are left out.
  public static let partonPtMinimum = 1.0
}
