import Foundation

/// What a ROOT file holds: the tree of its objects, with the branches of trees and the fields of RNTuples.
public struct ROOTInspection: Hashable, Sendable, Encodable {
  /// A branch of a tree or a field of an RNTuple.
  public struct Member: Hashable, Sendable, Encodable {
    /// `Jet/Jet.PT`
    public var path: String
    /// What an entry holds: `list<float32>`.
    public var type: String
    public var title: String
    /// Bytes of its values before compression; `nil` where the file does not say.
    public var bytes: Int?
    /// Bytes in the file.
    public var storedBytes: Int
    /// Why it cannot be read, naming its class; `nil` if it can.
    public var problem: String?
  }

  /// A tree that a tree names as its friend.
  public struct Friend: Hashable, Sendable, Encodable {
    public var alias: String
    public var tree: String
    /// As the file has it, empty for the file itself.
    public var file: String
    /// Why it cannot be read with the tree; `nil` if it can.
    public var problem: String?
  }

  /// An object of the file.
  public struct Object: Hashable, Sendable, Encodable {
    /// `dir/Events`
    public var path: String
    public var cycle: Int
    public var className: String
    public var title: String
    /// Bytes of the object's own record before and after compression; the baskets of a tree are not among them.
    public var bytes: Int
    public var storedBytes: Int
    /// Entries of a tree, an RNTuple or a histogram.
    public var entries: Double?
    /// The numbers of bins of a histogram.
    public var bins: [Int] = []
    public var members: [Member] = []
    /// `nil` where there are none.
    public var friends: [Friend]?
    /// Why it cannot be read; `nil` if it can, or if it is of a class that holds no columns.
    public var problem: String?
  }

  public var file: String
  public var fileBytes: Int
  /// ROOT's version that wrote it: `6.22/08`.
  public var version: String
  public var objects: [Object]

  /// Whether a file begins as ROOT files do.
  public static func isROOT(_ url: URL) -> Bool {
    guard let handle = try? FileHandle(forReadingFrom: url) else { return false }
    defer { try? handle.close() }
    return (try? handle.read(upToCount: 4)) == Data("root".utf8)
  }

  /// Looks into a file; no baskets or pages are read.
  /// - Throws: ``ROOTFileError`` if it is no readable ROOT file. What is wrong with one object is told of that object.
  public init(of url: URL) throws {
    let file = try ROOTFile(url)
    self.file = url.path
    fileBytes = file.byteCount
    version = String(
      format: "%d.%02d/%02d", file.version / 10_000, file.version / 100 % 100, file.version % 100)
    objects = try file.keys().map { key in
      var object = Object(
        path: key.path, cycle: key.cycle, className: key.className, title: key.title, bytes: key.objectBytes,
        storedBytes: key.storedBytes)
      do {
        try object.fill(from: file, "\(key.path);\(key.cycle)")
      } catch let error as ROOTFileError {
        object.problem = error.problem.text
      }
      return object
    }
  }
}

extension ROOTInspection.Object {
  fileprivate mutating func fill(from file: ROOTFile, _ name: String) throws {
    switch className {
    case "TTree", "TNtuple", "TNtupleD":
      let tree = try file.tree(name)
      entries = Double(tree.entryCount)
      members = tree.branches.map { branch in
        ROOTInspection.Member(
          path: branch.path, type: branch.typeName, title: branch.title, bytes: branch.objectBytes,
          storedBytes: branch.storedBytes, problem: branch.problem)
      }
      guard !tree.friends.isEmpty else { break }
      friends = tree.friends.map { friend in
        var shown = ROOTInspection.Friend(alias: friend.alias, tree: friend.treePath, file: friend.fileName)
        do { _ = try tree.open(friend) } catch { shown.problem = (error as? ROOTFileError)?.problem.text ?? "\(error)" }
        return shown
      }
    case "ROOT::RNTuple":
      let tuple = try file.ntuple(name)
      entries = Double(tuple.entryCount)
      members = tuple.fields.map { field in
        ROOTInspection.Member(
          path: field.name, type: field.typeName, title: field.title, bytes: nil, storedBytes: field.storedBytes,
          problem: nil)
      }
    case _ where className.hasPrefix("TH1") || className.hasPrefix("TH2") || className.hasPrefix("TH3"):
      let histogram = try file.rootHistogram(name)
      entries = histogram.entries
      bins = histogram.axes.map(\.binCount)
    case _ where className.hasPrefix("TGraph"): entries = Double(try file.graph(name).x.count)
    default: break
    }
  }
}

extension ROOTInspection: CustomStringConvertible {
  /// For a terminal: each object, and below it its branches or fields.
  public var description: String {
    var lines = ["\(file): ROOT \(version), \(Self.bytes(fileBytes))"]
    for object in objects {
      var parts = ["\(object.path);\(object.cycle)", object.className]
      if let entries = object.entries { parts.append("\(Self.number(entries)) entries") }
      if !object.bins.isEmpty { parts.append(object.bins.map(String.init).joined(separator: " × ") + " bins") }
      if object.members.isEmpty { parts.append(Self.bytes(object.storedBytes)) }
      if !object.title.isEmpty { parts.append("\"\(object.title)\"") }
      lines += ["", parts.joined(separator: "  ")]
      if let problem = object.problem { lines.append("  cannot be read: \(problem)") }
      let rows = object.members.map { member in
        [
          member.path, member.problem == nil ? member.type : "unreadable", Self.bytes(member.storedBytes),
          Self.ratio(member), member.problem ?? "",
        ]
      }
      lines += Self.aligned(rows)
      for friend in object.friends ?? [] {
        let place = friend.file.isEmpty ? "" : " of \(friend.file)"
        lines.append("  friend \(friend.alias): tree '\(friend.tree)'\(place)\(friend.problem.map { "; \($0)" } ?? "")")
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func number(_ value: Double) -> String { String(format: "%.10g", value) }

  private static func ratio(_ member: Member) -> String {
    guard let bytes = member.bytes, member.storedBytes > 0 else { return "" }
    return String(format: "÷ %.1f", Double(bytes) / Double(member.storedBytes))
  }

  private static func bytes(_ count: Int) -> String {
    if count < 1000 { return "\(count) B" }
    return count < 1_000_000
      ? String(format: "%.1f kB", Double(count) / 1e3) : String(format: "%.1f MB", Double(count) / 1e6)
  }

  /// Two columns of text, two of numbers, the rest as it is.
  private static func aligned(_ rows: [[String]]) -> [String] {
    let widths = (0..<4).map { column in min(rows.map { $0[column].count }.max() ?? 0, 60) }
    return rows.map { row in
      let cells = (0..<4).map { column in
        let space = String(repeating: " ", count: max(widths[column] - row[column].count, 0))
        return column < 2 ? row[column] + space : space + row[column]
      }
      var line = "  " + (cells + [row[4]]).joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
