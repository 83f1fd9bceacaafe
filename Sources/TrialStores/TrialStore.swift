import ByteIO
import Foundation
internal import GRDB
import HyperparameterSearch

/// The trials of one search in a SQLite file.
///
/// Goals, in order: no trial that was saved is lost, whatever kills the process; trials of different searches never mix; the
/// file can be read by any SQLite client, while a tuning writes it too. Tables: `search` (one row), `trial`, `setting` (a
/// row a parameter, its value as SQLite's own type: REAL, INTEGER, TEXT, NULL for none), `report`.
///
/// Each save is one transaction under a rollback journal, so that the store is a single file between two of them. One process
/// at a time writes, by a lock on `<file>.lock`; any number read.
public final class TrialStore: TrialStoring {
  public static let schemaVersion = 1
  /// "SLtr" in the header's application id.
  static let applicationID = 0x534C_7472

  /// The search that the trials belong to.
  public let search: StoredSearch
  public let url: URL
  private let queue: DatabaseQueue
  /// Nil of a store that is read only.
  private let lock: FileLock?

  /// Opens the store of a search to go on with it, or makes it.
  /// - Throws: ``TrialStoreError``: another process works in it, it belongs to another search, is damaged, or is something else.
  public init(_ url: URL, of search: StoredSearch) throws {
    try? FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    guard let lock = try FileLock(url.appendingPathExtension("lock")) else {
      throw TrialStoreError(.locked, path: url.path)
    }
    self.url = url
    self.lock = lock
    self.search = search
    queue = try Self.open(url, isReadOnly: false)
    try Self.translating(url) { [queue] in
      if try queue.read(Self.isEmpty) { try queue.write { try Self.create($0, search) } }
    }
    let stored = try Self.checkedSearch(queue, url)
    let differences = search.differences(from: stored)
    guard differences.isEmpty else { throw TrialStoreError(.otherSearch(differences), path: url.path) }
  }

  /// Opens a store to read it, also while a tuning is at work in it.
  /// - Throws: ``TrialStoreError``.
  public init(reading url: URL) throws {
    guard FileManager.default.fileExists(atPath: url.path) else { throw TrialStoreError(.missing, path: url.path) }
    self.url = url
    lock = nil
    queue = try Self.open(url, isReadOnly: true)
    search = try Self.checkedSearch(queue, url)
  }

  public func trials() throws -> [Trial] {
    let trials = try Self.translating(url) { try queue.read(Self.fetchTrials) }
    for trial in trials where !search.space.contains(trial.point) {
      throw TrialStoreError(.damaged("trial \(trial.number) is no point of its space"), path: url.path)
    }
    return trials
  }

  public func save(_ trial: Trial) throws {
    precondition(lock != nil, "a store that was opened to be read cannot be written")
    try Self.translating(url) { try queue.write { try Self.insert(trial, into: $0) } }
  }

  // MARK: Opening

