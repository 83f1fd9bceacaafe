import Foundation
import Histograms
import Learning

/// A feature before and after a cut on the score: which kinematic cuts the network has learnt to make, and how it shapes the background.
public struct CutView: Hashable, Codable, Sendable {
  public var feature: String
  /// Rich text, and the unit or nothing.
  public var title, unit: String
  public var edges: [Double]
  /// Whether the feature counts: a bin for each number.
  public var isCount: Bool
  public var signal, background: Shapes

  /// Expected events by bin; what lies outside is left out.
  public struct Shapes: Hashable, Codable, Sendable {
    public var before, after: [WeightedSum]
  }

  /// What is looked at.
  public struct Feature: Hashable, Sendable {
    public var name, title, unit: String
    /// Where the object is missing; such events are left out.
    public var placeholder: Float?

    public init(name: String, title: String, unit: String, placeholder: Float?) {
      self.name = name
      self.title = title
      self.unit = unit
      self.placeholder = placeholder
    }
  }

  /// - Parameters:
  ///   - values: of each event of the sample.
  ///   - threshold: events of this score or more pass.
  /// - Returns: nil for a feature that is the same wherever it is there, or there in ten events or fewer.
  public init?(
    _ feature: Feature, values: [Float], _ sample: ScoredSample, threshold: Float, bins: Int = 16
  ) throws {
    precondition(values.count == sample.scores.count, "\(values.count) values for \(sample.scores.count) events")
    let present = values.filter { $0 != feature.placeholder }.map(Double.init).sorted()
    guard present.count > 10, let (axis, isCount) = try Axis.ofBulk(present, bins: bins) else { return nil }
    func shapes(_ label: Float) -> Shapes {
      let empty = [WeightedSum](repeating: WeightedSum(), count: axis.binCount)
      var shapes = Shapes(before: empty, after: empty)
      for row in values.indices where sample.labels[row] == label && values[row] != feature.placeholder {
        guard let slot = axis.slot(of: Double(values[row])), (1...axis.binCount).contains(slot) else { continue }
        shapes.before[slot - 1].add(Double(sample.weights[row]))
        if sample.scores[row] >= threshold { shapes.after[slot - 1].add(Double(sample.weights[row])) }
      }
      return shapes
    }
    self.feature = feature.name
    title = feature.title
    unit = feature.unit
    edges = axis.edges
    self.isCount = isCount
    signal = shapes(1)
    background = shapes(0)
  }
}

extension Axis {
  /// The bulk of sorted values; a bin for each number where all are whole and few. nil if they are all the same.
  static func ofBulk(_ sorted: [Double], bins: Int) throws -> (axis: Axis, isCount: Bool)? {
    let low = sorted[sorted.count / 200], high = sorted[sorted.count - 1 - sorted.count / 100]
    guard low < high else { return nil }
    guard high - low < 40, sorted.allSatisfy({ $0 == $0.rounded() }) else {
      return (try Axis(binCount: bins, from: low, to: high), false)
    }
    return (try Axis(binCount: Int(high - low) + 1, from: low - 0.5, to: high + 0.5), true)
  }
}
