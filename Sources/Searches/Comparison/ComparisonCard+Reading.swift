import Cards
import DecisionTrees
import Foundation
import Learning
import NeuralNetworks

extension ComparisonCard {
  /// Reads and checks a card.
  /// - Throws: `FileError`, or a `CardError` that names the file, the line, what was found and what would have worked.
  public static func read(_ url: URL) throws -> ComparisonCard { try ComparisonCard(CardValue.read(url)) }

  init(_ card: CardValue) throws {
    let fields = try card.fields([
      "schema", "kind", "name", "title", "seed", "table", "inputs", "models", "repeats", "discovery", "figures",
      "tuning",
    ])
    let head = try CardHead(fields, kind: .comparison, schema: ComparisonCard.schemaVersion)
    (name, title, seed) = (head.name, head.title, head.seed)
    let source = try Source(fields["table"])
    table = source
    inputs = try fields["inputs"].entries().map { try Inputs(name: $0.key, $0.value, source.layout) }
    models = try fields["models"].entries().map { try Model(name: $0.key, $0.value) }
    guard !inputs.isEmpty else { throw fields["inputs"].error("models need inputs: map a name to groups of columns") }
    guard !models.isEmpty else { throw fields["models"].error("there is nothing to compare: map a name to a model") }
    for name in inputs.map(\.name) + models.map(\.name) where name.contains("/") || name.hasPrefix(".") {
      throw card.error("'\(name)' cannot name inputs or a model: names do as names of files")
    }
    repeats = try fields["repeats"].ifPresent?.integer(in: 1...100) ?? 5
    discovery = try fields["discovery"].ifPresent.map(Discovery.init) ?? Discovery()
    figures = try Figures(fields["figures"], source.layout)
    let networks = models.filter { $0.method.network != nil }.map(\.name)
    tuning = try fields["tuning"].ifPresent.map { [inputs] in
      try Tuning($0, comparison: (networks, inputs.map(\.name)))
    }
  }
}

extension ComparisonCard.Source {
  init(_ value: CardValue) throws {
    let fields = try value.fields(["file", "tree", "layout", "rows", "test", "validation", "key"])
    file = try fields["file"].string()
    tree = try fields["tree"].ifPresent?.string()
    layout = try ComparisonLayout(fields["layout"])
    rows = try fields["rows"].ifPresent?.integer(in: 1...)
    test = try fields["test"].ifPresent.map(ComparisonCard.Test.init) ?? .fraction(0.2)
    validation = try fields["validation"].ifPresent?.double(in: 1e-6...0.99) ?? 0.1
    key = try fields["key"].ifPresent?.integer() ?? 0
  }
}

extension ComparisonCard.Test {
  init(_ value: CardValue) throws {
    let fields = try value.fields(["last", "fraction"])
    guard fields["last"].isMissing != fields["fraction"].isMissing else {
      throw value.error("name one of last (a number of rows) and fraction")
    }
    self =
      try fields["last"].ifPresent.map { .last(try $0.integer(in: 1...)) }
      ?? .fraction(try fields["fraction"].double(in: 1e-6...0.99))
  }
}

extension ComparisonLayout {
  init(_ value: CardValue) throws {
    if let word = try? value.string() {
      let names = ComparisonLayout.known.keys.sorted()
      guard let known = ComparisonLayout.known[try value.choice(names)] else {
        throw value.mismatch("one of \(names.joined(separator: ", ")), got \(word)")
      }
      self = known
      return
    }
    let fields = try value.fields(["label", "groups"])
    label = try fields["label"].string()
    groups = try fields["groups"].entries().map {
      Group(name: $0.key, columns: try $0.value.list().map { try $0.string() })
    }
    var seen: Set<String> = [label]
    for column in features where !seen.insert(column).inserted {
      throw fields["groups"].error("the column '\(column)' stands twice")
    }
    guard !features.isEmpty else { throw fields["groups"].error("there are no columns to learn from") }
  }
}