  private static func open(_ url: URL, isReadOnly: Bool) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.busyMode = .timeout(10)
    configuration.foreignKeysEnabled = true
    configuration.label = "searchlight.trials"
    configuration.prepareDatabase { database in
      // A reader may have to roll back what a killed writer left, so that it opens the file for writing all the same.
      if isReadOnly { try database.execute(sql: "PRAGMA query_only = 1") }
    }
    return try translating(url) { try DatabaseQueue(path: url.path, configuration: configuration) }
  }

  private static func isEmpty(_ database: Database) throws -> Bool {
    try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM sqlite_schema") == 0
      && Int.fetchOne(database, sql: "PRAGMA application_id") == 0
  }

  private static func create(_ database: Database, _ search: StoredSearch) throws {
    try database.execute(
      sql: """
        CREATE TABLE search (id INTEGER PRIMARY KEY CHECK (id = 1), description TEXT NOT NULL);
        CREATE TABLE trial (number INTEGER PRIMARY KEY, status TEXT NOT NULL, value REAL, failure TEXT);
        CREATE TABLE setting (
          trial INTEGER NOT NULL REFERENCES trial (number) ON DELETE CASCADE, parameter TEXT NOT NULL, value,
          PRIMARY KEY (trial, parameter)
        ) WITHOUT ROWID;
        CREATE TABLE report (
          trial INTEGER NOT NULL REFERENCES trial (number) ON DELETE CASCADE, step INTEGER NOT NULL, value REAL,
          PRIMARY KEY (trial, step)
        ) WITHOUT ROWID;
        PRAGMA application_id = \(applicationID);
        PRAGMA user_version = \(schemaVersion);
        """)
    let text = String(decoding: try JSONEncoder.canonicalLine.encode(search), as: UTF8.self)
    try database.execute(sql: "INSERT INTO search (id, description) VALUES (1, ?)", arguments: [text])
  }

  /// The search in the file, after its pages and its kind were checked.
  private static func checkedSearch(_ queue: DatabaseQueue, _ url: URL) throws -> StoredSearch {
    let text = try translating(url) {
      try queue.read { database -> String in
        let identity = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        guard identity == applicationID else {
          throw TrialStoreError(.foreign("a SQLite database of something else"), path: url.path)
        }
        let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        guard version == schemaVersion else { throw TrialStoreError(.newer(schema: version), path: url.path) }
        let check = try String.fetchOne(database, sql: "PRAGMA quick_check(1)") ?? "no answer"
        guard check == "ok" else { throw TrialStoreError(.damaged(check), path: url.path) }
        return try String.fetchOne(database, sql: "SELECT description FROM search") ?? ""
      }
    }
    do {
      return try JSONDecoder().decode(StoredSearch.self, from: Data(text.utf8))
    } catch {
      throw TrialStoreError(.damaged("its search cannot be read"), path: url.path)
    }
  }

  /// Runs `body`; what SQLite complains of becomes an error that names the file.
  private static func translating<Result>(_ url: URL, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as DatabaseError {
      let message = error.message ?? "SQLite error \(error.resultCode.rawValue)"
      switch error.resultCode {
      case .SQLITE_NOTADB: throw TrialStoreError(.foreign("no SQLite database"), path: url.path)
      case .SQLITE_CORRUPT: throw TrialStoreError(.damaged(message), path: url.path)
      case .SQLITE_FULL: throw FileError(.cannotWrite(writeFailure(ENOSPC)), path: url.path)
      case .SQLITE_CANTOPEN, .SQLITE_IOERR, .SQLITE_READONLY:
        throw FileError(.cannotWrite(message), path: url.path)
      default: throw TrialStoreError(.database(message), path: url.path)
      }
    } catch let damage as Damage {
      throw TrialStoreError(.damaged(damage.what), path: url.path)
    } catch let error as RowDecodingError {
      throw TrialStoreError(.damaged("\(error)"), path: url.path)
    }
  }

  private struct Damage: Error { var what: String }

  // MARK: Rows

  private static func insert(_ trial: Trial, into database: Database) throws {
    try database.execute(sql: "DELETE FROM trial WHERE number = ?", arguments: [trial.number])
    try database.execute(
      sql: "INSERT INTO trial (number, status, value, failure) VALUES (?, ?, ?, ?)",
      arguments: [trial.number, trial.status.rawValue, trial.value, trial.failure])
    for (name, value) in trial.point {
      try database.execute(
        sql: "INSERT INTO setting (trial, parameter, value) VALUES (?, ?, ?)",
        arguments: [trial.number, name, value.databaseValue])
    }
    for report in trial.reports {
      try database.execute(
        sql: "INSERT OR REPLACE INTO report (trial, step, value) VALUES (?, ?, ?)",
        arguments: [trial.number, report.step, report.value.isNaN ? nil : report.value])
    }
  }

  private static func fetchTrials(_ database: Database) throws -> [Trial] {
    var points: [Int: SearchPoint] = [:], reports: [Int: [Trial.Report]] = [:]
    for row in try Row.fetchAll(database, sql: "SELECT trial, parameter, value FROM setting") {
      let (number, name): (Int, String) = (try row.decode(forColumn: "trial"), try row.decode(forColumn: "parameter"))
      guard let value = SearchValue(row["value"] as DatabaseValue) else {
        throw Damage(what: "'\(name)' of trial \(number) is a blob")
      }
      points[number, default: [:]][name] = value
    }
    for row in try Row.fetchAll(database, sql: "SELECT trial, step, value FROM report ORDER BY trial, step") {
      let value: Double? = try row.decode(forColumn: "value")
      reports[try row.decode(forColumn: "trial"), default: []].append(
        Trial.Report(step: try row.decode(forColumn: "step"), value: value ?? .nan))
    }
    return try Row.fetchAll(database, sql: "SELECT number, status, value, failure FROM trial ORDER BY number").map {
      let number: Int = try $0.decode(forColumn: "number")
      let word: String = try $0.decode(forColumn: "status")
      guard let status = Trial.Status(rawValue: word) else {
        throw Damage(what: "trial \(number) is '\(word)'")
      }
      return Trial(
        number: number, point: points[number] ?? [:], status: status, value: try $0.decode(forColumn: "value"),
        reports: reports[number] ?? [], failure: try $0.decode(forColumn: "failure"))
    }
  }
}

extension SearchValue {
  fileprivate var databaseValue: DatabaseValue {
    switch self {
    case .real(let value): value.databaseValue
    case .integer(let value): value.databaseValue
    case .text(let value): value.databaseValue
    case .none: .null
    }
  }

  /// Nil for a blob.
  fileprivate init?(_ value: DatabaseValue) {
    switch value.storage {
    case .double(let value): self = .real(value)
    case .int64(let value): self = .integer(Int(value))
    case .string(let value): self = .text(value)
    case .null: self = .none
    case .blob: return nil
    }
  }
}

extension JSONEncoder {
  /// Sorted keys on one line.
  fileprivate static var canonicalLine: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }
}
