import Cards
import Foundation
import Learning

extension SearchCard {
  /// Reads and checks a card.
  /// - Throws: `FileError`, or a `CardError` that names the file, the line, what was found and what would have worked.
  public static func read(_ url: URL) throws -> SearchCard { try SearchCard(CardValue.read(url)) }

  init(_ card: CardValue) throws {
    let fields = try card.fields([
      "schema", "kind", "name", "title", "seed", "collision_energy", "luminosity", "generation", "samples", "selection",
      "features", "split", "network", "training", "classes", "fit", "figures", "tuning", "detectors", "anomaly",
    ])
    let schema = try fields["schema"].integer()
    guard schema == SearchCard.schemaVersion else {
      throw fields["schema"].error("schema \(schema) is unknown; this program reads \(SearchCard.schemaVersion)")
    }
    _ = try fields["kind"].ifPresent?.choice([CardKind.search.rawValue])
    name = try fields["name"].string()
    guard !name.isEmpty, !name.contains("/"), !name.hasPrefix(".") else {
      throw fields["name"].error("a name must do as the name of a folder")
    }
    title = try fields["title"].ifPresent?.string() ?? name
    seed = UInt64(try fields["seed"].integer(in: 0...))
    collisionEnergy = try fields["collision_energy"].quantity(["GeV": 1, "TeV": 1000], in: 1...)
    luminosity = try fields["luminosity"].quantity(["fb-1": 1, "pb-1": 1e-3], in: Double.leastNormalMagnitude...)
    generation = try fields["generation"].ifPresent.map(Generation.init)
    samples = try fields["samples"].entries().map { try Sample(name: $0.key, $0.value) }
    selection = try SelectionRules(fields["selection"])
    features = try Features(fields["features"])
    guard !features.expressions.isEmpty else {
      throw fields["features"].error("a network needs features: name a preset or map names to expressions")
    }
    split = try fields["split"].ifPresent.map(Split.init) ?? Split()
    network = try fields["network"].ifPresent.map(Network.init) ?? Network()
    training = try fields["training"].ifPresent.map(Training.init) ?? Training()
    if network.tuned != nil, !fields["training"].isMissing {
      throw fields["training"].error("network.from says how the network is trained; remove one of them")
    }
    let all = samples
    classes = try fields["classes"].ifPresent.map { try Classes($0, samples: all) }
    fit = try fields["fit"].ifPresent.map(Fit.init) ?? Fit()
    figures = try fields["figures"].ifPresent.map(FigureChoices.init) ?? FigureChoices()
    tuning = try fields["tuning"].ifPresent.map { try Tuning($0) }
    detectors = try Detector.list(fields["detectors"])
    anomaly = try fields["anomaly"].ifPresent.map(AnomalyStudy.init) ?? AnomalyStudy()
    guard !backgrounds.isEmpty, !signals.isEmpty else {
      throw fields["samples"].error("a search needs at least one background and one signal")
    }
    for sample in samples
    where sample.name.contains("/") || sample.name.hasPrefix(".") || sample.name == fit.baseline.name {
      throw fields["samples"].error(
        "'\(sample.name)' cannot name a sample: names do as names of files and differ from the baseline's, '\(fit.baseline.name)'"
      )
    }
    for name in fit.uncertainties.normalisation.keys.sorted() where !backgrounds.contains(where: { $0.name == name }) {
      throw fields["fit"].error(
        "uncertainties.normalisation: no background '\(name)'; there are \(backgrounds.map(\.name).joined(separator: ", "))"
      )
    }
    try checkDetectors(fields)
  }
}

extension SearchCard.Generation {
  init(_ value: CardValue) throws {
    let fields = try value.fields(["detector"])
    detector = try fields["detector"].string()
  }
}

