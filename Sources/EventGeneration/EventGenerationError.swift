/// What can go wrong between a process card and its events. (A card that cannot be read is a `CardError`.)
public enum EventGenerationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Pythia refused a line of settings.
  case setting(card: String, setting: String, reason: String)
  /// Pythia could not be prepared, constructed or initialised.
  case initialisation(card: String, reason: String)
  /// Generation stopped in the middle of a block.
  case generation(card: String, slice: Int, block: Int, reason: String)
  /// Files of events that cannot be a sample.
  case events(source: String, reason: String)

  public var description: String {
    switch self {
    case .setting(let card, let setting, let reason): "\(card): Pythia refused '\(setting)': \(reason)"
    case .initialisation(let card, let reason): "\(card): Pythia cannot be initialised: \(reason)"
    case .generation(let card, let slice, let block, let reason):
      "\(card): slice \(slice), block \(block): generation stopped: \(reason)"
    case .events(let source, let reason): "\(source): \(reason)"
    }
  }
}
