/// What keeps a figure from being drawn: the figure or series, what was found there, and what would do.
public struct FigureError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Reason: Hashable, Sendable {
    /// No series, or a series without points.
    case empty
    /// A NaN or an infinity at this index of the named quantity.
    case notFinite(quantity: String, index: Int, value: String)
    /// Two quantities that must be equally long are not.
    case lengths(String, expected: Int, found: Int)
    /// Bin edges or abscissae that must increase do not, at this index.
    case notIncreasing(quantity: String, index: Int)
    /// A logarithmic axis with no positive value to show.
    case nothingPositive(axis: String)
    /// A range whose ends are equal, reversed or not positive on a logarithmic axis.
    case badRange(axis: String, lower: Double, upper: Double)
    /// An error bar or band whose lower edge lies above its upper one.
    case crossedBand(index: Int)
    /// A page too small for its labels.
    case pageTooSmall(width: Double, height: Double)
    /// A parameter outside its range; the text says which and what would do.
    case parameter(String)
    /// Cairo could not make the file.
    case rendering(String)
  }

  /// The figure's title or the series' label.
  public var subject: String
  public var reason: Reason

  public init(_ reason: Reason, in subject: String) {
    self.reason = reason
    self.subject = subject
  }

  public var description: String { "figure '\(subject)': \(message)" }

  private var message: String {
    switch reason {
    case .empty: "nothing to draw; give it at least one series with at least one point"
    case .notFinite(let quantity, let index, let value):
      "\(quantity)[\(index)] is \(value); all values must be finite"
    case .lengths(let what, let expected, let found): "\(what): expected \(expected) values, found \(found)"
    case .notIncreasing(let quantity, let index):
      "\(quantity)[\(index)] is not above the one before; they must increase strictly"
    case .nothingPositive(let axis):
      "the logarithmic \(axis) axis has no positive value to show; use a linear axis or give a range"
    case .badRange(let axis, let lower, let upper):
      "the \(axis) axis cannot span \(lower) to \(upper); the lower end must be below the upper one"
        + ", and above zero on a logarithmic axis"
    case .crossedBand(let index): "the lower edge lies above the upper one at index \(index)"
    case .pageTooSmall(let width, let height):
      "a page of \(width) × \(height) pt has no room for the plots beside their labels; make it larger"
    case .parameter(let text): text
    case .rendering(let text): "Cairo failed: \(text)"
    }
  }
}

/// Checks shared by the series.
struct DataCheck {
  var subject: String

  func finite(_ values: [Double], _ quantity: String) throws(FigureError) {
    guard let index = values.firstIndex(where: { !$0.isFinite }) else { return }
    throw FigureError(.notFinite(quantity: quantity, index: index, value: "\(values[index])"), in: subject)
  }

  func same(_ count: Int, as expected: Int, _ quantity: String) throws(FigureError) {
    if count != expected { throw FigureError(.lengths(quantity, expected: expected, found: count), in: subject) }
  }

  func increasing(_ values: [Double], _ quantity: String) throws(FigureError) {
    for index in values.indices.dropFirst() where values[index] <= values[index - 1] {
      throw FigureError(.notIncreasing(quantity: quantity, index: index), in: subject)
    }
  }

  func notEmpty(_ count: Int) throws(FigureError) {
    if count == 0 { throw FigureError(.empty, in: subject) }
  }

  /// Bin edges with `count` values between them.
  func edges(_ edges: [Double], for count: Int) throws(FigureError) {
    try notEmpty(count)
    try same(edges.count, as: count + 1, "edges of \(count) bins")
    try finite(edges, "edge")
    try increasing(edges, "edge")
  }

  func ordered(_ lower: [Double], _ upper: [Double]) throws(FigureError) {
    for index in lower.indices where lower[index] > upper[index] {
      throw FigureError(.crossedBand(index: index), in: subject)
    }
  }
}
