import HyperparameterSearch
import Records

/// The search that a store's trials belong to.
public struct StoredSearch: Hashable, Codable, Sendable {
  /// Heads tables and figures; two searches may differ in it.
  public var title: String
  /// What is made small or large, in words: `Asimov significance`.
  public var objective: String
  public var direction: SearchDirection
  public var space: SearchSpace
  /// All else that trials depend on, by name: the strategy, the seed, digests of data, versions of libraries.
  public var conditions: [String: String]

  public init(
    title: String, objective: String, direction: SearchDirection, space: SearchSpace, conditions: [String: String]
  ) {
    self.title = title
    self.objective = objective
    self.direction = direction
    self.space = space
    self.conditions = conditions
  }

  /// What differs from another search, in words, so that its trials are not trials of this one; empty where nothing does.
  func differences(from other: StoredSearch) -> [String] {
    var found: [String] = []
    func compare(_ what: String, _ mine: String, _ theirs: String) {
      guard mine != theirs else { return }
      let areShort = max(mine.count, theirs.count) <= 40
      found.append(areShort ? "\(what) is \(theirs) there, \(mine) here" : "\(what) differs")
    }
    compare("objective", objective, other.objective)
    compare("direction", direction.rawValue, other.direction.rawValue)
    if space != other.space {
      let (mine, theirs) = (space.parameters.map(\.name), other.space.parameters.map(\.name))
      let changed = space.parameters.filter { parameter in
        other.space.parameters.first { $0.name == parameter.name }.map { $0 != parameter } ?? true
      }.map(\.name)
      let gone = theirs.filter { !mine.contains($0) }
      found.append("the space differs in \((changed + gone).joined(separator: ", "))")
    }
    for name in Set(conditions.keys).union(other.conditions.keys).sorted() {
      compare(name, conditions[name] ?? "none", other.conditions[name] ?? "none")
    }
    return found
  }
}

/// A store that cannot be used: which, why, and what would have worked.
public struct TrialStoreError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Problem: Hashable, Sendable {
    case missing
    /// A file that is no store of trials.
    case foreign(String)
    case newer(schema: Int)
    case damaged(String)
    /// Another tuning is at work in it.
    case locked
    /// It belongs to another search.
    case otherSearch([String])
    case database(String)
  }

  public var problem: Problem
  public var path: String

  public init(_ problem: Problem, path: String) {
    self.problem = problem
    self.path = path
  }

  public var description: String {
    switch problem {
    case .missing: "\(path): no such store; 'searchlight tune CARD' makes one and says where"
    case .foreign(let what): "\(path): is no store of trials: \(what)"
    case .newer(let schema):
      "\(path): is a store of schema \(schema); this program reads \(TrialStore.schemaVersion). Take a newer program"
    case .damaged(let what): "\(path): is damaged: \(what); remove it, and the tuning begins anew"
    case .locked: "\(path): another tuning is at work there; wait for it, or choose another file with --store"
    case .otherSearch(let differences):
      "\(path): belongs to another search: \(differences.joined(separator: "; ")). Choose another file with --store, or remove this one"
    case .database(let what): "\(path): \(what)"
    }
  }
}
