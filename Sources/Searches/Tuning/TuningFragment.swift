import Cards
import Foundation
import HyperparameterSearch
import Learning

/// A trial's point as YAML that replaces the same blocks of the card.
struct TuningFragment {
  /// What kind of card it is for.
  enum Place: Hashable, Sendable {
    /// `network` and `training`.
    case search
    /// An entry of `models`.
    case comparison(model: String)
  }

  var place: Place
  var tuning: Tuning
  var point: SearchPoint
  /// All that the trial was trained with.
  var configuration: TrainingConfiguration
  /// The card as it is: keys that the trial does not set stay.
  var card: CardValue

  /// - Throws: `CardError`.
  func yaml() throws -> String {
    let entries = try card.entries()
    func block(_ name: String) -> CardValue? { entries.first { $0.key == name }?.value }
    switch place {
    case .search:
      let training = NetworkKey.allCases.filter { !NetworkKey.network.contains($0) }
      return try lines("network", block("network"), NetworkKey.network, layers: searchLayers).joined(separator: "\n")
        + "\n" + lines("training", block("training"), training, layers: []).joined(separator: "\n") + "\n"
    case .comparison(let name):
      let model = try block("models")?.entries().first { $0.key == name }?.value
      let hidden = [("hidden", "[\(configuration.hiddenUnits.map { "\($0)" }.joined(separator: ", "))]")]
      let keys = NetworkKey.allCases.filter { $0 != .hiddenLayers && $0 != .units }
      return (["models:"] + (try lines(name, model, keys, layers: hidden)).map { "  \($0)" }).joined(separator: "\n")
        + "\n"
    }
  }

  private var searchLayers: [(String, String)] {
    let units = configuration.hiddenUnits
    guard Set(units).count > 1 else {
      return [("hidden_layers", "\(units.count)"), ("units", "\(units.first ?? 0)")]
    }
    return [("units", "[\(units.map { "\($0)" }.joined(separator: ", "))]")]
  }

  /// A block: the trial's values, and those of the card's that still mean something.
  private func lines(
    _ name: String, _ block: CardValue?, _ keys: [NetworkKey], layers: [(String, String)]
  ) throws -> [String] {
    var values = layers
    let isAboutLayers = !layers.isEmpty
    let chosen = tuning.fixed.values.merging(point) { $1 }
    for key in keys where !isAboutLayers || (key != .hiddenLayers && key != .units) {
      if let value = chosen[key.rawValue] { values.append((key.rawValue, Self.text(value))) }
    }
    if keys.contains(.batch) {
      for (key, value) in [("max_epochs", tuning.maxEpochs), ("patience", tuning.patience)] {
        if let value { values.append((key, "\(value)")) }
      }
    }
    let set = Set(values.map(\.0) + (isAboutLayers ? ["hidden_layers", "units", "hidden"] : []))
    let kept = try block?.entries().filter { !set.contains($0.key) && stays($0.key, chosen) } ?? []
    return ["\(name):"] + (try kept.map { ($0.key, try Self.text($0.value)) } + values).map { "  \($0): \($1)" }
  }

  /// Whether a key of the card goes with the trial's optimiser and schedule.
  private func stays(_ name: String, _ chosen: SearchPoint) -> Bool {
    guard let need = NetworkKey(rawValue: name)?.need, case .text(let word)? = chosen[need.key.rawValue] else {
      return true
    }
    return need.words.contains(word)
  }

  private static func text(_ value: SearchValue) -> String { value.description }

  private static func text(_ value: CardValue) throws -> String {
    if let items = try? value.list() { return "[\(try items.map(text).joined(separator: ", "))]" }
    return try value.string()
  }
}
