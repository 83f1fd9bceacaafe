import Foundation
import Histograms
import Inference
import StatisticalModels
import TestSupport
import Testing

/// Histograms of a JSON file: file, name, contents and squared errors.
struct JSONHistograms: HistogramSource {
  struct Entry: Decodable {
    var contents: [Double]
    var squares: [Double]
  }
  var files: [String: [String: Entry]]

  init(_ reference: String) throws {
    files = try JSONDecoder().decode([String: [String: Entry]].self, from: Data(contentsOf: referenceURL(reference)))
  }

  func histogram(_ name: String, in file: String) throws -> Histogram1D? {
    guard let entry = files[file]?[name] else { return nil }
    let axis = try Axis(binCount: entry.contents.count, from: 0, to: Double(entry.contents.count))
    return Histogram1D(
      axis: axis, sumW: entry.contents, sumW2: entry.squares, counts: entry.contents.map { _ in 0 })
  }

  func histogramNames(in file: String) throws -> [String] { (files[file] ?? [:]).keys.sorted() }
}

/// An implementation of Combine's likelihood of its own (`Tests/Reference/datacards`).
@Suite("Datacards: limits of Combine's likelihood")
struct DatacardLimitTests {
  struct Answers: Decodable {
    var observed: Double
    var expected: [Double]
    var best_fit: Double
    var parameters: [String: Double]
    var twice_nll_above_best_at_1: Double
  }

  private func answers(_ card: String) throws -> Answers {
    let text = try Data(contentsOf: referenceURL("datacards/answers.json"))
    struct File: Decodable { var counting, channels, shapes: Answers }
    let file = try JSONDecoder().decode(File.self, from: text)
    return try #require(["counting": file.counting, "channels": file.channels, "shapes": file.shapes][card])
  }

  private func converted(_ card: String) throws -> ConvertedWorkspace {
    try Datacard(readingFrom: referenceURL("datacards/\(card).txt"))
      .converted(from: JSONHistograms("datacards/shapes.json"), mass: "125")
  }

  // MINUIT's numerical derivatives leave some 1e-7 on −2 ln L, of which a limit sees its square root's share. With
  // autoMCStats the Asimov data differ: Combine's one auxiliary measurement of a bin's sum is not the sum of its processes'
  // where normalisations move away from the fit.
  @Test("limits and bands", arguments: [("counting", 3e-5), ("channels", 3e-5), ("shapes", 5e-4)])
  func limits(_ card: String, tolerance: Double) throws {
    let reference = try answers(card)
    let made = try converted(card)
    #expect(made.warnings == [])
    let limit = try Model(made.workspace).upperLimit()
    for (ours, theirs) in zip([limit.observed] + limit.expected, [reference.observed] + reference.expected) {
      #expect(abs(ours / theirs - 1) < tolerance, "\(ours), reference \(theirs)")
    }
    #expect(abs(limit.bestMu - reference.best_fit) < 1e-3)
  }

  @Test("the likelihood's rise to r = 1, and the fitted nuisances", arguments: ["counting", "channels", "shapes"])
  func likelihood(_ card: String) throws {
    let reference = try answers(card)
    let made = try converted(card)
    let model = try Model(made.workspace)
    let calculator = try AsymptoticCalculator(model)
    let rise = try model.fit(holding: 1).deviance - calculator.bestFit.deviance
    #expect(abs(rise - reference.twice_nll_above_best_at_1) < 2e-6)
    for name in ["lumi", "jes", "xs_ggH", "top_norm", "w_norm", "scale"] {
      guard let theirs = reference.parameters[name], let ours = calculator.bestFit[name] else { continue }
      #expect(abs(ours - theirs) < 2e-3, "\(name): \(ours), reference \(theirs)")
    }
  }

  // What Combine's documentation prints, to the accuracy at which its search stops.
  @Test("Combine's own limits of the counting card")
  func published() throws {
    let made = try converted("counting")
    let limit = try Model(made.workspace).upperLimit()
    let printed = [1.6281, 0.9640, 1.4329, 2.3281, 3.9800, 6.6194]
    for (ours, theirs) in zip([limit.observed] + limit.expected, printed) { #expect(abs(ours / theirs - 1) < 0.02) }
  }

  // pyhf's interpolation differs from Combine's within ±1σ of asymmetric factors only.
  @Test("the workspace alone, with HistFactory's interpolation, is close")
  func otherCodes() throws {
    for card in ["counting", "channels", "shapes"] {
      let made = try converted(card)
      var document = try Workspace(made.workspace.document)
      let (a, b) = (try Model(made.workspace).upperLimit(), try Model(document).upperLimit())
      document.file = made.workspace.file
      document.codes = .combine
      #expect(document == made.workspace)
      #expect(abs(a.observed / b.observed - 1) < 5e-3 && abs(a.median / b.median - 1) < 5e-3)
      #expect(card == "counting" || a.observed != b.observed)
    }
  }

  @Test("a frozen rate stays, and bounds are the card's")
  func parameters() throws {
    let model = try Model(try converted("channels").workspace)
    func parameter(_ name: String) throws -> Model.Parameter {
      model.parameters[try #require(model.index(of: name))]
    }
    #expect(try parameter("sig_eff").isFixed && parameter("sig_eff").initial == 0.9)
    #expect(try parameter("sig_eff").lower == 0.5 && parameter("sig_eff").upper == 1.1)
    #expect(try parameter("top_pt").lower == 1 / 1.5 && parameter("top_pt").upper == 1.5)
    #expect(try parameter("top_norm").lower == 0)
    #expect(try parameter("jes").lower == -7)
  }
}
