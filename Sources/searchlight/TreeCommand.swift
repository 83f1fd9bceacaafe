import ArgumentParser
import ByteIO
import DecisionTrees
import Figures
import Foundation
import Records
import Reports

/// `searchlight tree MODEL`
struct TreeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tree",
    abstract: "Show a tree of a model of boosted trees or a forest, as text and as a picture.",
    discussion: """
      MODEL is a JSON file of XGBoost's (save_model("model.json") in Python) or the folder of a model that this program trained. A
      row goes to "yes" where its feature is below the threshold; leaves hold what they add to the score.

      Examples:
        searchlight tree model.json
        searchlight tree model.json --tree 3 --depth 3 --figure tree.pdf
      """)

  @Argument(help: "XGBoost's JSON, or a model's folder.", completion: .file()) var model: String
  @Option(help: "The tree's number, from 0.") var tree = 0
  @Option(help: "Levels of splits in the picture.") var depth = 4
  @Option(help: "The picture's file: .pdf, .png or .svg.", completion: .file()) var figure: String?

  func validate() throws {
    guard depth > 0 else { throw ValidationError("--depth needs a positive number, got \(depth)") }
    if let figure, format(of: figure) == nil {
      throw ValidationError("--figure needs a file ending with .pdf, .png or .svg, got '\(figure)'")
    }
  }

  private func format(of path: String) -> FigureFormat? {
    FigureFormat(rawValue: URL(fileURLWithPath: path).pathExtension.lowercased())
  }

  func run() throws {
    let url = URL(fileURLWithPath: model)
    var isFolder: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: model, isDirectory: &isFolder)
    let trees =
      isFolder.boolValue
      ? try TreeEnsemble(contentsOf: url) : try TreeEnsemble(json: Array(Data(readingFrom: url)), path: model)
    guard trees.trees.indices.contains(tree) else {
      throw ValidationError("no tree \(tree); the model has \(trees.trees.count), from 0")
    }
    print(trees.text(ofTree: tree))
    guard let figure, let format = format(of: figure) else { return }
    let picture = try trees.diagram(ofTree: tree, depth: depth).render(as: format)
    try AtomicFile.write(picture, to: URL(fileURLWithPath: figure))
    remark("\(figure) shows \(min(depth, trees.trees[tree].depth)) of \(trees.trees[tree].depth) levels")
  }
}
