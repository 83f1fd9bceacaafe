import Foundation

/// What one detector, or the product of several, says of all samples.
public struct DetectorScores: Sendable {
  public var name: String
  public var title: String
  /// What it is made of, for reports.
  public var summary: String
  /// By sample, one number an event: as the method gives it, higher is more anomalous.
  public var scores: [String: [Double]]
  /// The same as ``BackgroundLevel``, on the backgrounds' train events.
  public var levels: [String: [Double]]

  /// - Throws: ``SampleError``.
  init(
    name: String, title: String, summary: String, scores: [String: [Double]], backgrounds: [SearchCard.Sample],
    samples: [String: PreparedSample]
  ) throws {
    self.name = name
    self.title = title
    self.summary = summary
    self.scores = scores
    let seen = WeightedValues.joined(
      try backgrounds.compactMap { sample in
        guard let events = samples[sample.name], let values = scores[sample.name] else { return nil }
        return try events.values(values, part: .train)
      })
    let level = try BackgroundLevel(seen, name: name)
    levels = scores.mapValues { $0.map { level($0) } }
  }
}

/// A row of the tables of limits that detectors bring: a detector, a product, or a plane of two.
public struct DetectorRow: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    case detector
    /// The product of the members' background p-values.
    case product([String])
    /// Bins of the first member's level, cut by the second's.
    case plane(String, String)
  }

  public var name: String
  public var title: String
  public var kind: Kind
}

extension SearchCard {
  /// The rows in the order of tables: detectors, then for each combination its product and, of two, its plane.
  public var detectorRows: [DetectorRow] {
    let titles = Dictionary(uniqueKeysWithValues: detectors.map { ($0.name, $0.title) })
    return detectors.map { DetectorRow(name: $0.name, title: $0.title, kind: .detector) }
      + anomaly.combinations.flatMap { members -> [DetectorRow] in
        let shown = members.map { titles[$0] ?? $0 }
        let joined = members.joined(separator: "-")
        var rows = [
          DetectorRow(name: "product-\(joined)", title: shown.joined(separator: " × "), kind: .product(members))
        ]
        if members.count == 2 {
          rows.append(
            DetectorRow(
              name: "plane-\(joined)", title: shown.joined(separator: ", "), kind: .plane(members[0], members[1])))
        }
        return rows
      }
  }
}
