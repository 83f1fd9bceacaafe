import AnomalyDetection
import Cards
import Learning
import Records

/// How a detector of a card learns: a kind with its settings. Seeds come from the card's.
public enum DetectorMethod: Hashable, Codable, Sendable {
  case autoEncoder(AutoEncoder.Configuration)
  case deepSVDD(DeepSVDD.Configuration)
  case variational(VariationalAutoEncoder.Configuration)
  case isolationForest(IsolationForest.Configuration)
  case histogram(HistogramScore.Configuration)
  case neighbours(NearestNeighbours.Configuration)

  /// Whether fitting it asks a network for answers: Deep SVDD's centre is made of them.
  var fitsByAnswers: Bool { if case .deepSVDD = self { true } else { false } }

  /// `kind` in cards.
  enum Kind: String, CaseIterable {
    case autoEncoder = "auto_encoder"
    case deepSVDD = "deep_svdd"
    case variational
    case isolationForest = "isolation_forest"
    case histogram, neighbours
  }

  /// Whether it is a network.
  var isDeep: Bool {
    switch self {
    case .autoEncoder, .deepSVDD, .variational: true
    case .isolationForest, .histogram, .neighbours: false
    }
  }

  var kind: Kind {
    switch self {
    case .autoEncoder: .autoEncoder
    case .deepSVDD: .deepSVDD
    case .variational: .variational
    case .isolationForest: .isolationForest
    case .histogram: .histogram
    case .neighbours: .neighbours
    }
  }
}

extension DetectorMethod {
  /// Reads the keys that belong to a kind; `common` are those that every kind has.
  init(_ kind: Kind, _ value: CardValue, common: [String]) throws {
    switch kind {
    case .autoEncoder: self = .autoEncoder(try Self.autoEncoder(value, common))
    case .deepSVDD: self = .deepSVDD(try Self.deepSVDD(value, common))
    case .variational: self = .variational(try Self.variational(value, common))
    case .isolationForest: self = .isolationForest(try Self.isolationForest(value, common))
    case .histogram: self = .histogram(try Self.histogram(value, common))
    case .neighbours: self = .neighbours(try Self.neighbours(value, common))
    }
  }

  private static func isolationForest(_ value: CardValue, _ common: [String]) throws -> IsolationForest.Configuration {
    let fields = try value.fields(common + ["trees", "subsample"])
    var configuration = IsolationForest.Configuration()
    configuration.trees = try fields["trees"].ifPresent?.integer(in: 1...100_000) ?? configuration.trees
    configuration.subsample = try fields["subsample"].ifPresent?.integer(in: 2...1_000_000) ?? configuration.subsample
    return configuration
  }

  private static func histogram(_ value: CardValue, _ common: [String]) throws -> HistogramScore.Configuration {
    let fields = try value.fields(common + ["bins", "regularisation", "tolerance"])
    var configuration = HistogramScore.Configuration()
    if let bins = fields["bins"].ifPresent {
      configuration.bins = (try? bins.string()) == "auto" ? .automatic : .fixed(try bins.integer(in: 2...100_000))
    }
    configuration.regularisation =
      try fields["regularisation"].ifPresent?.double(in: Double.leastNormalMagnitude...)
      ?? configuration.regularisation
    configuration.tolerance = try fields["tolerance"].ifPresent?.double(in: 0...1) ?? configuration.tolerance
    return configuration
  }

  private static func neighbours(_ value: CardValue, _ common: [String]) throws -> NearestNeighbours.Configuration {
    let fields = try value.fields(common + ["neighbours", "reference"])
    var configuration = NearestNeighbours.Configuration()
    configuration.neighbours = try fields["neighbours"].ifPresent?.integer(in: 1...) ?? configuration.neighbours
    configuration.reference =
      try fields["reference"].ifPresent?.integer(in: configuration.neighbours...) ?? configuration.reference
    return configuration
  }

