import Cards
import Foundation
import HyperparameterSearch

extension Tuning {
  /// - Parameter comparison: names of the models and inputs of a comparison card; nil in a search card.
  /// - Throws: `CardError` that names the line and the nearest key.
  init(_ value: CardValue, comparison: (models: [String], inputs: [String])? = nil) throws {
    let keys = ["strategy", "trials", "objective", "pruning", "seeds", "max_epochs", "patience", "space"]
    let fields = try value.fields(keys + (comparison == nil ? [] : ["model", "inputs"]))
    guard let ranges = fields["space"].ifPresent else {
      throw value.error(
        "needs a space: one of \(TuningPresets.names.joined(separator: ", ")), or network keys with their ranges")
    }
    (space, fixed) = try SpaceReader.read(ranges)
    strategy = try fields["strategy"].ifPresent.map(Strategy.init) ?? strategy
    trials = try fields["trials"].ifPresent?.integer(in: 1...) ?? trials
    objective = try fields["objective"].ifPresent.map(TuningObjective.init) ?? objective
    if let pruning = fields["pruning"].ifPresent, (try? pruning.string()) != "none" {
      self.pruning = try pruning.integer(in: 1...)
    }
    seeds = try fields["seeds"].ifPresent?.integer(in: 1...100) ?? seeds
    maxEpochs = try fields["max_epochs"].ifPresent?.integer(in: 1...)
    patience = try fields["patience"].ifPresent?.integer(in: 1...)
    guard let comparison else { return }
    guard !comparison.models.isEmpty else { throw value.error("there is no model of kind network to tune") }
    model = try fields["model"].ifPresent?.choice(comparison.models)
    inputs = try fields["inputs"].ifPresent?.choice(comparison.inputs)
  }
}

extension CardValue {
  /// A word, or a mapping of one word to its options.
  fileprivate func wordWithOptions(_ words: [String]) throws -> (word: String, options: CardValue?) {
    if (try? string()) != nil { return (try choice(words), nil) }
    let entries = try fields(words).value.entries()
    guard entries.count == 1 else { throw mismatch("one of \(words.joined(separator: ", "))") }
    return (entries[0].key, entries[0].value)
  }
}

extension Tuning.Strategy {
  init(_ value: CardValue) throws {
    let (word, options) = try value.wordWithOptions(Self.words)
    func option(_ name: String, _ names: [String], in range: ClosedRange<Int>, _ usual: Int) throws -> Int {
      try options?.fields(names)[name].ifPresent?.integer(in: range) ?? usual
    }
    switch word {
    case "genetic":
      let names = ["population", "parents", "mutation"]
      self = .genetic(
        population: try option("population", names, in: 2...10_000, 10),
        parents: try option("parents", names, in: 2...1000, 5),
        mutation: try options?.fields(names)["mutation"].ifPresent?.double(in: 0...1) ?? 0.1)
    case "random": self = .random(batch: try option("batch", ["batch"], in: 1...10_000, 4))
    default:
      let names = ["batch", "initial"]
      self = .bayesian(
        batch: try option("batch", names, in: 1...1000, 4), initial: try option("initial", names, in: 1...10_000, 12))
    }
  }
}

extension TuningObjective {
  init(_ value: CardValue) throws {
    let (word, options) = try value.wordWithOptions(Self.words)
    if let options, word != "asimov" { throw options.error("'\(word)' has no options") }
    switch word {
    case "auc": self = .auc
    case "accuracy": self = .accuracy
    case "asimov":
      self = .asimov(uncertainty: try options?.fields(["uncertainty"])["uncertainty"].ifPresent?.double(in: 0...) ?? 0)
    default: self = .loss
    }
  }
}

/// Reads `tuning.space`: network keys with one value, a list of values, or a range.
struct SpaceReader {
  private var parameters: [SearchParameter] = []
  private var fixed: SearchPoint = [:]
  /// Where each parameter stands, for errors.
  private var places: [String: CardValue] = [:]

  static func read(_ value: CardValue) throws -> (space: SearchSpace, fixed: NetworkSettings) {
    if (try? value.string()) != nil { return try read(TuningPresets.card(try value.choice(TuningPresets.names))) }
    var reader = SpaceReader()
    let names = NetworkKey.allCases.map(\.rawValue)
    let fields = try value.fields(["like"] + names)
    let base = try fields["like"].ifPresent.map { like in
      try TuningPresets.card(try like.choice(TuningPresets.names)).fields(names)
    }
    // In the order of the keys, in which each depends on earlier ones only.
    for key in NetworkKey.allCases {
      guard let given = fields[key.rawValue].ifPresent ?? base?[key.rawValue].ifPresent else { continue }
      try reader.add(key, given)
    }
    return try reader.finish(value)
  }

  private func finish(_ value: CardValue) throws -> (space: SearchSpace, fixed: NetworkSettings) {
    do {
      return (try SearchSpace(parameters), NetworkSettings(fixed))
    } catch let error as SearchSpaceError {
      switch error {
      case .domain(let name, let reason): throw (places[name] ?? value).error(reason)
      case .condition(let name, let reason): throw (places[name] ?? value).error("condition: \(reason)")
      case .empty: throw value.error("nothing varies: give a key a range or a list of values")
      case .repeated(let name): throw value.error("'\(name)' stands twice")
      }
    }
  }

