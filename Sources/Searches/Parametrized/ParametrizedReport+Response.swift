import Figures
import Foundation
import Learning

/// The output of a parametrised network of one feature against that feature.
struct ResponseCurves: Sendable {
  var feature, model: String
  var x: [Double]
  /// By θ.
  var scores: [Float: [Float]]

  /// Of the first model that sees θ and is trained at all points, over the feature's range on test rows; `nil` with more features.
  init?(_ card: ParametrizedCard, _ events: ParametrizedEvents, _ networks: [String: [FamilyNetwork]]) async throws {
    guard let feature = card.features.first, card.features.count == 1,
      let model = card.models.first(where: { $0.seesParameter && $0.training == .all }),
      let network = networks[model.name]?.first
    else { return nil }
    let values = events.table.values(of: feature, rows: events.table.rows(of: .test))
    guard let low = values.min(), let high = values.max(), low < high else { return nil }
    let grid = (0...200).map { low + (high - low) * Float($0) / 200 }
    (self.feature, self.model, x, scores) = (feature, model.title, grid.map(Double.init), [:])
    let matrix = try FeatureMatrix(names: [feature], values: grid)
    for point in events.points { scores[point] = try await network.classifier(at: point).scores(matrix) }
  }

  /// A line for each point, dashed where the network was not trained.
  func figure(points: [Float], trained: [Float], name: (Float) -> String) -> SearchFigure {
    let series = points.enumerated().map { index, point -> Series in
      let dash: LineStyle.Dash = trained.contains(point) ? .solid : .dashed
      return .line(
        LineSeries(
          name(point), x: x, y: scores[point]?.map(Double.init) ?? [],
          style: LineStyle(Palette.okabeIto[index], dash: dash, width: trained.contains(point) ? 1.6 : 1.3)))
    }
    return SearchFigure(
      name: "response",
      caption: "Output of the \(model) against \(feature), first seed; dashed at points where it was not trained.",
      figure: Figure(
        title: "Output of the \(model)", width: 460, height: 320,
        columns: [
          [
            Panel(
              x: AxisDescription(feature.replacing("_", with: "\\_")),
              y: AxisDescription("Network output", lower: 0, marksEnd: 1),
              series: series)
          ]
        ]))
  }
}