  private static func autoEncoder(_ value: CardValue, _ common: [String]) throws -> AutoEncoder.Configuration {
    let fields = try value.fields(common + DeepNetworkConfiguration.keys + ["decorrelate"])
    var configuration = AutoEncoder.Configuration()
    try configuration.network.read(fields)
    configuration.decorrelation = try strength(fields["decorrelate"])
    return configuration
  }

  private static func deepSVDD(_ value: CardValue, _ common: [String]) throws -> DeepSVDD.Configuration {
    let fields = try value.fields(
      common + DeepNetworkConfiguration.keys + ["decorrelate", "objective", "nu", "warm_up_epochs"])
    var configuration = DeepSVDD.Configuration()
    try configuration.network.read(fields)
    configuration.decorrelation = try strength(fields["decorrelate"])
    if try fields["objective"].ifPresent?.choice(["one_class", "soft_boundary"]) == "soft_boundary" {
      configuration.objective = .softBoundary(
        nu: try fields["nu"].ifPresent?.double(in: Double.leastNormalMagnitude...1) ?? 0.1,
        warmUpEpochs: try fields["warm_up_epochs"].ifPresent?.integer(in: 0...) ?? 10)
    } else if let key = [fields["nu"], fields["warm_up_epochs"]].first(where: { !$0.isMissing }) {
      throw key.error("belongs to 'objective: soft_boundary'")
    }
    return configuration
  }

  private static func variational(
    _ value: CardValue, _ common: [String]
  ) throws -> VariationalAutoEncoder.Configuration {
    let fields = try value.fields(common + DeepNetworkConfiguration.keys + ["beta", "score"])
    var configuration = VariationalAutoEncoder.Configuration()
    try configuration.network.read(fields)
    configuration.beta = try fields["beta"].ifPresent?.double(in: 0...) ?? configuration.beta
    configuration.score =
      try fields["score"].ifPresent?.choice(VariationalAutoEncoder.Score.self) ?? configuration.score
    return configuration
  }

  private static func strength(_ value: CardValue) throws -> Double {
    try value.ifPresent?.fields(["from", "strength"])["strength"].double(in: Double.leastNormalMagnitude...) ?? 0
  }
}

extension DeepNetworkConfiguration {
  /// What cards say of a deep detector's network and descent.
  static let keys = [
    "preset", "layers", "units", "latent", "initial_lr", "max_lr", "gamma", "gamma_period", "half_cycle_epochs",
    "weight_decay", "clipnorm", "max_epochs", "batch", "patience",
  ]

  /// Takes the keys that are there; the others stay, which are the paper's.
  mutating func read(_ fields: CardFields) throws {
    _ = try fields["preset"].ifPresent?.choice(["paper"])
    let positive = Double.leastNormalMagnitude...
    layers = try fields["layers"].ifPresent?.integer(in: 1...64) ?? layers
    units = try fields["units"].ifPresent?.integer(in: 1...65536) ?? units
    latent = try fields["latent"].ifPresent?.integer(in: 1...65536) ?? latent
    initialLearningRate = try fields["initial_lr"].ifPresent?.double(in: positive) ?? initialLearningRate
    maximumLearningRate = try fields["max_lr"].ifPresent?.double(in: positive) ?? maximumLearningRate
    gamma = try fields["gamma"].ifPresent?.double(in: Double.leastNormalMagnitude...1) ?? gamma
    gammaPeriod = try fields["gamma_period"].ifPresent?.choice(GammaPeriod.self) ?? gammaPeriod
    halfCycleEpochs = try fields["half_cycle_epochs"].ifPresent?.double(in: positive) ?? halfCycleEpochs
    weightDecay = try fields["weight_decay"].ifPresent?.double(in: 0...) ?? weightDecay
    if let norm = fields["clipnorm"].ifPresent {
      clipNorm = (try? norm.string()) == "none" ? nil : try norm.double(in: positive)
    }
    epochs = try fields["max_epochs"].ifPresent?.integer(in: 1...) ?? epochs
    batchSize = try fields["batch"].ifPresent?.integer(in: 1...) ?? batchSize
    patience = try fields["patience"].ifPresent?.integer(in: 1...) ?? patience
  }
}