extension ComparisonCard.Inputs {
  init(name: String, _ value: CardValue, _ layout: ComparisonLayout) throws {
    self.name = name
    groups = try value.list().map { try $0.choice(layout.groups.map(\.name)) }
    guard !groups.isEmpty, Set(groups).count == groups.count else {
      throw value.error(
        "expected groups of the layout, each once: \(layout.groups.map(\.name).joined(separator: ", "))")
    }
  }
}

extension ComparisonCard.Discovery {
  init(_ value: CardValue) throws {
    let fields = try value.fields(["signal", "background", "uncertainty"])
    let positive = Double.leastNormalMagnitude...
    signal = try fields["signal"].ifPresent?.double(in: positive) ?? signal
    background = try fields["background"].ifPresent?.double(in: positive) ?? background
    uncertainty = try fields["uncertainty"].ifPresent?.double(in: 0...) ?? uncertainty
  }
}

extension ComparisonCard.Figures {
  init(_ value: CardValue, _ layout: ComparisonLayout) throws {
    let known = layout.features
    let given = try value.ifPresent?.fields(["features"])["features"].ifPresent?.entries()
    features =
      try given?.map { entry in
        ComparisonCard.FeaturePage(title: entry.key, columns: try entry.value.list().map { try $0.choice(known) })
      }
      ?? layout.groups.map { ComparisonCard.FeaturePage(title: $0.name, columns: Array($0.columns.prefix(6))) }
  }
}

extension ComparisonCard.Model {
  init(name: String, _ value: CardValue) throws {
    let kinds = ["network", "trees"]
    let kind = try value.entries().first { $0.key == "kind" }?.value.choice(kinds)
    guard let kind else { throw value.error("needs a kind: \(kinds.joined(separator: ", "))") }
    let fields = try value.fields(["kind", "title"] + (kind == "network" ? NetworkKeys.all : TreeKeys.all))
    self.name = name
    title = try fields["title"].ifPresent?.string() ?? name
    method =
      kind == "network" ? .network(try NetworkKeys.configuration(fields)) : .trees(try TreeKeys.configuration(fields))
  }
}

/// The keys of boosted trees in a comparison.
enum TreeKeys {
  static let all = [
    "trees", "maximum_depth", "learning_rate", "minimum_child_weight", "row_fraction", "column_fraction", "l2",
    "patience", "threads",
  ]

  static func configuration(_ fields: CardFields) throws -> TreeConfiguration {
    let fraction = 1e-6...1.0
    return TreeConfiguration(
      trees: try fields["trees"].ifPresent?.integer(in: 1...100_000) ?? 500,
      maximumDepth: try fields["maximum_depth"].ifPresent?.integer(in: 1...64) ?? 6,
      learningRate: try fields["learning_rate"].ifPresent?.double(in: fraction) ?? 0.1,
      minimumChildWeight: try fields["minimum_child_weight"].ifPresent?.double(in: 0...) ?? 1,
      l2: try fields["l2"].ifPresent?.double(in: 0...) ?? 1,
      rowFraction: try fields["row_fraction"].ifPresent?.double(in: fraction) ?? 1,
      treeColumnFraction: try fields["column_fraction"].ifPresent?.double(in: fraction) ?? 1,
      patience: try fields["patience"].ifPresent?.integer(in: 0...) ?? 20,
      threads: try fields["threads"].ifPresent?.integer(in: 1...1024) ?? 2)
  }
}

/// The keys of a network in a comparison.
enum NetworkKeys {
  static let all =
    [
      "recipe", "hidden", "dropout_layers", "max_epochs", "patience",
    ] + keys.map(\.rawValue)

  /// The keys that networks of all cards have.
  static let keys = NetworkKey.allCases.filter { $0 != .hiddenLayers && $0 != .units }

