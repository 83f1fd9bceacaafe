import Dispatch

/// Shifts and scales columns to weighted mean 0 and width 1, as fitted on training rows.
///
/// A column may have a placeholder, the value that stands where an object is missing (zero for the transverse momentum
/// of a fifth jet). Placeholders enter neither mean nor width, and are left at 0 after scaling: the mean of the column.
public struct StandardScaler: Hashable, Codable, Sendable {
  public var featureNames: [String]
  /// Of the values present; 0 where there are none.
  public var means: [Double]
  /// Square root of the weighted variance; 1 for constant columns and those without values.
  public var widths: [Double]
  /// By column; nil where every value counts.
  public var placeholders: [Float?]

  public init(featureNames: [String], means: [Double], widths: [Double], placeholders: [Float?]) {
    precondition(
      means.count == featureNames.count && widths.count == featureNames.count
        && placeholders.count == featureNames.count,
      "\(featureNames.count) names, \(means.count) means, \(widths.count) widths, \(placeholders.count) placeholders")
    self.featureNames = featureNames
    self.means = means
    self.widths = widths
    self.placeholders = placeholders
  }

  /// Fits weighted means and widths. Two passes in double: the second subtracts the mean, so that large offsets cost no
  /// digits. Weights enter by their magnitude: the scale of a feature cannot be negative.
  /// - Throws: ``LearningError``.
  public init(fitting features: FeatureMatrix, weights: [Float], placeholders: [Float?]? = nil) throws {
    let columns = features.columnCount, rows = features.rowCount
    let placeholders = placeholders ?? [Float?](repeating: nil, count: columns)
    guard placeholders.count == columns else {
      throw LearningError.countMismatch(what: "placeholders", expected: columns, found: placeholders.count)
    }
    guard weights.count == rows else {
      throw LearningError.countMismatch(what: "weights", expected: rows, found: weights.count)
    }
    try features.checkFinite()
    var sums = [Double](repeating: 0, count: columns), totals = sums, squares = sums
    func each(_ body: (Int, Double, Double) -> Void) {
      for row in 0..<rows {
        let weight = Double(abs(weights[row]))
        for column in 0..<columns where features[row, column] != placeholders[column] {
          body(column, weight, Double(features[row, column]))
        }
      }
    }
    each { column, weight, value in
      totals[column] += weight
      sums[column] += weight * value
    }
    let means = zip(sums, totals).map { $1 > 0 ? $0 / $1 : 0 }
    each { column, weight, value in squares[column] += weight * (value - means[column]) * (value - means[column]) }
    let widths = (0..<columns).map { column -> Double in
      let width = totals[column] > 0 ? (squares[column] / totals[column]).squareRoot() : 0
      // A constant column: rounding leaves a width of about 1e-8 of its mean in float32.
      return width > 1e-6 * abs(means[column]) && width > 0 ? width : 1
    }
    self.init(featureNames: features.names, means: means, widths: widths, placeholders: placeholders)
  }

  /// The scaled values, row-major.
  /// - Throws: ``LearningError`` for other columns or values that are not finite.
  public func transform(_ features: FeatureMatrix) throws -> [Float] {
    try features.checkColumns(featureNames)
    let columns = featureNames.count, block = 4096, count = (features.rowCount + block - 1) / block
    let factors = widths.map { 1 / $0 }
    // NaN equals nothing: a column without placeholder misses nothing.
    let absent = placeholders.map { $0 ?? .nan }
    var isFinite = [Bool](repeating: false, count: count)
    let scaled = [Float](unsafeUninitializedCapacity: features.values.count) { output, filled in
      features.values.withUnsafeBufferPointer { input in
        isFinite.withUnsafeMutableBufferPointer { flags in
          nonisolated(unsafe) let (from, to, flags) = (input, output, flags)
          DispatchQueue.concurrentPerform(iterations: count) { index in
            let values = index * block * columns..<min((index + 1) * block, features.rowCount) * columns
            flags[index] = Self.scale(from[values], into: to[values], means, factors, absent)
          }
        }
      }
      filled = features.values.count
    }
    // Which value it is takes a search that good rows are spared.
    if isFinite.contains(false) { try features.checkFinite() }
    return scaled
  }

  /// Whole rows.
  /// - Returns: whether all values are finite.
  private static func scale(
    _ from: Slice<UnsafeBufferPointer<Float>>, into to: Slice<UnsafeMutableBufferPointer<Float>>, _ means: [Double],
    _ factors: [Double], _ absent: [Float]
  ) -> Bool {
    let count = from.count, columns = means.count
    guard let from = UnsafeBufferPointer(rebasing: from).baseAddress,
      let to = UnsafeMutableBufferPointer(rebasing: to).baseAddress
    else { return true }
    return means.withUnsafeBufferPointer { means in
      factors.withUnsafeBufferPointer { factors in
        absent.withUnsafeBufferPointer { absent in
          // The exponent of infinities and of what is no number has all its bits. No branch, no sum that could overflow:
          // the compiler takes several columns at a time.
          var found: UInt32 = 0
          for start in stride(from: 0, to: count, by: columns) {
            let (row, scaled) = (from + start, to + start)
            for column in 0..<columns {
              let value = row[column]
              let number = Float((Double(value) - means[column]) * factors[column])
              found |= value.bitPattern & 0x7F80_0000 == 0x7F80_0000 ? 1 : 0
              scaled[column] = value == absent[column] ? 0 : number
            }
          }
          return found == 0
        }
      }
    }
  }
}