extension SearchCard.Sample {
  init(name: String, _ value: CardValue) throws {
    let fields = try value.fields([
      "role", "title", "events", "generate", "group", "mass", "cross_section", "reference",
      "branching_ratio_at_unit_mu", "files", "schema", "tree", "friends", "weight_factor", "generated",
    ])
    self.name = name
    role = try fields["role"].choice(Role.self)
    title = try fields["title"].ifPresent?.string() ?? name
    events = try fields["events"].ifPresent?.string()
    files = try SearchCard.Files(fields)
    guard (events == nil) != (files == nil) else {
      throw value.error(
        events == nil
          ? "a sample needs 'events' (the HDF5 file of 'searchlight generate') or 'files' (ROOT files) with a 'schema'"
          : "'events' and 'files' exclude each other: a sample's events come from one of them")
    }
    processes = try fields["generate"].ifPresent?.list().map(SearchCard.Process.init) ?? []
    if files != nil, !processes.isEmpty {
      throw fields["generate"].error("a sample of 'files' is not generated; write 'events' to make one")
    }
    group = try fields["group"].ifPresent?.string() ?? ""
    mass = try fields["mass"].ifPresent?.quantity(["GeV": 1, "TeV": 1000], in: 0...)
    crossSection = try fields["cross_section"].ifPresent?
      .quantity(["pb": 1, "fb": 1e-3], in: Double.leastNormalMagnitude...)
    reference = try fields["reference"].ifPresent?.string() ?? ""
    branchingRatioAtUnitMu = try fields["branching_ratio_at_unit_mu"].ifPresent?
      .double(in: Double.leastNormalMagnitude...1)
  }
}

extension SearchCard.Process {
  init(_ value: CardValue) throws {
    let keys = try value.entries().map(\.key)
    if let format = [SearchCard.GeneratedFiles.Format.lhe, .hepmc].first(where: { keys.contains($0.rawValue) }) {
      files = try SearchCard.GeneratedFiles(format, value)
      card = ""
      blocks = []
      return
    }
    let fields = try value.fields(["process", "blocks"])
    card = try fields["process"].string()
    blocks = try fields["blocks"].list().map { try $0.integer(in: 1...) }
  }
}

extension SearchCard.NamedExpression {
  static func list(_ value: CardValue) throws -> [SearchCard.NamedExpression] {
    try value.ifPresent?.entries().map {
      SearchCard.NamedExpression(name: $0.key, expression: try $0.value.string(), line: $0.value.line)
    } ?? []
  }
}

extension SearchCard.SelectionRules {
  init(_ value: CardValue) throws {
    let fields = try value.fields(["objects", "define", "cuts"])
    objects = try SearchCard.NamedExpression.list(fields["objects"])
    definitions = try SearchCard.NamedExpression.list(fields["define"])
    cuts = try SearchCard.NamedExpression.list(fields["cuts"])
  }
}

extension SearchCard.Features {
  init(_ value: CardValue) throws {
    if let name = try? value.string() {
      self = .preset(name)
    } else {
      self = .expressions(try SearchCard.NamedExpression.list(value))
    }
  }
}

extension SearchCard.Split {
  init(_ value: CardValue) throws {
    let fields = try value.fields(["train", "validation", "key"])
    train = try fields["train"].ifPresent?.double(in: 0...1) ?? train
    validation = try fields["validation"].ifPresent?.double(in: 0...1) ?? validation
    key = try fields["key"].ifPresent?.integer() ?? key
    guard train > 0, validation > 0, train + validation < 1 else {
      throw value.error(
        "train \(train) and validation \(validation) must be positive and leave events for limits (sum below 1)")
    }
  }
}

extension SearchCard.Network {
  private static let more: [NetworkKey] = [.activation, .initializer, .batchNormalization]

  init(_ value: CardValue) throws {
    let fields = try value.fields(["from", "hidden_layers", "units", "dropout"] + Self.more.map(\.rawValue))
    if let store = fields["from"].ifPresent {
      if let other = try value.entries().first(where: { $0.key != "from" }) {
        throw other.value.error("network.from says what the network is; remove one of them")
      }
      tuned = try TrainingConfiguration(bestTrialOf: store)
      return
    }
    settings = try NetworkSettings(fields, Self.more)
    dropout = try fields["dropout"].ifPresent?.double(in: 0...0.9) ?? dropout
    if let layers = try? fields["units"].list() {
      try read(layers, fields)
      return
    }
    hiddenLayers = try fields["hidden_layers"].ifPresent?.integer(in: 1...20) ?? hiddenLayers
    units = try fields["units"].ifPresent?.integer(in: 1...65536) ?? units
  }

