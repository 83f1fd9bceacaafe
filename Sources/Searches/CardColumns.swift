import Cards
import EventSelection

/// The columns that a card's expressions need of a sample, and who needs them.
///
/// An object definition `good: Jet[Jet_pt > 30]` needs of `Jet` what others use of `good`.
struct CardColumns {
  private struct User {
    var what: String
    var path: String
    var line: Int
    var columns: [String]
  }
  private let cardPath: String
  private var users: [User] = []
  private var objects: [(definition: ObjectDefinition, user: User)] = []
  /// Names of definitions, with how many of the users come before.
  private var made: [String: Int] = [:]

  init(card: SearchCard, cardPath: String) {
    self.cardPath = cardPath
    func add(_ what: String, _ path: String, _ line: Int, _ expression: ColumnExpression?) {
      users.append(User(what: what, path: path, line: line, columns: expression?.columns ?? []))
    }
    for entry in card.selection.objects {
      guard let object = try? ObjectDefinition(name: entry.name, parsing: entry.expression) else { continue }
      let columns = object.parts.flatMap { $0.condition?.columns ?? [] }
      let user = User(
        what: "objects '\(entry.name)'", path: "selection.objects.\(entry.name)", line: entry.line, columns: columns)
      users.append(user)
      objects.append((object, user))
    }
    for (section, entries) in [("define", card.selection.definitions), ("cuts", card.selection.cuts)] {
      for entry in entries {
        let what = section == "cuts" ? "the cut '\(entry.name)'" : "'\(entry.name)'"
        add(what, "selection.\(section).\(entry.name)", entry.line, try? ColumnExpression(parsing: entry.expression))
        if section == "define" { made[entry.name] = users.count }
      }
    }
    switch card.features {
    case .preset(let name):
      for feature in FeatureSet(preset: name)?.features ?? [] {
        add("the feature '\(feature.name)' of the preset '\(name)'", "features", 1, feature.expression)
      }
    case .expressions(let entries):
      for entry in entries {
        let expression = try? ColumnExpression(parsing: entry.expression)
        add("the feature '\(entry.name)'", "features.\(entry.name)", entry.line, expression)
      }
    }
    let baseline = card.fit.baseline
    add(
      "the baseline '\(baseline.name)'", "fit.baseline.observable", 1,
      try? ColumnExpression(parsing: baseline.observable))
  }

  /// All columns that are named, and those of collections that others are made from; each once. Some may be made by the card.
  var columns: [String] {
    var result = [String]()
    func add(_ name: String) { if !result.contains(name) { result.append(name) } }
    for column in users.flatMap(\.columns) {
      add(column)
      if let counted = Self.counted(column) { add("\(counted)_pt") }
    }
    // From the last definition back: its members may be those of an earlier one.
    for (definition, _) in objects.reversed() {
      let prefix = definition.name + "_"
      let members = result.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
      for part in definition.parts {
        for member in members + ["pt"] { add("\(part.source)_\(member)") }
      }
    }
    return result
  }

  /// The collection that `nJet` counts.
  private static func counted(_ name: String) -> String? {
    name.hasPrefix("n") && name.count > 1 && !name.contains("_") ? String(name.dropFirst()) : nil
  }

  /// Sees that nothing is needed that the files lack.
  /// - Parameter lacking: columns that the schema knows, and why the files have them not.
  /// - Throws: `CardError` that names the line, who needs the column, and the file that lacks it.
  func check(sample: String, lacking: [String: String]) throws {
    let objectNames = Set(objects.map(\.definition.name))
    for (index, user) in users.enumerated() {
      for column in user.columns {
        if let place = made[column], place <= index { continue }
        try refuse(column, user, sample, lacking)
        guard let object = objects.first(where: { column.hasPrefix($0.definition.name + "_") }) else { continue }
        for part in object.definition.parts where !objectNames.contains(part.source) {
          let member = column.dropFirst(object.definition.name.count)
          try refuse(part.source + member, user, sample, lacking)
        }
      }
    }
    for (definition, user) in objects {
      for part in definition.parts { try refuse("\(part.source)_pt", user, sample, lacking) }
    }
  }

  private func refuse(_ column: String, _ user: User, _ sample: String, _ lacking: [String: String]) throws {
    guard let reason = lacking[column] else { return }
    throw CardError(
      file: cardPath, line: user.line, path: user.path,
      message: "\(user.what) needs '\(column)', which sample '\(sample)' lacks: \(reason). Leave it out, or say in the "
        + "sample's 'schema' what gives it ('none' for a collection without objects)")
  }
}
