import DecisionTrees
import Figures
import Foundation
import Learning
import Records
import TestSupport
import Testing

@testable import Interpretation
@testable import Reports

/// What the figures of classifiers show, read from their drawings.
@Suite struct ClassifierFigureTests {
  private func sample(_ seed: Int, shift: Double = 2) throws -> ScoredSample {
    var random = SeedTree(root: 100).child(seed).stream()
    let labels = (0..<4000).map { Float($0 % 2) }
    return try ScoredSample(
      scores: labels.map { Float(1 / (1 + exp(-shift * (random.normal() + shift * Double($0) - shift / 2)))) },
      labels: labels, weights: labels.map { $0 == 1 ? 0.02 : 1 })
  }

  private func diagnostics() throws -> ClassifierDiagnostics {
    let (training, validation, test) = (try sample(1), try sample(2), try sample(3))
    func cuts(_ sample: ScoredSample) throws -> ScoreCuts {
      try ScoreCuts(scores: sample.scores, labels: sample.labels, weights: sample.weights)
    }
    let analysis = CountingAnalysis(validation: try cuts(validation), test: try cuts(test), luminosity: 150)
    let systematics = (0...10).map { Double($0) / 20 }
    let importances = (0..<30).map {
      FeatureImportance(feature: "Jet\($0)_PT", value: 0.3 / Double($0 + 1) - 0.012, uncertainty: 0.004)
    }
    let curve = try ReliabilityCurve(scores: test.scores, labels: test.labels, weights: test.balancedWeights)
    let views = try ["Jet1_PT", "Jet2_PT", "Jet3_PT"].compactMap { name in
      try CutView(
        .init(name: name, title: "p_{T}", unit: "GeV", placeholder: 0),
        values: test.scores.map { 100 + 300 * $0 }, test, threshold: 0.8)
    }
    return ClassifierDiagnostics(
      areaUnderCurve: ["test": Estimate(value: 0.92, uncertainty: 0.005)],
      atSignalEfficiency: [try cuts(test).operatingPoint(signalEfficiency: 0.5)], atBackgroundEfficiency: [],
      significanceImprovement: try cuts(test).significanceImprovementCurve(count: 50),
      overTraining: try OverTraining(training: training, test: test),
      calibration: ["score": curve, "platt": curve, "isotonic": curve],
      confusion: try ConfusionMatrix(scores: test.scores, labels: test.labels, weights: test.weights),
      permutationImportance: importances, gradientImportance: importances,
      counting: .init(
        best: analysis.point(threshold: analysis.bestThreshold(), systematic: 0.1),
        byThreshold: analysis.thresholdScan(systematic: 0.1),
        byLuminosity: analysis.luminosityScan([300, 1000, 3000], systematic: 0.1),
        bySystematic: analysis.systematicScan(systematics),
        bySystematicChosenAnew: analysis.systematicScan(systematics, choosesAnew: true)),
      cutViews: views, cutViewThreshold: 0.8)
  }

