import Columns
import Records

/// One number an event, for a network or a histogram.
public struct Feature: Hashable, Sendable {
  public var name: String
  public var expression: ColumnExpression
  /// For axes, in the figures' notation: `p_{T} of jet 1`.
  public var title: String
  /// `GeV`, `rad`, or empty.
  public var unit: String
  /// Stands where the object is missing; `nil` where every event has a value. Scalers leave placeholders out.
  public var placeholder: Double?

  public init(
    name: String, expression: ColumnExpression, title: String? = nil, unit: String = "", placeholder: Double? = nil
  ) {
    self.name = name
    self.expression = expression
    self.title = title ?? name
    self.unit = unit
    self.placeholder = placeholder
  }
}

/// An ordered list of features: the columns of a network's input.
public struct FeatureSet: Hashable, Sendable {
  public var features: [Feature]

  public init(features: [Feature]) { self.features = features }

  public var names: [String] { features.map(\.name) }

  /// The columns that are needed, each once.
  public var columns: [String] {
    var seen = Set<String>()
    return features.flatMap(\.expression.columns).filter { seen.insert($0).inserted }
  }

  /// The names of presets.
  public static let presets = ["tz-transfer"]

  /// A preset by name: `tz-transfer`, the 58 features of Romão, Castro and Pedro (Eur. Phys. J. C 81 (2021) 27): η, φ, p_T
  /// and mass of the five leading jets and large-radius jets, η, φ, p_T of the two leading electrons and muons, the four
  /// multiplicities, and the missing transverse momentum.
  public init?(preset: String) {
    guard preset == "tz-transfer", let features = try? Self.tzTransfer() else { return nil }
    self.features = features
  }

  private static func tzTransfer() throws -> [Feature] {
    var features = [Feature]()
    for (collection, name, words) in [("Jet", "Jet", "jet"), ("FatJet", "FatJet", "large-R jet")] {
      for number in 1...5 { features += try kinematics(collection, name, words, number, hasMass: true) }
    }
    for (collection, words) in [("Electron", "electron"), ("Muon", "muon")] {
      for number in 1...2 { features += try kinematics(collection, collection, words, number, hasMass: false) }
    }
    for (collection, words) in [
      ("Jet", "jets"), ("FatJet", "large-R jets"), ("Electron", "electrons"), ("Muon", "muons"),
    ] {
      features.append(
        Feature(
          name: "\(collection)_Multiplicity", expression: try ColumnExpression(parsing: "count(\(collection)_pt)"),
          title: "number of \(words)"))
    }
    features.append(
      Feature(
        name: "MissingET_MET", expression: try ColumnExpression(parsing: "MissingET_MET"), title: "E_{T}^{miss}",
        unit: "GeV"))
    features.append(
      Feature(
        name: "MissingET_Phi", expression: try ColumnExpression(parsing: "MissingET_phi"), title: "ϕ of E_{T}^{miss}",
        unit: "rad"))
    return features
  }

  private static func kinematics(
    _ collection: String, _ name: String, _ words: String, _ number: Int, hasMass: Bool
  ) throws -> [Feature] {
    let members = [
      ("Eta", "eta", "η", ""), ("Phi", "phi", "ϕ", "rad"), ("PT", "pt", "p_{T}", "GeV"), ("Mass", "mass", "m", "GeV"),
    ]
    return try members.prefix(hasMass ? 4 : 3).map { suffix, member, symbol, unit in
      Feature(
        name: "\(name)\(number)_\(suffix)",
        expression: try ColumnExpression(parsing: "\(collection)_\(member)[\(number - 1)]"),
        title: "\(symbol) of \(words) \(number)", unit: unit, placeholder: 0)
    }
  }

  /// The features of a table's events, row-major: `[events, features]`.
  /// - Throws: ``ExpressionError``; ``FeatureError`` for a value that is not finite.
  public func matrix(of table: Table) throws -> [Float] {
    var matrix = [Float](repeating: 0, count: table.rowCount * features.count)
    for (column, feature) in features.enumerated() {
      let values = try feature.expression.numbers(on: table)
      for row in values.indices {
        let value = Float(values[row])
        guard value.isFinite else { throw FeatureError(feature: feature.name, row: row, value: values[row]) }
        matrix[row * features.count + column] = value
      }
    }
    return matrix
  }
}

/// A feature that is no number for some event.
public struct FeatureError: Error, Hashable, Sendable, CustomStringConvertible {
  public var feature: String
  /// Position in the table that was given.
  public var row: Int
  public var value: Double
  public var description: String {
    "feature '\(feature)' is \(value) in row \(row); features must be finite: is a column damaged, or a logarithm of 0 taken?"
  }
}
