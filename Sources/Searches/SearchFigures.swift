import Figures
import Foundation

/// The pictures of a search, each with its file name and caption.
public struct SearchFigure: Sendable {
  public var name: String
  public var caption: String
  public var figure: Figure
}

extension SearchRun.Outcome {
  /// All pictures of the run.
  /// - Throws: `FigureError`, `SampleError`, `LearningError`.
  public func figures() throws -> [SearchFigure] {
    var figures: [SearchFigure] = []
    for signal in card.signals { figures.append(try distribution(training: signal.name, signal: signal)) }
    for signal in card.signals.prefix(1) {
      figures.append(try distribution(training: card.fit.baseline.name, signal: signal))
    }
    figures.append(try rocCurves())
    figures.append(learningCurves())
    figures.append(transferMatrix())
    figures += limitScans()
    figures.append(try featureShapes())
    figures += diagnosticsFigures()
    figures += try anomalyFigures()
    return figures
  }

  var notes: [String] {
    ["Searchlight simulation", "√s = \(trimmed(card.collisionEnergy / 1000)) TeV, \(trimmed(card.luminosity)) fb^{−1}"]
  }

  func trimmed(_ value: Double) -> String {
    value == value.rounded() ? String(Int(value)) : String(format: "%.3g", value)
  }
}