  /// Where the other keys start from.
  enum Recipe: String, CaseIterable {
    /// SELU, Nadam, early stopping: the program's own.
    case standard
    /// As Baldi, Sadowski and Whiteson trained: tanh, weights from narrow normal distributions, gradient descent with momentum
    /// from 0.9 to 0.99 over 200 epochs, a step size from 0.05 that falls a little with each batch of 100, weight decay of
    /// 1e-5, the end after 10 epochs without an improvement by 1e-5.
    case baldi
  }

  static func configuration(_ fields: CardFields) throws -> TrainingConfiguration {
    let recipe = try fields["recipe"].ifPresent?.choice(Recipe.self) ?? .standard
    var configuration = recipe == .baldi ? baldi : standard
    configuration.hiddenUnits = try fields["hidden"].list().map { try $0.integer(in: 1...65536) }
    configuration.droppedLayers =
      try fields["dropout_layers"].ifPresent?.integer(in: 1...) ?? configuration.droppedLayers
    configuration.epochs = try fields["max_epochs"].ifPresent?.integer(in: 1...) ?? configuration.epochs
    configuration.patience = try fields["patience"].ifPresent?.integer(in: 1...) ?? configuration.patience
    // The recipe's optimiser counts where the card names none.
    let usual = if case .sgd = configuration.optimizer { "sgd" } else { "nadam" }
    if let settings = try NetworkSettings(fields, keys, usualOptimizer: usual) { configuration.apply(settings) }
    return configuration
  }

  private static var standard: TrainingConfiguration {
    var configuration = TrainingConfiguration()
    configuration.classBalance = .asWeighted
    configuration.dropout = 0
    return configuration
  }

  private static var baldi: TrainingConfiguration {
    var configuration = TrainingConfiguration()
    configuration.classBalance = .asWeighted
    configuration.activation = .tanh
    configuration.firstInitializer = .randomNormal(width: 0.1)
    configuration.initializer = .randomNormal(width: 0.05)
    configuration.outputInitializer = .randomNormal(width: 0.001)
    configuration.dropout = 0
    configuration.batchSize = 100
    configuration.learningRate = 0.05
    configuration.schedule = .exponential(factor: 1 / 1.0000002, each: .batch, minimum: 1e-6)
    configuration.optimizer = .sgd(momentum: 0.9)
    configuration.momentumRamp = MomentumRamp(final: 0.99, epochs: 200)
    configuration.weightDecay = 1e-5
    configuration.patience = 10
    configuration.relativeImprovement = 1e-5
    return configuration
  }
}

/// What cards of all kinds but searches begin with.
struct CardHead {
  var name, title: String
  var seed: UInt64

  init(_ fields: CardFields, kind: CardKind, schema known: Int) throws {
    let schema = try fields["schema"].integer()
    guard schema == known else {
      throw fields["schema"].error("schema \(schema) is unknown; this program reads \(known)")
    }
    _ = try fields["kind"].choice([kind.rawValue])
    name = try fields["name"].string()
    guard !name.isEmpty, !name.contains("/"), !name.hasPrefix(".") else {
      throw fields["name"].error("a name must do as the name of a folder")
    }
    title = try fields["title"].ifPresent?.string() ?? name
    seed = UInt64(try fields["seed"].integer(in: 0...))
  }
}

/// What `searchlight run` makes of a card.
public enum CardKind: String, Hashable, Codable, Sendable, CaseIterable {
  /// A search: samples, networks, limits. Cards without a `kind` are of this one.
  case search
  /// Classifiers on one table; see ``ComparisonCard``.
  case comparison
  /// Parametrised networks against others; see ``ParametrizedCard``.
  case parametrised

  /// The kind of a card file.
  /// - Throws: `FileError`, `CardError`.
  public static func of(_ url: URL) throws -> CardKind {
    let entries = try CardValue.read(url).entries()
    return try entries.first { $0.key == "kind" }?.value.choice(CardKind.self) ?? .search
  }
}
