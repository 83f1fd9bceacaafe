import Foundation
import Records

/// A tree of a file (TTree, TNtuple): entries in branches.
///
/// Only the branches and entries asked for are read and decompressed, their baskets in parallel.
/// ```swift
/// let tree = try file.tree("Events")
/// let pt = try tree.array("Jet_pt", entries: 0..<1000)
/// let table = try tree.table(["Jet_*", "MET_pt"])
/// ```
public struct ROOTTree: Sendable {
  let file: ROOTFile
  public var url: URL { file.url }
  /// The name with its directories.
  public let path: String
  public let title: String
  public let entryCount: Int
  /// All branches, each before its sub-branches.
  public let branches: [ROOTBranch]
  /// The trees that it names as its friends; ``openFriends(and:)`` opens them.
  public let friends: [ROOTFriend]
  /// Friends of a class that the file does not describe.
  let unreadFriends: Int
  /// Whether a tree that has this one as a friend finds its entries by an index.
  let hasIndex: Bool
  private let byPath: [String: Int]
  private let byName: [String: [Int]]
  private let byLeaf: [String: Int]

  init(file: ROOTFile, key: ROOTKey, object: StreamedObject) throws {
    self.file = file
    path = key.path
    title = object.text("fTitle") ?? ""
    entryCount = max(try object.required("fEntries", object.integer("fEntries")), 0)
    friends = object.objects("fFriends").map(ROOTFriend.init)
    unreadFriends = object.elements("fFriends").count - friends.count
    hasIndex = object.hasValue("fTreeIndex")
    let streamers = try file.streamers.get()
    var found = [ROOTBranch]()
    for child in object.objects("fBranches") {
      try Self.collect(child, prefix: "", isTopLevel: true, streamers, depth: 0, into: &found)
    }
    for index in found.indices { found[index].checkEntries(of: entryCount) }
    branches = found
    byPath = Dictionary(found.indices.map { (found[$0].path, $0) }, uniquingKeysWith: { first, _ in first })
    byName = Dictionary(grouping: found.indices) { found[$0].name }
    byLeaf = Dictionary(
      found.indices.flatMap { index in found[index].record.leaves.map { ($0.name, index) } },
      uniquingKeysWith: { first, _ in first })
  }

  private static func collect(
    _ object: StreamedObject, prefix: String, isTopLevel: Bool, _ streamers: StreamerRegistry, depth: Int,
    into found: inout [ROOTBranch]
  ) throws {
    guard depth < 20 else { throw ROOTFileError(.damaged("branches nested deeper than 20")) }
    let path = prefix + (object.text("fName") ?? "")
    let record = try BranchRecord(object, path: path, isTopLevel: isTopLevel)
    let layout: Result<BranchLayout, ROOTFileError>
    do {
      layout = .success(try BranchLayout(record, streamers: streamers))
    } catch let error as ROOTFileError {
      layout = .failure(error)
    }
    found.append(ROOTBranch(record: record, layout: layout))
    for child in object.objects("fBranches") {
      try collect(child, prefix: path + "/", isTopLevel: false, streamers, depth: depth + 1, into: &found)
    }
  }

  /// The branches directly below a branch.
  func children(of branch: ROOTBranch) -> [ROOTBranch] {
    guard let index = byPath[branch.path] else { return [] }
    let prefix = branch.path + "/"
    return branches[(index + 1)...].prefix { $0.path.hasPrefix(prefix) }.filter { $0.path == prefix + $0.name }
  }

  /// Whether another branch has the name of this one.
  func hasSiblingOfItsName(_ branch: ROOTBranch) -> Bool { (byName[branch.name]?.count ?? 0) > 1 }

  func branch(withLeaf name: String) -> ROOTBranch? { byLeaf[name].map { branches[$0] } }

  /// The branch of a path, `Jet/Jet.PT`, or of a name that only one branch has, `Jet.PT`.
  /// - Throws: ``ROOTFileError`` with the nearest name if there is none.
  public func branch(_ name: String) throws -> ROOTBranch {
    if let index = byPath[name] { return branches[index] }
    if let indices = byName[name], indices.count == 1 { return branches[indices[0]] }
    let names = branches.map(\.path)
    throw ROOTFileError(
      .noBranch(name: name, nearest: nearestName(to: name, in: names), available: names), path: file.path, object: path)
  }

  /// The values of a branch.
  /// - Throws: ``ROOTFileError`` that names the branch and its class if it cannot be read.
  public func array(_ name: String, entries: Range<Int>? = nil) throws -> ROOTArray {
    try arrays([name], entries: entries)[0]
  }

  /// The values of several branches, in the order of the names; branches and baskets are decoded in parallel.
  public func arrays(_ names: [String], entries: Range<Int>? = nil) throws -> [ROOTArray] {
    try arrays(of: try names.map { try branch($0) }, entries: entries)
  }

  func arrays(of wanted: [ROOTBranch], entries: Range<Int>? = nil) throws -> [ROOTArray] {
    let range = entries ?? 0..<entryCount
    guard range.lowerBound >= 0, range.upperBound <= entryCount else {
      throw ROOTFileError(.entries(requested: range, available: entryCount), path: file.path, object: path)
    }
    let lanes = availableLanes
    let total = wanted.reduce(0) { $0 &+ max($1.storedBytes, 0) }
    var results = [ROOTArray?](repeating: nil, count: wanted.count)
    // A branch that is a good part of the whole is spread over the lanes; the others go to one lane each.
    let large = wanted.indices.filter { wanted[$0].storedBytes >= total / (2 * lanes) }
    let shared = try sharedOffsets(of: wanted, range)
    for index in large { results[index] = try read(wanted[index], range, lanes: lanes, shared) }
    let small = wanted.indices.filter { results[$0] == nil }.sorted { wanted[$0].storedBytes > wanted[$1].storedBytes }
    try results.withUnsafeMutableBufferPointer { results in
      let out = UncheckedPointer(results)
      try parallelFor(small.count, lanes: lanes) { index, scratch in
        out.buffer[small[index]] = try read(wanted[small[index]], range, lanes: 1, shared, scratch)
      }
    }
    return results.compactMap(\.self)
  }

