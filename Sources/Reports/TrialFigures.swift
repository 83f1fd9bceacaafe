import Figures
import Foundation
import HyperparameterSearch

extension TrialReport {
  /// `history`, `parallel-coordinates` and `importance`, each where there is enough to show.
  public var figures: [ReportFigure] { [history, parallelCoordinates, importance].compactMap(\.self) }

  private var values: [(trial: Trial, value: Double)] {
    trials.filter { $0.status == .complete }.compactMap { trial in trial.value.map { (trial, $0) } }
  }

  // MARK: History

  private var history: ReportFigure? {
    guard !values.isEmpty else { return nil }
    let (lower, upper) = shownRange
    func isShown(_ value: Double) -> Bool { value.isFinite && value >= lower && value <= upper }
    func points(_ label: String, _ status: Trial.Status, _ marker: Marker, _ color: Color) -> Series? {
      let shown = trials.filter { $0.status == status && $0.value.map(isShown) == true }
      guard !shown.isEmpty else { return nil }
      return .points(
        PointSeries(
          label, x: shown.map { Double($0.number) }, y: shown.compactMap(\.value), marker: marker, color: color))
    }
    let panel = Panel(
      x: AxisDescription("Trial", lower: -0.5, upper: Double(max(trials.count, 2)) - 0.5, integers: true),
      y: AxisDescription(Self.capitalised(search.objective)),
      series: [
        .line(bestLine("best so far", LineStyle(Palette.okabeIto[1], width: 1.6), within: lower...upper)),
        points("trial", .complete, .circle, Palette.okabeIto[0]),
        points("given up", .pruned, .openDiamond, Color(0x777777)),
      ].compactMap(\.self))
    let failed = trials.count { $0.status == .failed }
    let beyond = trials.count { trial in
      (trial.status == .complete || trial.status == .pruned) && trial.value.map(isShown) == false
    }
    return ReportFigure(
      name: "history",
      caption: "\(search.title): \(search.objective) of each trial, and the best of it and those before."
        + (failed > 0 ? " \(failed) failed and have none." : "")
        + (beyond > 0 ? " \(beyond) lie beyond the axis." : ""),
      figure: Figure(title: "History of trials", width: 400, height: 290, columns: [[panel]], leftMargin: 58))
  }

  /// The best value of each trial and those before, in steps.
  func bestLine(
    _ label: String, _ style: LineStyle, within range: ClosedRange<Double> = -Double.infinity...Double.infinity
  ) -> LineSeries {
    var (x, y): ([Double], [Double]) = ([], [])
    for (trial, best) in zip(trials, best) {
      guard let best, range.contains(best) else { continue }
      if let last = y.last, last != best {
        x.append(Double(trial.number))
        y.append(last)
      }
      x.append(Double(trial.number))
      y.append(best)
    }
    return LineSeries(label, x: x, y: y, style: style)
  }

  /// Values that are shown where bad trials would squeeze the good ones: up to five times the distance from the best to the median.
  private var shownRange: (lower: Double, upper: Double) {
    let sorted = values.map(\.value).sorted()
    guard let low = sorted.first, let high = sorted.last else { return (-.infinity, .infinity) }
    let median = sorted[sorted.count / 2]
    let isMinimal = search.direction == .minimize
    let reach = 5 * (isMinimal ? median - low : high - median)
    guard reach > 0, high - low > 1.5 * reach else { return (-.infinity, .infinity) }
    return isMinimal ? (-.infinity, low + reach) : (high - reach, .infinity)
  }

  // MARK: Importance

  private var importance: ReportFigure? {
    guard let importances else { return nil }
    let shares = importances.shares
    let centres = shares.indices.map { Double($0) + 0.5 }
    func bars(_ label: String, _ values: [Double], _ height: Double, _ fill: Fill) -> Series {
      .spans(
        SpanSeries(label, from: values.map { _ in 0 }, to: values, y: centres, height: height, fill: fill))
    }
    // Room below the rows for the legend: categories without names.
    let legendRows = 3
    let names = shares.map { literal($0.parameter) }
    let top = max(1, shares.map(\.total).max() ?? 1) * 1.04
    let panel = Panel(
      x: AxisDescription("Share of the variance", lower: 0, upper: top),
      y: .categories(names.map { Category($0) } + (0..<legendRows).map { _ in Category("") }),
      series: [
        bars("in all, with others", shares.map(\.total), 0.7, Fill(Color(0xA8CBE8))),
        bars("alone", shares.map(\.main), 0.4, Fill(Palette.okabeIto[0])),
      ], legend: .bottomRight)
    let margin = 14 + widestLabel(names)
    return ReportFigure(
      name: "importance",
      caption:
        "\(search.title): Sobol' indices of the Gaussian process through the complete trials, over the whole space. It predicts "
        + String(format: "%.0f %%", 100 * max(0, importances.predictivity)) + " of the variance of trials left out.",
      figure: Figure(
        title: "Importance of hyper-parameters", width: margin + 300,
        height: 62 + 17 * Double(shares.count + legendRows),
        columns: [[panel]], leftMargin: margin))
  }

  // MARK: Parallel coordinates

