import Columns
import Foundation
import TestSupport
import Testing

@testable import ROOTFiles

/// Trees that name friends (`Tests/Reference/root/friends*.root`), and what uproot reads of them.
@Suite struct FriendTests {
  private struct Reference: Decodable {
    struct Tree: Decodable {
      var friends: [[String]]
      var columns: [String: [Double]]
    }
    var trees: [String: Tree]
  }

  private let url = committed("friends.root")

  private func reference() throws -> [String: Reference.Tree] {
    try JSONDecoder().decode(Reference.self, from: Data(contentsOf: committed("friends.json"))).trees
  }

  @Test func friendsAreThoseThatUprootReads() throws {
    for (place, tree) in try reference() {
      let parts = place.split(separator: ":").map(String.init)
      let found = try ROOTFile(committed(parts[0])).tree(parts[1]).friends
      #expect(found.map { [$0.alias, $0.fileName, $0.treePath] } == tree.friends, "\(place)")
    }
  }

  /// A friend of the same file, one in a folder of another file, and the friends of a friend.
  @Test(arguments: [
    (
      "friends.root", "Events",
      [
        "x": "Events.x", "i": "Events.i", "weight": "Weights.weight", "w_x": "Weights.x",
        "score": "ml/Scores.score", "Scores_x": "ml/Scores.x",
      ]
    ),
    ("friends-2.root", "Events", ["x": "Events.x", "w_x": "Weights.x", "Scores_x": "ml/Scores2.x"]),
    ("friends.root", "Outer", ["y": "Outer.y", "x": "Events.x", "w_x": "Weights.x", "Scores_x": "ml/Scores.x"]),
  ])
  func columnsOfFriendsAreRead(file: String, tree: String, columns: [String: String]) throws {
    let trees = try reference()
    let events = try ROOTEvents(ROOTFile(committed(file)), path: tree)
    for entries in [0..<events.entryCount, 2..<4] {
      let table = try events.table(columns.keys.sorted(), entries: entries)
      for (name, place) in columns {
        let parts = place.split(separator: ".").map(String.init)
        let expected = try #require(
          (trees["\(file):\(parts[0])"] ?? trees["friends-scores.root:\(parts[0])"])?.columns[parts[1]])
        #expect(try table.doubles(name) == Array(expected[entries]), "\(name)")
      }
    }
    #expect(events.problem(ofColumn: "w_y") == "'\(tree)' has no 'w_y'; nearest: 'w_x'")
  }

  @Test(arguments: [
    ("lacks_file", "'far' (tree 'Far' of FOLDER/absent.root) cannot be read with it: cannot be read:"),
    (
      "lacks_tree",
      "'w' (tree 'Weigths' of FOLDER/friends.root) cannot be read with it: no object 'Weigths'; nearest: 'Weights'"
    ),
    (
      "too_short",
      "'Short' (tree 'Short' of FOLDER/friends.root) cannot be read with it: it has 7 entries, the tree has 20"
    ),
    (
      "ring",
      "'ring' (tree 'ring' of FOLDER/friends.root) cannot be read with it: these trees are friends in a ring: "
        + "'ring' → 'ring_back' → 'ring'"
    ),
  ])
  func friendsThatCannotBeReadAreNamed(tree: String, message: String) throws {
    let expected = message.replacing("FOLDER", with: url.deletingLastPathComponent().path)
    let found = complaint { _ = try ROOTEvents(ROOTFile(url), path: tree) }
    #expect(found.contains("its friend \(expected)"), "\(found)")
    // The tree itself is read.
    #expect(try ROOTFile(url).tree(tree).table().rowCount == 20)
    let shown = try #require(ROOTInspection(of: url).objects.first { $0.path == tree }?.friends)
    #expect(shown.count == 1 && shown[0].problem?.isEmpty == false)
  }

  @Test func friendsAreShown() throws {
    let text = try ROOTInspection(of: url).description
    #expect(
      text.contains("\n  friend w: tree 'Weights'\n  friend Scores: tree 'ml/Scores' of friends-scores.root\n"),
      "\(text)")
  }
}