  private func read(
    _ branch: ROOTBranch, _ range: Range<Int>, lanes: Int, _ shared: [String: [Int]], _ scratch: Scratch? = nil
  ) throws -> ROOTArray {
    try locating(path: file.path, object: "\(path): \(branch.path)") {
      try BranchReader(
        tree: self, branch: branch, entries: range, lanes: lanes,
        sharedOffsets: branch.sharedCounter.flatMap { shared[$0] }, scratch: scratch
      ).read()
    }
  }

  /// Where the elements of each entry begin, for counters that several of the branches share: `Jet_pt`, `Jet_eta`, …
  ///
  /// Made once, they are not read from the baskets of each branch again, and take memory once.
  private func sharedOffsets(of wanted: [ROOTBranch], _ range: Range<Int>) throws -> [String: [Int]] {
    var users = [String: Int]()
    for branch in wanted { branch.sharedCounter.map { users[$0, default: 0] += 1 } }
    let names = users.filter { $0.value > 1 }.keys.sorted()
    var result = [String: [Int]]()
    for name in names {
      guard let counter = branch(withLeaf: name), case .success(.flat(_, dimensions: [])) = counter.layout else {
        continue
      }
      result[name] = try locating(path: file.path, object: "\(path): \(counter.path)") {
        let reader = BranchReader(tree: self, branch: counter, entries: range, lanes: availableLanes)
        guard case .numbers(let numbers) = try reader.read(), let counts = numbers.integers else { return nil }
        var offsets = [0]
        offsets.reserveCapacity(counts.count + 1)
        var sum = 0
        for count in counts {
          guard count >= 0, count < 1 << 31 else { throw ROOTFileError(.damaged("it counts \(count) elements")) }
          sum += count
          offsets.append(sum)
        }
        return offsets
      }
    }
    return result
  }
}

/// A branch of a tree.
public struct ROOTBranch: Sendable {
  let record: BranchRecord
  private(set) var layout: Result<BranchLayout, ROOTFileError>

  init(record: BranchRecord, layout: Result<BranchLayout, ROOTFileError>) {
    self.record = record
    self.layout = layout
  }

  /// A branch that was switched off while its tree was filled lacks entries, and has no place beside the others.
  mutating func checkEntries(of count: Int) {
    guard !isGroup, problem == nil, record.entryCount < count else { return }
    layout = .failure(
      ROOTFileError(
        .unreadable(className: className, reason: "it has \(record.entryCount) of the tree's \(count) entries")))
  }

  /// The name with those of the branches above it: `Jet/Jet.PT`.
  public var path: String { record.path }
  public var name: String { record.name }
  public var title: String { record.title }
  public var entryCount: Int { record.entryCount }
  /// Bytes of its baskets, decompressed.
  public var objectBytes: Int { record.objectBytes }
  /// Bytes of its baskets in the file.
  public var storedBytes: Int { record.storedBytes }
  /// Whether it has values: neither a mere node of a tree of branches nor unreadable.
  public var isReadable: Bool {
    if case .success(let layout) = layout, case .group = layout { return false }
    return problem == nil
  }
  /// Whether it only holds branches.
  public var isGroup: Bool {
    if case .success(.group) = layout { true } else { false }
  }
  /// Why it cannot be read, naming its class; `nil` if it can.
  public var problem: String? {
    if case .failure(let error) = layout { error.problem.text } else { nil }
  }
  /// The class of the object or member, as the file names it; the branch's own class where there is none.
  public var className: String { record.ownerClass.isEmpty ? record.className : record.ownerClass }

  /// The leaf that counts the elements of an entry, where they stand one after another without anything between.
  var sharedCounter: String? {
    guard case .success(.jagged(_, _, headerBytes: 0)) = layout else { return nil }
    return record.leaves.first?.counter
  }

  /// What an entry holds: `float32`, `list<float32[3]>`, or a class name.
  public var typeName: String {
    guard case .success(let layout) = layout else { return className }
    switch layout {
    case .flat(let coding, let dimensions): return coding.type.rawValue + dimensions.map { "[\($0)]" }.joined()
    case .jagged(let coding, let dimensions, _):
      return "list<\(coding.type.rawValue)\(dimensions.map { "[\($0)]" }.joined())>"
    case .leafList(let leaves):
      return "{" + leaves.map { "\($0.name): \($0.coding.type.rawValue)" }.joined(separator: ", ") + "}"
    case .streamed(let make):
      let values = (try? make())?.emptyValues
      return values?.typeName ?? className
    case .group: return className
    }
  }
}

extension Decoder {
  /// The values of a decoder that has read nothing: their type.
  fileprivate var emptyValues: ROOTArray? { (try? values()) ?? nil }
}

extension ROOTFile {
  /// A tree by its path, `dir/Events` or `dir/Events;cycle`.
  /// - Throws: ``ROOTFileError`` if there is none, or it cannot be read.
  public func tree(_ name: String) throws -> ROOTTree {
    let key = try key(name)
    guard ["TTree", "TNtuple", "TNtupleD", "TChain"].contains(key.className) else {
      throw ROOTFileError(.wrongClass(found: key.className, expected: "TTree"), path: path, object: key.path)
    }
    let object = try object(key)
    return try locating(path: path, object: key.path) { try ROOTTree(file: self, key: key, object: object) }
  }
}
