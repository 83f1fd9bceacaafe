import ByteIO
import CoreNumerics
import Foundation
import Learning
import Records
import Reports

/// What one training is worth on the test rows.
public struct ComparisonMeasure: Hashable, Codable, Sendable {
  /// The area under the ROC curve.
  public var auc: Double
  /// Expected significance of a discovery by counting behind the best cut, and by a fit of the score's distribution.
  public var significanceOfCut, significanceOfShape: Double
  /// The cut: chosen on validation rows, its efficiencies measured on test rows.
  public var threshold, signalEfficiency, backgroundEfficiency: Double
  /// Bins of the fit.
  public var bins: Int
  public var epochs: Int
  public var validationLoss: Double

  enum CodingKeys: String, CodingKey {
    case auc, threshold, bins, epochs
    case significanceOfCut = "significance_of_cut"
    case significanceOfShape = "significance_of_shape"
    case signalEfficiency = "signal_efficiency"
    case backgroundEfficiency = "background_efficiency"
    case validationLoss = "validation_loss"
  }
}

/// Scores with their labels.
struct LabelledScores: Sendable {
  var scores: [Float]
  var labels: [Float]

  func values(label: Float, total: Double) -> WeightedValues {
    let values = zip(scores, labels).filter { $0.1 == label }.map { Double($0.0) }
    return WeightedValues(
      values: values, weights: Array(repeating: total / Double(max(values.count, 1)), count: values.count))
  }
}

extension ComparisonMeasure {
  /// Simulated background events that must be left behind a cut or in a bin, so that its efficiency is known to a third.
  static let leastBackground = 10.0

  init(
    validation: LabelledScores, test: LabelledScores, discovery: ComparisonCard.Discovery, epochs: Int,
    validationLoss: Double
  ) throws {
    auc = try Metrics.rocAUC(
      scores: test.scores, labels: test.labels, weights: [Float](repeating: 1, count: test.labels.count))
    let cut = Self.bestCut(validation, discovery)
    let signal = test.values(label: 1, total: discovery.signal),
      background = test.values(label: 0, total: discovery.background)
    threshold = cut
    signalEfficiency = Self.efficiency(signal, cut)
    backgroundEfficiency = Self.efficiency(background, cut)
    significanceOfCut = Self.significance(signalEfficiency, backgroundEfficiency, discovery)
    let binning = FitBinning(bins: 20, minimumBackground: 1, minimumEffective: Self.leastBackground)
    let all = test.scores + validation.scores
    let (low, high) = (Double(all.min() ?? 0), Double(all.max() ?? 1))
    let margin = max(1e-6, (high - low) * 1e-3)
    let edges = try binning.edges(
      signal: validation.values(label: 1, total: discovery.signal), background: background,
      range: low - margin...high + margin)
    bins = edges.count - 1
    significanceOfShape = Significance.asimov(
      signal: Self.contents(signal, edges), background: Self.contents(background, edges),
      relativeUncertainty: discovery.uncertainty / discovery.background)
    self.epochs = epochs
    self.validationLoss = validationLoss
  }

  private static func significance(_ signal: Double, _ background: Double, _ discovery: ComparisonCard.Discovery)
    -> Double
  {
    let b = discovery.background * background
    return Significance.asimov(
      signal: discovery.signal * signal, background: b,
      backgroundUncertainty: b * discovery.uncertainty / discovery.background)
  }

  private static func efficiency(_ values: WeightedValues, _ cut: Double) -> Double {
    let passed = values.values.reduce(0) { $0 + ($1 >= cut ? 1 : 0) }
    return Double(passed) / Double(max(values.values.count, 1))
  }

  /// The signal's percentile with the best significance that leaves enough background to measure it.
  private static func bestCut(_ scores: LabelledScores, _ discovery: ComparisonCard.Discovery) -> Double {
    let signal = scores.values(label: 1, total: 1).values.sorted()
    let background = scores.values(label: 0, total: 1).values.sorted()
    guard let lowest = signal.first else { return 0 }
    var best = (cut: lowest, significance: 0.0)
    for percent in 0..<100 {
      let cut = signal[signal.count * percent / 100]
      let left = background.count - background.partitioningIndex { $0 >= cut }
      guard Double(left) >= leastBackground else { break }
      let passed = signal.count - signal.partitioningIndex { $0 >= cut }
      let z = significance(
        Double(passed) / Double(signal.count), Double(left) / Double(background.count), discovery)
      if z > best.significance { best = (cut, z) }
    }
    return best.cut
  }

