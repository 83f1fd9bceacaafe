import Foundation
import Records

/// How rare classes gain rows, among training events only: validation and test rows are never touched, and no copy or
/// synthetic row leaves the part of the sample that it was made from.
public enum Resampling: Hashable, Codable, Sendable {
  case none
  /// Rows of each class are drawn again, with replacement, until it has `ratio` times the rows of the largest class.
  case oversample(ratio: Double)
  /// Rows of each class are left out at random until it has at most the rows of the smallest class divided by `ratio`.
  case undersample(ratio: Double)
  /// Synthetic rows between a row and one of its `neighbours` nearest of the same class (Chawla et al.,
  /// arXiv:1106.1813), until the class has `ratio` times the rows of the largest one. A synthetic row's weight lies
  /// between those of its parents as its features do. Distances are of scaled features; O(rows² · columns) within a
  /// class that grows.
  case smote(neighbours: Int, ratio: Double)

  func validate(_ need: (Bool, String, String) throws -> Void) throws {
    switch self {
    case .none: return
    case .oversample(let ratio), .undersample(let ratio):
      try need(ratio > 0 && ratio <= 1, "ratio \(ratio)", "(0, 1]")
    case .smote(let neighbours, let ratio):
      try need(neighbours >= 1, "neighbours \(neighbours)", "≥ 1")
      try need(ratio > 0 && ratio <= 1, "ratio \(ratio)", "(0, 1]")
    }
  }
}

extension TrainingData {
  /// The rows that training sees. Targets must be classes. Each class draws from a stream of its own, so that its rows
  /// do not depend on the other classes' beyond their number.
  /// - Throws: ``LearningError`` for a class with too few rows for SMOTE.
  func resampled(_ resampling: Resampling, seed: SeedTree) throws -> TrainingData {
    if case .none = resampling { return self }
    var members: [Int: [Int]] = [:]
    for row in 0..<rows { members[Int(targets[row]), default: []].append(row) }
    let largest = members.values.map(\.count).max() ?? 0, smallest = members.values.map(\.count).min() ?? 0
    var result = self
    if case .undersample(let ratio) = resampling {
      let limit = Int((Double(smallest) / ratio).rounded())
      let kept = members.flatMap { label, rows in
        var random = seed.child(label).stream()
        var chosen = rows
        random.shuffle(&chosen)
        return Array(chosen.prefix(limit))
      }
      return selecting(kept.sorted())
    }
    for (label, own) in members.sorted(by: { $0.key < $1.key }) {
      var random = seed.child(label).stream()
      switch resampling {
      case .oversample(let ratio):
        let missing = max(0, Int((ratio * Double(largest)).rounded()) - own.count)
        for _ in 0..<missing {
          let row = own[random.integer(below: own.count)]
          result.append(Array(features[row * columns..<(row + 1) * columns]), targets[row], weights[row])
        }
      case .smote(let neighbours, let ratio):
        let missing = max(0, Int((ratio * Double(largest)).rounded()) - own.count)
        guard missing > 0 else { continue }
        guard own.count > neighbours else {
          throw LearningError.tooFewRows(
            what: "class \(label)", needed: neighbours + 1, found: own.count)
        }
        appendSynthetic(missing, own, label, neighbours, &random, to: &result)
      case .none, .undersample: continue
      }
    }
    return result
  }

  private func appendSynthetic(
    _ count: Int, _ own: [Int], _ label: Int, _ neighbours: Int, _ random: inout RandomStream,
    to result: inout TrainingData
  ) {
    var known: [Int: [Int]] = [:]
    for _ in 0..<count {
      let parent = random.integer(below: own.count)
      let near = known[parent] ?? nearest(neighbours, to: own[parent], among: own)
      known[parent] = near
      let (a, b) = (own[parent], near[random.integer(below: near.count)])
      let part = Float(random.uniform())
      let row = (0..<columns).map { column in
        let from = features[a * columns + column]
        return from + part * (features[b * columns + column] - from)
      }
      result.append(row, Float(label), weights[a] + part * (weights[b] - weights[a]))
    }
  }

  /// Rows of least Euclidean distance, the row itself left out; equal distances by row number.
  private func nearest(_ count: Int, to row: Int, among rows: [Int]) -> [Int] {
    features.withUnsafeBufferPointer { values in
      let own = values.baseAddress.map { $0 + row * columns }
      let distances = rows.filter { $0 != row }.map { other -> (distance: Float, row: Int) in
        guard let own else { return (0, other) }
        var sum: Float = 0
        for column in 0..<columns {
          let difference = own[column] - values[other * columns + column]
          sum += difference * difference
        }
        return (sum, other)
      }
      return distances.sorted { ($0.distance, $0.row) < ($1.distance, $1.row) }.prefix(count).map(\.row)
    }
  }
}
