/// A numeric parameter of a built-in hard process, as a process card sets it.
public struct HardProcessParameter: Hashable, Sendable {
  public var name: String
  public var defaultValue: Double
  public var range: ClosedRange<Double>
  /// Meaning with unit, shown in errors and help.
  public var meaning: String

  public init(_ name: String, default defaultValue: Double, in range: ClosedRange<Double>, _ meaning: String) {
    self.name = name
    self.defaultValue = defaultValue
    self.range = range
    self.meaning = meaning
  }
}

/// A family of hard processes that process cards may name under `hardProcess`.
///
/// To add one: write a `HardProcess`, describe its parameters in a `HardProcessKind`, and list it in `all`.
public struct HardProcessKind: Sendable {
  /// Name in cards.
  public var name: String
  public var parameters: [HardProcessParameter]
  /// Pythia settings that the process needs for these parameter values (particle masses, widths, decay channels);
  /// they are read before the card's own settings.
  public var settings: @Sendable ([String: Double]) -> [String]
  /// Makes the process from a complete set of parameter values, each inside its range.
  public var make: @Sendable ([String: Double]) -> any HardProcess

  public init(
    name: String, parameters: [HardProcessParameter],
    settings: @escaping @Sendable ([String: Double]) -> [String] = { _ in [] },
    make: @escaping @Sendable ([String: Double]) -> any HardProcess
  ) {
    self.name = name
    self.parameters = parameters
    self.settings = settings
    self.make = make
  }

  /// The kinds that process cards may name.
  public static let all: [HardProcessKind] = [TopZProduction.kind, HeavyGluonPairProduction.kind]
}
