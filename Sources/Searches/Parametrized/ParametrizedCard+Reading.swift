import Cards
import Foundation
import Learning

extension ParametrizedCard {
  /// Reads and checks a card.
  /// - Throws: `FileError`, or a `CardError` that names the file, the line, what was found and what would have worked.
  public static func read(_ url: URL) throws -> ParametrizedCard { try ParametrizedCard(CardValue.read(url)) }

  init(_ card: CardValue) throws {
    let fields = try card.fields([
      "schema", "kind", "name", "title", "seed", "table", "toy", "parameter", "inputs", "network", "models", "repeats",
      "figures",
    ])
    let head = try CardHead(fields, kind: .parametrised, schema: Self.schemaVersion)
    (name, title, seed) = (head.name, head.title, head.seed)
    guard fields["table"].isMissing != fields["toy"].isMissing else {
      throw card.error("name one of table (a file of events) and toy (events that the run makes)")
    }
    if let toy = fields["toy"].ifPresent {
      events = .toy(try GaussianToy(toy))
    } else {
      events = .table(try ComparisonCard.Source(fields["table"]))
    }
    let layout =
      switch events {
      case .table(let source): source.layout
      case .toy: GaussianToy.layout
      }
    parameter = try Parameter(fields["parameter"], layout, events)
    let groups = layout.groups.map(\.name)
    inputs = try fields["inputs"].ifPresent?.list().map { try $0.choice(groups) } ?? groups
    guard !inputs.isEmpty, Set(inputs).count == inputs.count else {
      throw fields["inputs"].error("expected groups of the layout, each once: \(groups.joined(separator: ", "))")
    }
    network = try NetworkKeys.configuration(fields["network"].fields(NetworkKeys.all))
    network.classBalance = .equal
    models = try fields["models"].entries().map { try Model(name: $0.key, $0.value) }
    guard !models.isEmpty else { throw fields["models"].error("there is nothing to compare: map a name to a model") }
    repeats = try fields["repeats"].ifPresent?.integer(in: 1...100) ?? 3
    figures = try fields["figures"].ifPresent.map { try Figures($0, layout) } ?? Figures()
  }
}

extension CardValue {
  /// Distinct points of a parameter in ascending order.
  fileprivate func points() throws -> [Float] {
    let points = try list().map { Float(try $0.double()) }.sorted()
    guard !points.isEmpty, Set(points).count == points.count else { throw error("expected numbers, each once") }
    return points
  }
}

extension GaussianToy {
  init(_ value: CardValue) throws {
    let fields = try value.fields(["points", "width", "range", "signal", "background"])
    points = try fields["points"].points()
    width = try fields["width"].ifPresent?.double(in: Double.leastNormalMagnitude...) ?? width
    range = try fields["range"].ifPresent?.list().map { try $0.double() } ?? range
    guard range.count == 2, range[0] < range[1] else {
      throw fields["range"].error("expected two numbers, the lower one first")
    }
    signal = try fields["signal"].ifPresent?.integer(in: 10...) ?? signal
    background = try fields["background"].ifPresent?.integer(in: 10...) ?? background
  }
}

extension ParametrizedCard.Parameter {
  init(_ value: CardValue, _ layout: ComparisonLayout, _ events: ParametrizedCard.Events) throws {
    let fields = try value.ifPresent?.fields(["column", "title", "unit", "train"])
    if case .toy = events {
      guard fields?["column"].isMissing ?? true else { throw value.error("a toy's parameter is in the column theta") }
      column = "theta"
    } else {
      column = try fields?["column"].ifPresent?.string() ?? "mass"
    }
    guard column != layout.label, !layout.features.contains(column) else {
      throw value.error("the column '\(column)' is the label or a feature; θ needs a column of its own")
    }
    title = try fields?["title"].ifPresent?.string() ?? column.replacing("_", with: "\\_")
    unit = try fields?["unit"].ifPresent?.string()
    train = try fields?["train"].ifPresent?.points()
  }
}

extension ParametrizedCard.Model {
  init(name: String, _ value: CardValue) throws {
    let fields = try value.fields(["title", "trained_on", "sees_parameter"])
    self.name = name
    title = try fields["title"].ifPresent?.string() ?? name
    let points = fields["trained_on"]
    if let word = try? points.string() {
      switch try points.choice(["all", "others", "tested"]) {
      case "all": training = .all
      case "others": training = .others
      case "tested": training = .tested
      default: throw points.mismatch("all, others or tested, got \(word)")
      }
    } else {
      guard !points.isMissing, (try? points.list()) != nil else {
        throw points.mismatch("all, others, tested or a list of points")
      }
      training = .only(try points.points())
    }
    seesParameter = try fields["sees_parameter"].ifPresent?.bool() ?? false
  }
}

extension ParametrizedCard.Figures {
  init(_ value: CardValue, _ layout: ComparisonLayout) throws {
    let fields = try value.fields(["roc", "shapes"])
    roc = try fields["roc"].ifPresent?.points() ?? []
    shapes = try fields["shapes"].ifPresent?.list().map { try $0.choice(layout.features) } ?? []
  }
}
