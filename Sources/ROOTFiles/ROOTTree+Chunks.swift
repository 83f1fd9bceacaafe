import Columns
import Foundation

extension ROOTTree {
  /// The entries of a tree, so many at a time: memory is taken for one chunk only.
  public func chunks(of size: Int, _ patterns: [String] = ["*"], entries: Range<Int>? = nil) -> ROOTChunks {
    precondition(size > 0, "chunks of \(size) entries")
    return ROOTChunks(tree: self, patterns: patterns, range: entries ?? 0..<entryCount, size: size)
  }
}

/// Tables of consecutive entries of a tree.
public struct ROOTChunks: Sendable {
  let tree: ROOTTree
  let patterns: [String]
  let range: Range<Int>
  let size: Int
  private var done = 0

  init(tree: ROOTTree, patterns: [String], range: Range<Int>, size: Int) {
    self.tree = tree
    self.patterns = patterns
    self.range = range
    self.size = size
  }

  /// The next entries, or `nil` after the last.
  public mutating func next() throws -> Table? {
    let start = range.lowerBound + done
    guard start < range.upperBound else { return nil }
    let end = start + min(size, range.upperBound - start)
    done += end - start
    return try tree.table(patterns, entries: start..<end)
  }
}

/// The same tree in several files, one after another, as ROOT's TChain.
public struct ROOTChain: Sendable {
  public let files: [URL]
  public let treePath: String
  /// The first entry of each file, and the number of all entries.
  public let starts: [Int]

  /// - Throws: ``ROOTFileError`` if a file lacks the tree.
  public init(_ files: [URL], tree: String) throws {
    self.files = files
    treePath = tree
    var starts = [0]
    for url in files { starts.append(starts[starts.count - 1] + (try ROOTFile(url).tree(tree).entryCount)) }
    self.starts = starts
  }

  public var entryCount: Int { starts[starts.count - 1] }

  /// A table of entries, wherever they are; only the files that hold them are opened.
  public func table(_ patterns: [String] = ["*"], entries: Range<Int>? = nil) throws -> Table {
    let wanted = entries ?? 0..<entryCount
    guard wanted.lowerBound >= 0, wanted.upperBound <= entryCount else {
      throw ROOTFileError(
        .entries(requested: wanted, available: entryCount), path: files.first?.path ?? "", object: treePath)
    }
    var result = Table()
    for (index, url) in files.enumerated() {
      let part = wanted.clamped(to: starts[index]..<starts[index + 1])
      guard !part.isEmpty else { continue }
      let tree = try ROOTFile(url).tree(treePath)
      try result.append(
        try tree.table(patterns, entries: part.lowerBound - starts[index]..<part.upperBound - starts[index]))
    }
    return result
  }
}
