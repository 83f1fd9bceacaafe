import Foundation

/// Another tree that a tree names as its friend: its entries go with the tree's, one by one.
public struct ROOTFriend: Hashable, Sendable {
  /// What stands before its names where they are taken: the tree's name unless told.
  public var alias: String
  /// The tree with its directories.
  public var treePath: String
  /// As the file has it, empty for the file itself.
  public var fileName: String

  public init(alias: String? = nil, treePath: String, fileName: String = "") {
    self.alias = alias ?? String(treePath.split(separator: "/").last ?? "friend")
    self.treePath = treePath
    self.fileName = fileName
  }

  /// A TFriendElement: a TNamed with the alias and the file, and the tree's name.
  init(_ element: StreamedObject) {
    let name = element.text("fName") ?? ""
    treePath = element.text("fTreeName") ?? name
    fileName = element.text("fTitle") ?? ""
    alias = String((name.isEmpty ? treePath : name).split(separator: "/").last ?? "friend")
  }
}

extension ROOTTree {
  /// A friend with the friends that it has itself.
  public struct OpenFriend: Sendable {
    public var alias: String
    public var tree: ROOTTree
    public var friends: [OpenFriend]
  }

  /// Opens the friends that the tree names, others beside them, and their friends.
  ///
  /// A friend's file is sought from the folder of the tree's file, if its name is no absolute path.
  /// - Throws: ``ROOTFileError`` that names friend, tree and file: one that is not there or has another number of entries, or a
  ///   tree that is its own friend by way of others.
  public func openFriends(and others: [ROOTFriend] = []) throws -> [OpenFriend] {
    guard unreadFriends == 0 else {
      throw ROOTFileError(
        .unreadable(className: "TFriendElement", reason: "the file does not describe it"), path: file.path, object: path
      )
    }
    return try (friends + others).map { try open($0, by: []) }
  }

  /// Opens one of the friends.
  /// - Throws: as ``openFriends(and:)``.
  public func open(_ friend: ROOTFriend) throws -> OpenFriend { try open(friend, by: []) }

  /// - Parameter trail: the trees that led here by their friends.
  private func open(_ friend: ROOTFriend, by trail: [ROOTTree]) throws -> OpenFriend {
    let url = friend.fileName.isEmpty ? file.url : place(of: friend.fileName)
    func refusal(_ reason: String) -> ROOTFileError {
      ROOTFileError(
        .friend("'\(friend.alias)' (tree '\(friend.treePath)' of \(url.path))", reason: reason), path: file.path,
        object: path)
    }
    guard !friend.fileName.contains("://") else {
      throw refusal("'\(friend.fileName)' is no local file; copy it here and name it with --friend")
    }
    let tree: ROOTTree
    do {
      tree = try (url.path == file.path ? file : ROOTFile(url)).tree(friend.treePath)
    } catch let error as ROOTFileError {
      throw refusal(error.problem.text)
    }
    let open = trail + [self]
    if let first = open.firstIndex(where: { $0.isSame(as: tree) }) {
      let ring = (open[first...] + [tree]).map { "'\($0.path)'" }.joined(separator: " → ")
      throw refusal("these trees are friends in a ring: \(ring)")
    }
    guard tree.entryCount == entryCount else {
      throw refusal("it has \(tree.entryCount) entries, the tree has \(entryCount)")
    }
    guard !tree.hasIndex else { throw refusal("its entries are found by an index, which is not read") }
    return OpenFriend(
      alias: friend.alias, tree: tree, friends: try tree.friends.map { try tree.open($0, by: open) })
  }

  private func place(of fileName: String) -> URL {
    let name = fileName.hasPrefix("file:") ? String(fileName.dropFirst(5)) : fileName
    return URL(fileURLWithPath: name, relativeTo: file.url.deletingLastPathComponent()).standardizedFileURL
  }

  private func isSame(as other: ROOTTree) -> Bool {
    path == other.path
      && file.url.resolvingSymlinksInPath().path == other.file.url.resolvingSymlinksInPath().path
  }
}