  /// Where a parameter that is not active is drawn: below its axis.
  private static let inactive = -0.09

  private var parallelCoordinates: ReportFigure? {
    // Lines of the best lie on top.
    let sorted =
      search.direction == .minimize ? values.sorted { $0.value > $1.value } : values.sorted { $0.value < $1.value }
    let (lower, upper) = shownRange
    let shown = sorted.filter { $0.value >= lower && $0.value <= upper }
    guard let low = shown.map(\.value).min(), let high = shown.map(\.value).max(), low < high else { return nil }
    let space = search.space
    let units = shown.map { space.unit(of: $0.trial.point) }
    var axes: [[ParallelSeries.Mark]] = []
    for (index, parameter) in space.parameters.enumerated() {
      let isSometimesInactive = shown.contains { $0.trial.point[parameter.name] == nil }
      axes.append(
        Self.marks(parameter, index, space)
          + (isSometimesInactive ? [ParallelSeries.Mark(Self.inactive, "–")] : []))
    }
    axes.append(
      [low, 0.5 * (low + high), high].map { .init(($0 - low) / (high - low), String(format: "%.4g", $0)) })
    let lines = zip(shown, units).map { trial, unit in
      space.parameters.enumerated().map { index, parameter in
        trial.trial.point[parameter.name] == nil ? Self.inactive : unit[index]
      } + [(trial.value - low) / (high - low)]
    }
    let names = space.parameters.map { literal($0.name) } + ["result"]
    let panel = Panel(
      x: .categories(names.map { Category($0) }),
      y: AxisDescription("", lower: -0.14, upper: 1.06, marksEnd: -1),
      series: [
        .parallel(
          ParallelSeries(
            axes: axes, lines: lines, values: shown.map(\.value), darkIsLow: search.direction == .minimize))
      ], legend: .none)
    let hidden = values.count - shown.count
    // Names that are wider than their columns stand on end.
    let column = 64.0, widest = widestLabel(names)
    return ReportFigure(
      name: "parallel-coordinates",
      caption:
        "\(search.title): each complete trial as a line through its values; its colour is the \(search.objective)."
        + (hidden > 0 ? " \(hidden) trials far off are not shown." : ""),
      figure: Figure(
        title: "Parallel coordinates of trials", width: 90 + column * Double(names.count), height: 330,
        columns: [[panel]],
        leftMargin: 16, rightMargin: 52, bottomMargin: widest < column - 4 ? 26 : widest + 20))
  }

  /// Each value of a choice and of a short range of whole numbers; round numbers of other ranges.
  private static func marks(_ parameter: SearchParameter, _ index: Int, _ space: SearchSpace) -> [ParallelSeries.Mark] {
    func mark(_ value: SearchValue, _ label: String? = nil) -> ParallelSeries.Mark {
      let usual = if case .real(let x) = value { numberLabel(x) } else { literal(text(value)) }
      return .init(space.unit(of: [parameter.name: value])[index], label ?? usual)
    }
    switch parameter.domain {
    case .choice(let values): return values.map { mark($0) }
    case .integer(let range, _) where range.count <= 10: return range.map { mark(.integer($0)) }
    case .integer(let range, let isLogarithmic):
      let (low, high) = (Double(range.lowerBound), Double(range.upperBound))
      return roundNumbers(low, high, isLogarithmic, integers: true).map { mark(.integer(Int($0.position)), $0.label) }
    case .real(let range, _, let isLogarithmic):
      return roundNumbers(range.lowerBound, range.upperBound, isLogarithmic).map { mark(.real($0.position), $0.label) }
    }
  }

  /// About five round numbers of a range.
  private static func roundNumbers(
    _ low: Double, _ high: Double, _ isLogarithmic: Bool, integers: Bool = false
  ) -> [(position: Double, label: String)] {
    guard isLogarithmic else {
      let ticks = Ticks.linear(from: low, to: high, target: 6, integers: integers)
      let power = ticks.exponent == 0 ? "" : "×10^{\(ticks.exponent)}"
      return ticks.majors.map { ($0.position, $0.label + power) }
    }
    let decades = Int(log10(low).rounded(.down))...Int(log10(high).rounded(.up))
    let isShort = log10(high / low) < 2
    return decades.flatMap { decade in
      (isShort ? [1.0, 2, 5] : [1]).compactMap { factor -> (Double, String)? in
        let value = factor * pow(10, Double(decade))
        guard value >= low * (1 - 1e-9), value <= high * (1 + 1e-9) else { return nil }
        return (min(max(value, low), high), numberLabel(value))
      }
    }
  }

  /// `0.02`, `2×10^{-5}`.
  private static func numberLabel(_ value: Double) -> String {
    let exponent = value == 0 ? 0 : Int((log10(abs(value)) + 1e-9).rounded(.down))
    guard !(-3...4).contains(exponent) else { return String(format: "%.4g", value) }
    let mantissa = String(format: "%.3g", value / pow(10, Double(exponent)))
    return (mantissa == "1" ? "" : "\(mantissa)×") + "10^{\(exponent)}"
  }

  private static func capitalised(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }
}