  private static func contents(_ values: WeightedValues, _ edges: [Double]) -> [Double] {
    var sums = [Double](repeating: 0, count: edges.count - 1)
    for (value, weight) in zip(values.values, values.weights) {
      let bin = edges.partitioningIndex { $0 > value } - 1
      sums[min(max(bin, 0), sums.count - 1)] += weight
    }
    return sums
  }
}

extension Array {
  /// The first place from which on the condition holds, in an array where it holds for all that follow one for which it does.
  fileprivate func partitioningIndex(_ belongs: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if belongs(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

/// A number with its spread over seeds.
public struct SpreadValue: Hashable, Codable, Sendable {
  public var mean: Double
  /// The standard deviation of a single training; 0 of one.
  public var spread: Double

  init(_ values: [Double]) {
    let mean = values.reduce(0, +) / Double(max(values.count, 1))
    self.mean = mean
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    spread = values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : 0
  }

  /// As the Particle Data Group rounds, or with `digits` behind the point where there is no spread.
  func text(digits: Int) -> String {
    spread > 0 ? RoundedValue.symmetric(mean, spread) : String(format: "%.\(digits)f", mean)
  }
}

/// The numbers of a comparison. Written as `tables.json`.
public struct ComparisonTables: Hashable, Codable, Sendable {
  public var schema = 1
  /// The table's file name, and its rows that serve each purpose.
  public var table: String
  public var rows: [String: Int]
  public var discovery: ComparisonCard.Discovery
  /// In the card's order.
  public var inputs, models: [String]
  /// By inputs, then by model: one a seed.
  public var measures: [String: [String: [ComparisonMeasure]]]

  /// A number of each cell.
  public enum Quantity: String, CaseIterable, Sendable {
    case auc
    case significanceOfShape = "significance_of_shape"
    case significanceOfCut = "significance_of_cut"

    func of(_ measure: ComparisonMeasure) -> Double {
      switch self {
      case .auc: measure.auc
      case .significanceOfShape: measure.significanceOfShape
      case .significanceOfCut: measure.significanceOfCut
      }
    }
  }

  public func value(_ quantity: Quantity, inputs: String, model: String) -> SpreadValue? {
    measures[inputs]?[model].map { SpreadValue($0.map(quantity.of)) }
  }

  func caption(_ quantity: Quantity) -> String {
    let seeds = measures.values.first?.values.first?.count ?? 0
    let spread = seeds > 1 ? "mean ± standard deviation over \(seeds) seeds" : "one seed"
    let experiment = String(
      format: "%g signal and %g ± %g background events", discovery.signal, discovery.background, discovery.uncertainty)
    return switch quantity {
    case .auc: "Area under the ROC curve on \(rows["test"] ?? 0) test rows; \(spread)"
    case .significanceOfShape:
      "Expected significance of a discovery in \(experiment), by a fit of the score's distribution (σ); \(spread)"
    case .significanceOfCut:
      "Expected significance of a discovery in \(experiment), by counting behind the best cut (σ); \(spread)"
    }
  }

  /// Header and rows of a table: a row a model, a column for each inputs.
  func cells(_ quantity: Quantity, _ titles: [String: String]) -> (header: [String], rows: [[String]]) {
    let rows = models.map { model in
      [titles[model] ?? model]
        + inputs.map { value(quantity, inputs: $0, model: model)?.text(digits: quantity == .auc ? 4 : 2) ?? "–" }
    }
    return (["model \\ inputs"] + inputs, rows)
  }

  /// All tables as aligned text.
  public func text(titles: [String: String]) -> String {
    Quantity.allCases.map { quantity in
      let (header, rows) = cells(quantity, titles)
      return caption(quantity) + "\n" + alignedText(header: header, rows: rows)
    }.joined(separator: "\n\n")
  }

  /// One line a training.
  public var csv: String {
    var lines = [
      "inputs,model,repeat,auc,significance_of_shape,significance_of_cut,signal_efficiency,background_efficiency,epochs,validation_loss"
    ]
    for name in inputs {
      for model in models {
        for (index, m) in (measures[name]?[model] ?? []).enumerated() {
          let numbers = [
            m.auc, m.significanceOfShape, m.significanceOfCut, m.signalEfficiency, m.backgroundEfficiency,
          ]
          lines.append(
            ([name, model, "\(index)"] + numbers.map { "\($0)" } + ["\(m.epochs)", "\(m.validationLoss)"])
              .joined(separator: ","))
        }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
