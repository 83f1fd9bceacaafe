/// The one source of randomness of a run: a tree whose root is the card's seed and whose nodes have names or numbers.
///
/// A node's stream depends on its path only, so results depend neither on the order of the work nor on the number of
/// workers. `SeedTree(root: 7).child("ttbar").child(3).stream()`
public struct SeedTree: Hashable, Sendable {
  public let root: UInt64
  /// The path from the root, for records: `ttbar/3`.
  public let path: String
  private let digest: Digest

  public init(root: UInt64) {
    self.root = root
    path = ""
    digest = Digest.of("searchlight seed tree 1:\(root)")
  }

  private init(root: UInt64, path: String, digest: Digest) {
    self.root = root
    self.path = path
    self.digest = digest
  }

  /// The node of a name.
  public func child(_ name: String) -> SeedTree { descend("n:\(name)", shown: name) }

  /// The node of a number; never the same as that of the number's text.
  public func child(_ index: Int) -> SeedTree { descend("i:\(index)", shown: String(index)) }

  private func descend(_ label: String, shown: String) -> SeedTree {
    SeedTree(root: root, path: path.isEmpty ? shown : "\(path)/\(shown)", digest: Digest.of("\(digest.hex)/\(label)"))
  }

  /// A seed of 64 bits for a library with a generator of its own.
  public var derivedSeed: UInt64 { digest.leadingBits }

  /// The node's random stream, from its start.
  public func stream() -> RandomStream { stream(0) }

  /// One of 2⁶⁴ independent streams of this node, at the cost of an addition: one an event, say.
  public func stream(_ index: UInt64) -> RandomStream {
    RandomStream(key: derivedSeed, streamID: (UInt64(digest.hex.dropFirst(16).prefix(16), radix: 16) ?? 0) &+ index)
  }
}