  /// `units: [256, 128]`: the list says how many layers there are.
  private mutating func read(_ layers: [CardValue], _ fields: CardFields) throws {
    let counts = try layers.map { try $0.integer(in: 1...65536) }
    guard (1...20).contains(counts.count) else { throw fields["units"].mismatch("1 to 20 numbers") }
    hiddenLayers = try fields["hidden_layers"].ifPresent?.integer(in: counts.count...counts.count) ?? counts.count
    units = counts[0]
    var values = settings?.values ?? [:]
    for (layer, count) in counts.enumerated() { values[NetworkSettings.unitsKey(layer + 1)] = .integer(count) }
    settings = NetworkSettings(values)
  }
}

extension SearchCard.Training {
  private static let more: [NetworkKey] = [
    .optimizer, .momentum, .schedule, .maximumLearningRate, .gamma, .halfCycle, .weightDecay, .clipNorm, .l1, .l2,
  ]

  init(_ value: CardValue) throws {
    let fields = try value.fields(
      ["learning_rate", "momentum_decay", "epsilon", "max_epochs", "patience", "batch", "class_balance"]
        + Self.more.map(\.rawValue))
    let positive = Double.leastNormalMagnitude...
    learningRate = try fields["learning_rate"].ifPresent?.double(in: positive) ?? learningRate
    momentumDecay = try fields["momentum_decay"].ifPresent?.double(in: 0...) ?? momentumDecay
    epsilon = try fields["epsilon"].ifPresent?.double(in: positive) ?? epsilon
    maxEpochs = try fields["max_epochs"].ifPresent?.integer(in: 1...) ?? maxEpochs
    patience = try fields["patience"].ifPresent?.integer(in: 1...) ?? patience
    batch = try fields["batch"].ifPresent?.integer(in: 1...) ?? batch
    balance = try fields["class_balance"].ifPresent?.choice(SearchCard.ClassBalance.self) ?? balance
    settings = try NetworkSettings(fields, Self.more)
  }
}

extension SearchCard.Fit {
  init(_ value: CardValue) throws {
    let fields = try value.fields([
      "confidence_level", "bins", "minimum_background", "minimum_effective", "baseline", "uncertainties",
    ])
    let positive = Double.leastNormalMagnitude...
    confidenceLevel = try fields["confidence_level"].ifPresent?.double(in: 0.5...0.9999) ?? confidenceLevel
    bins = try fields["bins"].ifPresent?.integer(in: 1...200) ?? bins
    minimumBackground = try fields["minimum_background"].ifPresent?.double(in: positive) ?? minimumBackground
    minimumEffective = try fields["minimum_effective"].ifPresent?.double(in: positive) ?? minimumEffective
    baseline = try fields["baseline"].ifPresent.map(SearchCard.Baseline.init) ?? baseline
    uncertainties = try fields["uncertainties"].ifPresent.map(SearchCard.Uncertainties.init) ?? uncertainties
  }
}

extension SearchCard.Baseline {
  init(_ value: CardValue) throws {
    let fields = try value.fields(["name", "observable", "title", "unit"])
    name = try fields["name"].ifPresent?.string() ?? name
    observable = try fields["observable"].ifPresent?.string() ?? observable
    title = try fields["title"].ifPresent?.string() ?? title
    unit = try fields["unit"].ifPresent?.string() ?? unit
  }
}

extension SearchCard.Uncertainties {
  init(_ value: CardValue) throws {
    let fields = try value.fields(["luminosity", "normalisation"])
    luminosity = try fields["luminosity"].ifPresent?.double(in: 0...1) ?? luminosity
    for (name, size) in try fields["normalisation"].ifPresent?.entries() ?? [] {
      normalisation[name] = try size.double(in: 0...1)
    }
  }
}

extension SearchCard.FigureChoices {
  init(_ value: CardValue) throws {
    let fields = try value.fields(["key_features"])
    keyFeatures = try fields["key_features"].ifPresent?.list().map { try $0.string() } ?? []
  }
}