  /// Every text is on the page, and no two lie on each other.
  private func check(_ figure: Figure) throws -> Drawing {
    let drawing = try figure.drawing()
    let page = Rect(left: 0, top: 0, right: drawing.width, bottom: drawing.height)
    let texts = drawing.texts
    for text in texts { #expect(page.contains(text.box), "\(figure.title): '\(text.plain)' leaves the page") }
    for (index, a) in texts.enumerated() {
      for b in texts[(index + 1)...] where a.box.intersects(b.box) {
        Issue.record("\(figure.title): '\(a.plain)' lies on '\(b.plain)'")
      }
    }
    return drawing
  }

  private func words(_ drawing: Drawing, _ role: Drawing.Role) -> [String] {
    drawing.texts.filter { $0.role == role }.map(\.plain)
  }

  @Test func significances() throws {
    let figure = try diagnostics().significanceFigure(name: "s", title: "FCNC tZ")
    let drawing = try check(figure.figure)
    #expect(words(drawing, .axisTitle).contains("Uncertainty δ of the background [%]"))
    #expect(words(drawing, .legendText).count == 7 && words(drawing, .note) == ["FCNC tZ"])
    #expect(words(drawing, .tickLabel).contains("1000") || words(drawing, .tickLabel).contains("10^3"))
  }

  @Test func importancesAndCuts() throws {
    let found = try diagnostics()
    let drawing = try check(found.importanceFigure(name: "i", title: "T").figure)
    let labels = words(drawing, .tickLabel).filter { $0.hasPrefix("Jet") }
    #expect(labels.count == 30 && labels.first == "Jet0_PT" && !labels.contains("Jet15_PT"))
    let cut = try #require(found.cutFigure(name: "c", title: "T"))
    #expect(words(try check(cut.figure), .legendText).count == 4 && cut.caption.contains("p ≥ 0.8"))
  }

  @Test func overTrainingAndCalibration() throws {
    let found = try diagnostics()
    let drawing = try check(
      Figure(
        title: "o", width: 540, columns: [[found.overTrainingPanel(title: "T")], [found.reliabilityPanel(title: "T")]]))
    let legend = words(drawing, .legendText)
    #expect(legend.contains { $0.hasPrefix("signal, train: KS 0.0") })
    #expect(legend.contains { $0.hasPrefix("isotonic: ECE = 0.0") })
  }

  @Test func rejection() throws {
    let curves = try (0..<7).map {
      LabelledCurve(
        label: "HG 1.\($0) TeV", area: Estimate(value: 0.95123, uncertainty: 0.0012),
        points: try diagnostics().significanceImprovement)
    }
    let drawing = try check(rejectionFigure(curves).figure)
    #expect(words(drawing, .legendText).contains("HG 1.3 TeV, AUC = 0.9512 ± 0.0012"))
  }

  @Test(arguments: ConfusionMatrix.Normalization.allCases)
  func confusion(normalization: ConfusionMatrix.Normalization) throws {
    var random = SeedTree(root: 3).stream()
    let truth = (0..<2000).map { $0 % 5 }
    let probabilities = truth.flatMap { own in (0..<5).map { Float(random.uniform() + ($0 == own ? 0.5 : 0)) } }
    let matrix = try ConfusionMatrix(
      probabilities: probabilities, truth: truth, weights: truth.map { _ in 1 },
      classes: ["fcnc-tz", "tt-1000", "Z + jets", "tt̄", "dibosons"])
    let drawing = try check(matrix.figure(normalization: normalization).figure)
    #expect(words(drawing, .cellText).count == (normalization == .none ? 25 : 50))
    #expect(Set(words(drawing, .axisTitle)) == ["predicted", "true"])
  }

  @Test func trees() throws {
    struct Models: Decodable {
      struct Model: Decodable { var json: String }
      var models: [String: Model]
    }
    let models = try JSONDecoder().decode(Models.self, from: Data(contentsOf: referenceURL("trees/models.json"))).models
    let trees = try TreeEnsemble(
      json: Array(try #require(models["classification"]).json.utf8), path: "classification",
      featureNames: ["Jet1_PT", "Jet2_PT", "MissingET_MET", "ScalarHT_HT"])
    let whole = trees.diagram(ofTree: 0, depth: 10)
    #expect(whole.nodes.count == trees.trees[0].nodeCount)
    let drawing = try whole.drawing()
    let texts = words(drawing, .cellText)
    #expect(texts.count { $0.hasPrefix("gain ") } == trees.trees[0].nodeCount - trees.trees[0].leafCount)
    #expect(texts.contains { $0.hasPrefix("Jet1_PT < ") })
    // A picture that ends early says how much is below.
    let short = trees.diagram(ofTree: 0, depth: 1)
    #expect(short.nodes.count == 3)
    let below = try words(short.drawing(), .cellText).compactMap { text -> Int? in
      text.hasPrefix("… ") ? Int(text.dropFirst(2).prefix { $0.isNumber }) : nil
    }
    #expect(below.reduce(0, +) == trees.trees[0].leafCount)
    // The text has a line a node.
    let lines = trees.text(ofTree: 0).split(separator: "\n")
    #expect(lines.count == trees.trees[0].nodeCount && lines.count { $0.contains("leaf ") } == trees.trees[0].leafCount)
  }
}
