import Foundation

/// A category of an axis without numbers, as the rows and columns of a matrix.
public struct Category: Hashable, Codable, Sendable {
  /// Rich text at the axis.
  public var label: String
  /// Neighbours of the same group stand under one heading, apart from other groups.
  public var group: String?

  public init(_ label: String, group: String? = nil) {
    self.label = label
    self.group = group
  }
}

/// What an axis shows.
public struct AxisDescription: Hashable, Codable, Sendable {
  public enum Scale: Hashable, Codable, Sendable {
    case linear
    case logarithmic
    /// Category i spans [i, i + 1]; on a vertical axis the first is at the top.
    case categories([Category])
  }

  /// Rich text, set at the axis' end.
  public var title: String
  /// Set in brackets after the title.
  public var unit: String?
  public var scale: Scale
  /// The ends of the axis; where nil, the data decide.
  public var lower, upper: Double?
  /// Whether only whole numbers may be marked (epochs, multiplicities).
  public var integers: Bool
  /// Marks end here; what lies above is room for a legend. For quantities that cannot be larger.
  public var marksEnd: Double?

  public init(
    _ title: String, unit: String? = nil, scale: Scale = .linear, lower: Double? = nil, upper: Double? = nil,
    integers: Bool = false, marksEnd: Double? = nil
  ) {
    self.title = title
    self.unit = unit
    self.scale = scale
    self.lower = lower
    self.upper = upper
    self.integers = integers
    self.marksEnd = marksEnd
  }

  public static func categories(_ categories: [Category], title: String = "") -> AxisDescription {
    AxisDescription(title, scale: .categories(categories))
  }

  var fullTitle: String { unit.map { "\(title) [\($0)]" } ?? title }
  var isLogarithmic: Bool { scale == .logarithmic }

  var categoryList: [Category]? {
    if case .categories(let list) = scale { list } else { nil }
  }
}

/// The values that a panel's series bring to one axis.
struct DataExtent {
  /// Values that must be inside the axis.
  var values: [Double] = []
  /// Whether the ends of the data are the ends of the axis (bins), or want some air (points).
  var tight = false
  /// Whether the series stand on zero, as histograms do.
  var standsOnZero = false

  mutating func merge(_ other: DataExtent) {
    values += other.values
    tight = tight || other.tight
    standsOnZero = standsOnZero || other.standsOnZero
  }
}

/// A closed range of an axis.
struct AxisRange: Hashable {
  var lower, upper: Double
}

extension AxisDescription {
  /// The axis' ends for some data.
  ///
  /// - Throws: `.badRange` for ends that cannot be, `.nothingPositive` for a logarithmic axis without positive data.
  func range(for data: DataExtent, name: String, subject: String) throws(FigureError) -> AxisRange {
    if let list = categoryList {
      guard !list.isEmpty else { throw FigureError(.empty, in: subject) }
      return AxisRange(lower: 0, upper: Double(list.count))
    }
    let range = isLogarithmic ? try logarithmicRange(data, name, subject) : linearRange(data)
    let result = AxisRange(lower: lower ?? range.lower, upper: upper ?? range.upper)
    let possible = result.lower < result.upper && (result.upper - result.lower).isFinite
    guard possible, !isLogarithmic || result.lower > 0 else {
      throw FigureError(.badRange(axis: name, lower: result.lower, upper: result.upper), in: subject)
    }
    return result
  }

  private func linearRange(_ data: DataExtent) -> AxisRange {
    var low = data.values.min() ?? 0
    var high = data.values.max() ?? 1
    if data.standsOnZero {
      low = min(low, 0)
      high = max(high, 0)
    }
    if low == high {
      let room = low == 0 ? 1 : abs(low) * 0.1
      return AxisRange(lower: data.standsOnZero ? low : low - room, upper: high + room)
    }
    guard !data.tight else { return AxisRange(lower: low, upper: high) }
    let room = 0.06 * (high - low)
    return AxisRange(
      lower: data.standsOnZero && low == 0 ? 0 : low - room, upper: data.standsOnZero && high == 0 ? 0 : high + room)
  }

  /// At most eight decades below the largest value, so that one tiny bin does not flatten the rest.
  private func logarithmicRange(_ data: DataExtent, _ name: String, _ subject: String) throws(FigureError) -> AxisRange
  {
    let positive = data.values.filter { $0 > 0 }
    guard let smallest = positive.min(), let high = positive.max() else {
      if let lower, let upper { return AxisRange(lower: lower, upper: upper) }
      throw FigureError(.nothingPositive(axis: name), in: subject)
    }
    let low = max(smallest, high * 1e-8)
    if data.tight, low < high { return AxisRange(lower: low, upper: high) }
    let room = max(0.05 * log10(high / low), 0.1)
    return AxisRange(
      lower: data.standsOnZero ? low * 0.5 : low * pow(10, -room), upper: high * pow(10, room))
  }
}

/// Values of one axis to points of the page.
struct AxisMap {
  var range: AxisRange
  var logarithmic: Bool
  /// The page coordinates of the range's ends.
  var start, end: Double

  /// A fraction of the axis, clamped to one length beyond it, where clipping removes it.
  func fraction(_ value: Double) -> Double {
    let raw =
      logarithmic
      ? (value > 0 ? log(value / range.lower) / log(range.upper / range.lower) : -1)
      : (value - range.lower) / (range.upper - range.lower)
    return min(max(raw, -1), 2)
  }

  func callAsFunction(_ value: Double) -> Double { start + fraction(value) * (end - start) }

  func isVisible(_ value: Double) -> Bool {
    let f = fraction(value)
    return -1e-9 <= f && f <= 1 + 1e-9
  }

  /// The range whose upper end gives `share` of the axis to free room above the present one.
  func withHeadroom(_ share: Double) -> AxisRange {
    guard share > 0 else { return range }
    let grow = 1 / (1 - share)
    return logarithmic
      ? AxisRange(lower: range.lower, upper: range.lower * pow(range.upper / range.lower, grow))
      : AxisRange(lower: range.lower, upper: range.lower + (range.upper - range.lower) * grow)
  }
}

/// A panel's two axes.
struct PanelMap {
  var x, y: AxisMap
  var frame: Rect

  func callAsFunction(_ xValue: Double, _ yValue: Double) -> Point { Point(x(xValue), y(yValue)) }
}
