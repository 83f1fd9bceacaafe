import Cards
import Foundation
import HyperparameterSearch
import Learning
import NeuralNetworks

/// A property of a network or its training that a card may set and that a tuning may vary: one vocabulary for both.
///
/// Each case says *(type, range): meaning* of its key; defaults are those of the card.
public enum NetworkKey: String, Hashable, Codable, Sendable, CaseIterable {
  /// *(whole number, 1 … 20)*: hidden layers.
  case hiddenLayers = "hidden_layers"
  /// *(whole number, 1 … 65536)*: of each hidden layer.
  case units
  /// *(word of `Activation`)*: after each hidden layer.
  case activation
  /// *(word of `Initializer`)*: how weights start.
  case initializer
  /// *(number, 0 … 0.9)*: alpha-dropout after SELU, plain dropout after all else.
  case dropout
  /// *(true or false)*: before each hidden activation.
  case batchNormalization = "batch_normalization"
  /// *(nadam, adam, adamw, sgd, rmsprop or adagrad)*.
  case optimizer
  /// *(number, 0 … 0.9999)*: of `sgd` (0.9 where not given) and `rmsprop` (0).
  case momentum
  /// *(number, > 0)*: where the schedule starts, its lower end if it is cyclical.
  case learningRate = "learning_rate"
  /// *(word)*: see ``Schedule``.
  case schedule
  /// *(number, > 0; ten times `learning_rate`)*: the upper end of cyclical schedules.
  case maximumLearningRate = "maximum_learning_rate"
  /// *(number, above 0, at most 1)*: the factor of `exponential` (0.95) and `exp_range` (0.99994).
  case gamma
  /// *(whole number, ≥ 1; 2000)*: batches from the lower to the upper end of a cycle.
  case halfCycle = "half_cycle"
  /// *(number, ≥ 0)*: every gradient gains this times its parameter.
  case weightDecay = "weight_decay"
  /// *(number > 0, or none)*: the largest norm of a parameter's gradient.
  case clipNorm = "clip_norm"
  /// *(number, ≥ 0)*: penalty l1 Σ|w|.
  case l1
  /// *(number, ≥ 0)*: penalty l2 Σw².
  case l2
  /// *(whole number, ≥ 1)*: events a step.
  case batch

  /// How the step size changes.
  public enum Schedule: String, CaseIterable, Sendable {
    case constant
    /// Times `gamma` after each epoch.
    case exponential
    /// To 0 over `max_epochs`, as half a cosine.
    case cosine
    /// Between `learning_rate` and `maximum_learning_rate` and back in 2 × `half_cycle` batches.
    case triangular
    /// The same, the height halved after each cycle.
    case triangular2
    /// The same, the height times `gamma` to the number of batches (Smith, arXiv:1506.01186).
    case expRange = "exp_range"
    /// Once up to `maximum_learning_rate` and down to nothing over `max_epochs`.
    case oneCycle = "one_cycle"
  }

  enum Kind {
    case integer(ClosedRange<Int>)
    /// At least 0; `isPositive`: above it.
    case real(upTo: Double, isPositive: Bool, orNone: Bool)
    case word([String])
  }

  /// Keys of a search card's `network`; the others belong to `training`.
  static let network: [NetworkKey] = [
    .hiddenLayers, .units, .activation, .initializer, .dropout, .batchNormalization,
  ]

  static let optimizers = ["nadam", "adam", "adamw", "sgd", "rmsprop", "adagrad"]

  var kind: Kind {
    func real(upTo: Double = .infinity, isPositive: Bool = false, orNone: Bool = false) -> Kind {
      .real(upTo: upTo, isPositive: isPositive, orNone: orNone)
    }
    return switch self {
    case .hiddenLayers: .integer(1...20)
    case .units: .integer(1...65536)
    case .halfCycle, .batch: .integer(1...Int(Int32.max))
    case .activation: .word(Activation.words.filter { $0 != "softmax" })
    case .initializer: .word(Initializer.names.filter { $0 != "zeros" && $0 != "ones" })
    case .batchNormalization: .word(["true", "false"])
    case .optimizer: .word(Self.optimizers)
    case .schedule: .word(Schedule.allCases.map(\.rawValue))
    case .dropout: real(upTo: 0.9)
    case .momentum: real(upTo: 0.9999)
    case .gamma: real(upTo: 1, isPositive: true)
    case .learningRate, .maximumLearningRate: real(isPositive: true)
    case .clipNorm: real(isPositive: true, orNone: true)
    case .weightDecay, .l1, .l2: real()
    }
  }

  /// What another key has to be for this one to mean something.
  var need: (key: NetworkKey, words: [String])? {
    switch self {
    case .momentum: (.optimizer, ["sgd", "rmsprop"])
    case .maximumLearningRate: (.schedule, ["triangular", "triangular2", "exp_range", "one_cycle"])
    case .halfCycle: (.schedule, ["triangular", "triangular2", "exp_range"])
    case .gamma: (.schedule, ["exponential", "exp_range"])
    default: nil
    }
  }

  /// The key's value in a card.
  /// - Throws: `CardError`.
  func value(_ card: CardValue) throws -> SearchValue {
    switch kind {
    case .integer(let range): return .integer(try card.integer(in: range))
    case .real(let top, let isPositive, let orNone):
      if orNone, (try? card.string()) == "none" { return .none }
      let low = isPositive ? Double.leastNormalMagnitude : 0
      return .real(top.isFinite ? try card.double(in: low...top) : try card.double(in: low...))
    case .word(let words):
      let word = try card.string()
      // Words with a number in brackets: `leaky_relu(0.1)`.
      let isKnown =
        switch self {
        case .activation: Activation(word: word) != nil && word != "softmax"
        case .initializer: Initializer(rawValue: word) != nil
        default: words.contains(word)
        }
      return .text(isKnown ? word : try card.choice(words))
    }
  }
}