  private mutating func add(_ key: NetworkKey, _ value: CardValue) throws {
    if let items = try? value.list() {
      return add(key, .choice(try items.map(key.value)), when: try condition(key, nil, value), value)
    }
    guard let entries = try? value.entries() else {
      fixed[key.rawValue] = try key.value(value)
      _ = try condition(key, nil, value)
      return
    }
    let fields = try value.fields(
      ["from", "to", "step", "scale", "choices", "when"] + (key == .units ? ["per_layer"] : []))
    let condition = try condition(key, fields["when"].ifPresent, value)
    guard !entries.isEmpty, fields["choices"].isMissing || entries.allSatisfy({ ["choices", "when"].contains($0.key) })
    else { throw value.error("give choices, or from and to with a step or a scale") }
    if let choices = fields["choices"].ifPresent {
      return add(key, .choice(try choices.list().map(key.value)), when: condition, value)
    }
    let domain = try self.domain(key, fields)
    guard key == .units, try fields["per_layer"].ifPresent?.bool() ?? false else {
      return add(key, domain, when: condition, value)
    }
    try addLayers(domain, value)
  }

  private mutating func add(
    _ key: NetworkKey, _ domain: SearchParameter.Domain, when condition: SearchParameter.Condition?, _ value: CardValue
  ) {
    places[key.rawValue] = value
    parameters.append(SearchParameter(key.rawValue, domain, when: condition))
  }

  private func domain(_ key: NetworkKey, _ fields: CardFields) throws -> SearchParameter.Domain {
    let isLogarithmic = try fields["scale"].ifPresent?.choice(["linear", "log"]) == "log"
    switch key.kind {
    case .word(let words):
      throw fields.value.error("is a word: list some of \(words.joined(separator: ", "))")
    case .integer:
      guard fields["step"].isMissing else { throw fields["step"].error("is for real numbers; list whole ones") }
      guard case .integer(let low) = try key.value(fields["from"]),
        case .integer(let high) = try key.value(fields["to"])
      else { throw fields.value.mismatch("whole numbers from and to") }
      guard low < high else { throw fields["to"].error("must be above from, \(low)") }
      return .integer(low...high, logarithmic: isLogarithmic)
    case .real:
      guard case .real(let low) = try key.value(fields["from"]), case .real(let high) = try key.value(fields["to"])
      else {
        throw fields.value.mismatch("numbers from and to")
      }
      guard low < high else { throw fields["to"].error("must be above from, \(low)") }
      return .real(low...high, step: try fields["step"].ifPresent?.double(), logarithmic: isLogarithmic)
    }
  }

  /// `units` of each layer: `units_k` matters where there are k layers.
  private mutating func addLayers(_ domain: SearchParameter.Domain, _ value: CardValue) throws {
    let name = NetworkKey.hiddenLayers.rawValue
    let layers = parameters.first { $0.name == name }
    guard let layers, case .integer(let range, _) = layers.domain else {
      guard case .integer(let count)? = fixed[name] else {
        throw value.error("per_layer needs \(name) in the space, a number or a range")
      }
      for layer in 1...count { parameters.append(SearchParameter(NetworkSettings.unitsKey(layer), domain)) }
      return
    }
    for layer in 1...range.upperBound {
      let deep = (max(layer, range.lowerBound)...range.upperBound).map { SearchValue.integer($0) }
      let condition = layer <= range.lowerBound ? nil : SearchParameter.Condition(parameter: name, values: deep)
      places[NetworkSettings.unitsKey(layer)] = value
      parameters.append(SearchParameter(NetworkSettings.unitsKey(layer), domain, when: condition))
    }
  }

  /// What the card says with `when`, else what the key needs by its nature.
  private func condition(
    _ key: NetworkKey, _ given: CardValue?, _ value: CardValue
  ) throws -> SearchParameter.Condition? {
    if let given {
      let names = parameters.map(\.name)
      let entries = try given.fields(names).value.entries()
      guard entries.count == 1, let other = NetworkKey(rawValue: entries[0].key) else {
        throw given.mismatch("one key of \(names.joined(separator: ", ")) with its values")
      }
      let values = (try? entries[0].value.list()) ?? [entries[0].value]
      return SearchParameter.Condition(parameter: other.rawValue, values: try values.map(other.value))
    }
    guard let need = key.need else { return nil }
    let words = need.words.map { SearchValue.text($0) }
    if let other = parameters.first(where: { $0.name == need.key.rawValue }), case .choice(let choices) = other.domain {
      let possible = choices.filter(words.contains)
      guard !possible.isEmpty else {
        throw value.error("goes with \(need.key.rawValue): \(need.words.joined(separator: ", "))")
      }
      return possible.count == choices.count
        ? nil : SearchParameter.Condition(parameter: other.name, values: possible)
    }
    guard let word = fixed[need.key.rawValue], words.contains(word) else {
      throw value.error(
        "goes with \(need.key.rawValue): \(need.words.joined(separator: ", ")); put that into the space too")
    }
    return nil
  }
}
