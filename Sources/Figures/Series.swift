/// How a line looks.
public struct LineStyle: Hashable, Codable, Sendable {
  public enum Dash: String, Hashable, Codable, Sendable, CaseIterable {
    case solid, dashed, dotted, dashDotted, longDashed
  }

  public var color: Color
  public var dash: Dash
  /// Width in points.
  public var width: Double

  public init(_ color: Color = .black, dash: Dash = .solid, width: Double = 1.4) {
    self.color = color
    self.dash = dash
    self.width = width
  }

  /// A style for line `index` of many: colours first, then other dashes, so that 40 lines are all different.
  public static func cycle(_ index: Int, palette: Palette = .okabeIto, width: Double = 1.4) -> LineStyle {
    let dashes = Dash.allCases
    return LineStyle(
      palette[index], dash: dashes[index / palette.colors.count % dashes.count], width: width)
  }

  var stroke: Stroke {
    let w = max(width, 0.8)
    let lengths: [Double] =
      switch dash {
      case .solid: []
      case .dashed: [4 * w, 2.5 * w]
      case .dotted: [1.2 * w, 1.8 * w]
      case .dashDotted: [5 * w, 2 * w, 1.2 * w, 2 * w]
      case .longDashed: [8 * w, 3 * w]
      }
    return Stroke(color, width: width, dashes: lengths, cap: dash == .solid ? .square : .butt)
  }
}

/// How an area looks.
public struct Fill: Hashable, Codable, Sendable {
  public enum Pattern: String, Hashable, Codable, Sendable {
    /// The whole area in the colour.
    case solid
    /// Thin diagonal lines in the colour; for stepped areas.
    case hatched
  }

  public var color: Color
  public var pattern: Pattern

  public init(_ color: Color, pattern: Pattern = .solid) {
    self.color = color
    self.pattern = pattern
  }
}

/// The shape of a data point.
public enum Marker: String, Hashable, Codable, Sendable, CaseIterable {
  case circle, square, triangle, diamond, openCircle, openSquare, openTriangle, openDiamond, none

  public static func cycle(_ index: Int) -> Marker { allCases[index % (allCases.count - 1)] }
}

/// Lengths of error bars, both not negative.
public struct ErrorBars: Hashable, Codable, Sendable {
  public var down, up: [Double]

  public init(down: [Double], up: [Double]) {
    self.down = down
    self.up = up
  }

  public init(symmetric lengths: [Double]) { self.init(down: lengths, up: lengths) }
}

/// A curve through points.
public struct LineSeries: Hashable, Codable, Sendable {
  public var label: String?
  public var x, y: [Double]
  public var style: LineStyle

  public init(_ label: String? = nil, x: [Double], y: [Double], style: LineStyle = LineStyle()) {
    self.label = label
    self.x = x
    self.y = y
    self.style = style
  }
}

/// A histogram's outline, with an area below and vertical error bars when asked for.
public struct HistogramSeries: Hashable, Codable, Sendable {
  public var label: String?
  /// Increasing bin edges, one more than values.
  public var edges: [Double]
  public var values: [Double]
  /// Symmetric uncertainties drawn as bars at the bin centres; nil for none.
  public var errors: [Double]?
  public var style: LineStyle
  public var fill: Fill?
  /// Whether the axis must include zero.
  public var standsOnZero: Bool

  public init(
    _ label: String? = nil, edges: [Double], values: [Double], errors: [Double]? = nil,
    style: LineStyle = LineStyle(), fill: Fill? = nil, standsOnZero: Bool = true
  ) {
    self.label = label
    self.edges = edges
    self.values = values
    self.errors = errors
    self.style = style
    self.fill = fill
    self.standsOnZero = standsOnZero
  }
}

/// Histograms of the same bins on top of each other.
public struct StackSeries: Hashable, Codable, Sendable {
  public struct Layer: Hashable, Codable, Sendable {
    public var label: String?
    public var values: [Double]
    public var color: Color

    public init(_ label: String?, values: [Double], color: Color) {
      self.label = label
      self.values = values
      self.color = color
    }
  }

  public var edges: [Double]
  /// From the bottom up; the legend lists them from the top down, as they are seen.
  public var layers: [Layer]

  public init(edges: [Double], layers: [Layer]) {
    self.edges = edges
    self.layers = layers
  }

  /// Sums of the layers, bin by bin.
  public var totals: [Double] {
    (0..<max(0, edges.count - 1)).map { bin in layers.reduce(0) { $0 + $1.values[bin] } }
  }
}

/// An area between two curves or two histograms.
public struct BandSeries: Hashable, Codable, Sendable {
  public enum Abscissa: Hashable, Codable, Sendable {
    /// One value for each pair of ends, joined by straight lines.
    case points([Double])
    /// Bin edges, one more than pairs of ends.
    case edges([Double])
  }

  public var label: String?
  public var abscissa: Abscissa
  public var lower, upper: [Double]
  public var fill: Fill

  public init(_ label: String? = nil, abscissa: Abscissa, lower: [Double], upper: [Double], fill: Fill) {
    self.label = label
    self.abscissa = abscissa
    self.lower = lower
    self.upper = upper
    self.fill = fill
  }
}