/// Values of some network keys, as in a card or of a trial.
public struct NetworkSettings: Hashable, Codable, Sendable {
  /// By key; of layers with units of their own `units_1`, `units_2`, …
  public var values: SearchPoint

  public init(_ values: SearchPoint) { self.values = values }

  /// The values of the keys that are given; nil where none is.
  /// - Throws: `CardError`, also for a key that another one leaves without meaning.
  init?(_ fields: CardFields, _ keys: [NetworkKey], usualOptimizer: String = "nadam") throws {
    var values: SearchPoint = [:]
    for key in keys {
      guard let card = fields[key.rawValue].ifPresent else { continue }
      values[key.rawValue] = try key.value(card)
      guard let need = key.need else { continue }
      let usual = need.key == .optimizer ? usualOptimizer : NetworkKey.Schedule.constant.rawValue
      let word = try fields[need.key.rawValue].ifPresent?.string() ?? usual
      guard need.words.contains(word) else {
        throw card.error("goes with \(need.key.rawValue): \(need.words.joined(separator: ", ")), which is \(word) here")
      }
    }
    guard !values.isEmpty else { return nil }
    self.values = values
  }

  static func unitsKey(_ layer: Int) -> String { "\(NetworkKey.units.rawValue)_\(layer)" }

  subscript(key: NetworkKey) -> SearchValue? { values[key.rawValue] }

  func integer(_ name: String) -> Int? {
    if case .integer(let value)? = values[name] { value } else { nil }
  }

  func real(_ key: NetworkKey) -> Double? {
    switch self[key] {
    case .real(let value)?: value
    case .integer(let value)?: Double(value)
    default: nil
    }
  }

  func word(_ key: NetworkKey) -> String? {
    if case .text(let word)? = self[key] { word } else { nil }
  }
}

extension TrainingConfiguration {
  /// Sets what `settings` has; all else stays.
  mutating func apply(_ settings: NetworkSettings) {
    let layers = settings.integer(NetworkKey.hiddenLayers.rawValue) ?? hiddenUnits.count
    let units = settings.integer(NetworkKey.units.rawValue)
    hiddenUnits = (0..<layers).map { layer in
      settings.integer(NetworkSettings.unitsKey(layer + 1)) ?? units
        ?? hiddenUnits[min(layer, hiddenUnits.count - 1)]
    }
    activation = settings.word(.activation).flatMap { Activation(word: $0) } ?? activation
    initializer = settings.word(.initializer).flatMap { Initializer(rawValue: $0) } ?? initializer
    dropout = settings.real(.dropout) ?? dropout
    batchNormalization = settings.word(.batchNormalization).map { $0 == "true" } ?? batchNormalization
    learningRate = settings.real(.learningRate) ?? learningRate
    weightDecay = settings.real(.weightDecay) ?? weightDecay
    l1 = settings.real(.l1) ?? l1
    l2 = settings.real(.l2) ?? l2
    batchSize = settings.integer(NetworkKey.batch.rawValue) ?? batchSize
    if let norm = settings[.clipNorm] { clipping = norm == .none ? .none : .each(norm: settings.real(.clipNorm) ?? 1) }
    applyOptimizer(settings)
    applySchedule(settings)
  }

  private mutating func applyOptimizer(_ settings: NetworkSettings) {
    let momentum = settings.real(.momentum)
    switch settings.word(.optimizer) {
    case "nadam":
      if case .nadam = optimizer { break }
      optimizer = .nadam()
    case "adam": optimizer = .adam()
    case "adamw": optimizer = .adamW()
    case "sgd": optimizer = .sgd(momentum: momentum ?? 0.9)
    case "rmsprop": optimizer = .rmsprop(momentum: momentum ?? 0)
    case "adagrad": optimizer = .adagrad()
    default:
      guard let momentum else { break }
      switch optimizer {
      case .sgd(_, let nesterov): optimizer = .sgd(momentum: momentum, nesterov: nesterov)
      case .rmsprop(let decay, _, let epsilon):
        optimizer = .rmsprop(decay: decay, momentum: momentum, epsilon: epsilon)
      default: break
      }
    }
    if optimizer.momentum == nil { momentumRamp = nil }
  }

  private mutating func applySchedule(_ settings: NetworkSettings) {
    guard let kind = settings.word(.schedule).flatMap(NetworkKey.Schedule.init) else { return }
    let top = settings.real(.maximumLearningRate) ?? 10 * learningRate
    let half = settings.integer(NetworkKey.halfCycle.rawValue) ?? 2000
    let gamma = settings.real(.gamma)
    schedule =
      switch kind {
      case .constant: .constant
      case .exponential: .exponential(factor: gamma ?? 0.95, each: .epoch, minimum: 0)
      case .cosine: .cosine(epochs: epochs, minimum: 0)
      case .triangular: .cyclical(maximum: top, halfCycle: half, shape: .triangular)
      case .triangular2: .cyclical(maximum: top, halfCycle: half, shape: .triangular2)
      case .expRange: .cyclical(maximum: top, halfCycle: half, shape: .expRange(gamma: gamma ?? 0.99994))
      case .oneCycle: .oneCycle(maximum: top, warmUp: 0.3, startDivision: 25, endDivision: 1e4)
      }
  }
}
