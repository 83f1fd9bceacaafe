import Cards
import Columns
import EventSelection
import Foundation
import Records

extension SearchCard {
  /// The card's selection, parsed and, where a table is given, checked against its columns.
  /// - Parameter schema: a table (of no rows, perhaps) with the sample's columns.
  /// - Throws: `CardError` that names the line and points into the expression.
  public func compiledSelection(file: String, schema: Table? = nil) throws -> Selection {
    func wrap<Value>(_ entry: NamedExpression, _ section: String, _ body: () throws -> Value) throws -> Value {
      do { return try body() } catch let error as ExpressionError {
        throw CardError(
          file: file, line: entry.line, path: "selection.\(section).\(entry.name)", message: error.description)
      }
    }
    func parsed(_ entries: [NamedExpression], _ section: String) throws -> [EventSelection.NamedExpression] {
      try entries.map { entry in
        try wrap(entry, section) {
          .init(name: entry.name, expression: try ColumnExpression(parsing: entry.expression))
        }
      }
    }
    let compiled = Selection(
      objects: try selection.objects.map { entry in
        try wrap(entry, "objects") { try ObjectDefinition(name: entry.name, parsing: entry.expression) }
      },
      definitions: try parsed(selection.definitions, "define"), cuts: try parsed(selection.cuts, "cuts"))
    if let schema {
      var table = schema
      for (entry, object) in zip(selection.objects, compiled.objects) {
        try wrap(entry, "objects") { table = try Selection(objects: [object]).derived(from: table) }
      }
      for (entry, definition) in zip(selection.definitions, compiled.definitions) {
        try wrap(entry, "define") { table = try Selection(definitions: [definition]).derived(from: table) }
      }
      for (entry, cut) in zip(selection.cuts, compiled.cuts) {
        try wrap(entry, "cuts") { _ = try cut.expression.mask(on: table) }
      }
    }
    return compiled
  }

  /// The card's features, with the baseline's observable checked as well.
  /// - Throws: `CardError`.
  public func compiledFeatures(file: String, schema: Table? = nil) throws -> FeatureSet {
    let set: FeatureSet
    switch features {
    case .preset(let name):
      guard let preset = FeatureSet(preset: name) else {
        throw CardError(
          file: file, line: 1, path: "features",
          message: "no preset '\(name)'; there are \(FeatureSet.presets.joined(separator: ", ")), "
            + "or write a mapping of names to expressions")
      }
      set = preset
    case .expressions(let entries):
      set = FeatureSet(
        features: try entries.map { entry in
          do {
            let expression = try ColumnExpression(parsing: entry.expression)
            if let schema { _ = try expression.numbers(on: schema) }
            return Feature(name: entry.name, expression: expression)
          } catch let error as ExpressionError {
            throw CardError(file: file, line: entry.line, path: "features.\(entry.name)", message: error.description)
          }
        })
    }
    for name in figures.keyFeatures where !set.names.contains(name) {
      let near = nearestName(to: name, in: set.names).map { "; nearest: '\($0)'" } ?? ""
      throw CardError(
        file: file, line: 1, path: "figures.key_features", message: "'\(name)' is no feature of the card\(near)")
    }
    return set
  }
}