/// Points with error bars.
public struct PointSeries: Hashable, Codable, Sendable {
  public var label: String?
  public var x, y: [Double]
  public var xErrors, yErrors: ErrorBars?
  public var marker: Marker
  /// Diameter in points.
  public var markerSize: Double
  public var color: Color

  public init(
    _ label: String? = nil, x: [Double], y: [Double], xErrors: ErrorBars? = nil, yErrors: ErrorBars? = nil,
    marker: Marker = .circle, markerSize: Double = 4.5, color: Color = .black
  ) {
    self.label = label
    self.x = x
    self.y = y
    self.xErrors = xErrors
    self.yErrors = yErrors
    self.marker = marker
    self.markerSize = markerSize
    self.color = color
  }
}

/// Upright bars with error bars.
public struct BarSeries: Hashable, Codable, Sendable {
  public var label: String?
  /// Centres and common width of the bars, in the units of the axis.
  public var x: [Double]
  public var width: Double
  public var values: [Double]
  public var errors: ErrorBars?
  public var color: Color

  public init(
    _ label: String? = nil, x: [Double], width: Double, values: [Double], errors: ErrorBars? = nil, color: Color
  ) {
    self.label = label
    self.x = x
    self.width = width
    self.values = values
    self.errors = errors
    self.color = color
  }
}

/// Coloured cells with texts.
public struct HeatMapSeries: Hashable, Codable, Sendable {
  /// How values become colours.
  public enum Scale: Hashable, Codable, Sendable {
    /// From pale to dark, in equal ratios; values are positive.
    case logarithmic
    /// From blue at −`limit` through white at 0 to red at `limit`.
    case diverging(limit: Double)
    /// From pale to dark, in equal steps between two ends.
    case linear(from: Double, to: Double)
  }

  /// Edges of the cells; `0, 1, …, n` on an axis of categories.
  public var xEdges, yEdges: [Double]
  /// Shape [rows, columns], row along y; nil cells stay empty.
  public var values: [[Double?]]
  /// Rich text in the cells, of the same shape; nil for none.
  public var texts: [[String]]?
  public var scale: Scale

  public init(
    xEdges: [Double], yEdges: [Double], values: [[Double?]], texts: [[String]]? = nil, scale: Scale = .logarithmic
  ) {
    self.scale = scale
    self.xEdges = xEdges
    self.yEdges = yEdges
    self.values = values
    self.texts = texts
  }
}

/// Horizontal bars between two ends, as of impacts beside an axis of categories.
public struct SpanSeries: Hashable, Codable, Sendable {
  public var label: String?
  /// The ends of each bar, in any order.
  public var from, to: [Double]
  /// Centres and common height of the bars, in the units of the axis.
  public var y: [Double]
  public var height: Double
  /// Inside and edge; at least one of them.
  public var fill: Fill?
  public var outline: LineStyle?

  public init(
    _ label: String? = nil, from: [Double], to: [Double], y: [Double], height: Double, fill: Fill? = nil,
    outline: LineStyle? = nil
  ) {
    self.label = label
    self.from = from
    self.to = to
    self.y = y
    self.height = height
    self.fill = fill
    self.outline = outline
  }
}

/// Filled areas of any shape.
public struct AreaSeries: Hashable, Codable, Sendable {
  public struct Corner: Hashable, Codable, Sendable {
    public var x, y: Double
    public init(_ x: Double, _ y: Double) {
      self.x = x
      self.y = y
    }
  }

  public var label: String?
  /// Corners of each area, in order. Areas that meet leave no seam.
  public var areas: [[Corner]]
  public var color: Color

  public init(_ label: String? = nil, areas: [[Corner]], color: Color) {
    self.label = label
    self.areas = areas
    self.color = color
  }
}

/// A straight line across the panel.
public struct RuleSeries: Hashable, Codable, Sendable {
  public enum Position: Hashable, Codable, Sendable {
    case horizontal(y: Double)
    case vertical(x: Double)
  }

  public var label: String?
  public var position: Position
  public var style: LineStyle

  public init(_ label: String? = nil, _ position: Position, style: LineStyle = LineStyle(width: 0.8)) {
    self.label = label
    self.position = position
    self.style = style
  }
}

/// One thing drawn in a panel.
public enum Series: Hashable, Codable, Sendable {
  case line(LineSeries)
  case histogram(HistogramSeries)
  case stack(StackSeries)
  case band(BandSeries)
  case points(PointSeries)
  case bars(BarSeries)
  case heatMap(HeatMapSeries)
  case rule(RuleSeries)
  case spans(SpanSeries)
  case areas(AreaSeries)
  case parallel(ParallelSeries)

  var element: any PlotElement {
    switch self {
    case .line(let series): series
    case .histogram(let series): series
    case .stack(let series): series
    case .band(let series): series
    case .points(let series): series
    case .bars(let series): series
    case .heatMap(let series): series
    case .rule(let series): series
    case .spans(let series): series
    case .areas(let series): series
    case .parallel(let series): series
    }
  }
}
