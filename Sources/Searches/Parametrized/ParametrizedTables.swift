import Foundation
import Learning

/// The numbers of a study of parametrised networks. Written as `tables.json`.
public struct ParametrizedTables: Hashable, Codable, Sendable {
  public var schema = 1
  /// The table's file name, and its rows that serve each purpose.
  public var table: String
  public var rows: [String: Int]
  /// The column with θ.
  public var parameter: String
  /// What `trained_on: all` means, and where models are tested.
  public var train, points: [Float]
  /// In the card's order.
  public var models: [String]
  /// By model: for each of ``points`` one a seed.
  public var measures: [String: [[Measure]]]

  /// What one training is worth at a point.
  public struct Measure: Hashable, Codable, Sendable {
    /// The area under the ROC curve of the signal at the point against the background, on test rows of weight 1.
    public var auc: Double
    public var epochs: Int
    public var validationLoss: Double

    enum CodingKeys: String, CodingKey {
      case auc, epochs
      case validationLoss = "validation_loss"
    }

    init(_ scores: LabelledScores, _ history: TrainingHistory) throws {
      auc = try Metrics.rocAUC(
        scores: scores.scores, labels: scores.labels, weights: [Float](repeating: 1, count: scores.labels.count))
      epochs = history.epochs.count
      validationLoss = history.bestValidationLoss
    }
  }

  /// The AUC of a model at a point.
  public func auc(_ model: String, at point: Float) -> SpreadValue? {
    guard let place = points.firstIndex(of: point), let measures = measures[model]?[place] else { return nil }
    return SpreadValue(measures.map(\.auc))
  }

  var caption: String {
    let seeds = measures.values.first?.first?.count ?? 0
    return "Area under the ROC curve by model and tested \(parameter) on \(rows["test"] ?? 0) test rows; "
      + (seeds > 1 ? "mean ± standard deviation over \(seeds) seeds" : "one seed")
      + "; trained at \(train.map(plainNumber).joined(separator: ", "))"
  }

  /// A row a model, a column for each point.
  func cells(_ titles: [String: String]) -> (header: [String], rows: [[String]]) {
    let rows = models.map { model in
      [titles[model] ?? model] + points.map { auc(model, at: $0)?.text(digits: 4) ?? "–" }
    }
    return (["model \\ \(parameter)"] + points.map(plainNumber), rows)
  }

  public func text(titles: [String: String]) -> String {
    let (header, rows) = cells(titles)
    return caption + "\n" + alignedText(header: header, rows: rows)
  }

  /// One line a training and tested point.
  public var csv: String {
    var lines = ["model,\(parameter),repeat,auc,epochs,validation_loss"]
    for model in models {
      for (point, measures) in zip(points, measures[model] ?? []) {
        for (index, m) in measures.enumerated() {
          lines.append("\(model),\(plainNumber(point)),\(index),\(m.auc),\(m.epochs),\(m.validationLoss)")
        }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
