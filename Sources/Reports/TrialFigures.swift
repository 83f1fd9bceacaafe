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
    let line = zip(trials, best).compactMap { trial, best in best.map { (Double(trial.number), $0) } }
    var series: [Series] = [
      .line(
        LineSeries("best so far", x: line.map(\.0), y: line.map(\.1), style: LineStyle(Palette.okabeIto[1], width: 1.6))
      ),
      .points(
        PointSeries(
          "trial", x: values.map { Double($0.trial.number) }, y: values.map(\.value), color: Palette.okabeIto[0])),
    ]
    let pruned = trials.filter { $0.status == .pruned && $0.value?.isFinite == true }
    if !pruned.isEmpty {
      series.append(
        .points(
          PointSeries(
            "given up", x: pruned.map { Double($0.number) }, y: pruned.compactMap(\.value), marker: .openDiamond,
            color: Color(0x777777))))
    }
    let (lower, upper) = shownRange
    let panel = Panel(
      x: AxisDescription("Trial", lower: -0.5, upper: Double(max(trials.count, 2)) - 0.5, integers: true),
      y: AxisDescription(Self.capitalised(search.objective), lower: lower, upper: upper), series: series,
      legend: upper == nil ? .above : .bottomRight)
    let failed = trials.count { $0.status == .failed }
    return ReportFigure(
      name: "history",
      caption: "\(search.title): \(search.objective) of each trial, and the best of it and those before."
        + (failed > 0 ? " \(failed) trials failed and are not shown." : ""),
      figure: Figure(title: "History of trials", width: 400, height: 270, columns: [[panel]], leftMargin: 58))
  }

  /// Ends of the axis of values where bad trials would squeeze the good ones: five times the distance from the best to the middle.
  private var shownRange: (lower: Double?, upper: Double?) {
    let sorted = values.map(\.value).sorted()
    guard let low = sorted.first, let high = sorted.last, low < high else { return (nil, nil) }
    let median = sorted[sorted.count / 2]
    let isMinimal = search.direction == .minimize
    let reach = 5 * (isMinimal ? median - low : high - median)
    guard reach > 0, high - low > 1.5 * reach else { return (nil, nil) }
    return isMinimal ? (low - 0.06 * reach, low + reach) : (high - reach, high + 0.06 * reach)
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
    let shown = sorted.filter { $0.value >= lower ?? -.infinity && $0.value <= upper ?? .infinity }
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
    let names = space.parameters.map { literal($0.name) } + [search.objective]
    let panel = Panel(
      x: .categories(names.map { Category($0) }),
      y: AxisDescription("", lower: -0.14, upper: 1.06, marksEnd: -1),
      series: [
        .parallel(
          ParallelSeries(
            axes: axes, lines: lines, values: shown.map(\.value), darkIsLow: search.direction == .minimize))
      ], legend: .none)
    let hidden = values.count - shown.count
    return ReportFigure(
      name: "parallel-coordinates",
      caption:
        "\(search.title): each complete trial as a line through its values; its colour is the \(search.objective)."
        + (hidden > 0 ? " \(hidden) trials far off are not shown." : ""),
      figure: Figure(
        title: "Parallel coordinates of trials", width: 90 + 64 * Double(names.count), height: 330, columns: [[panel]],
        leftMargin: 16, rightMargin: 52, bottomMargin: 14 + min(110, widestLabel(names) + 10)))
  }

  /// Ends and middle of a range; each value of a choice, and of a short range of whole numbers.
  private static func marks(_ parameter: SearchParameter, _ index: Int, _ space: SearchSpace) -> [ParallelSeries.Mark] {
    func mark(_ value: SearchValue) -> ParallelSeries.Mark {
      .init(space.unit(of: [parameter.name: value])[index], literal(text(value)))
    }
    switch parameter.domain {
    case .choice(let values): return values.map(mark)
    case .integer(let range, _) where range.count <= 10: return range.map { mark(.integer($0)) }
    case .integer, .real:
      return [0, 0.25, 0.5, 0.75, 1 - 1e-9].map { unit in
        var units = [Double](repeating: 0.5, count: space.parameters.count)
        units[index] = unit
        return mark(domainValue(parameter, unit))
      }
    }
  }

  private static func domainValue(_ parameter: SearchParameter, _ unit: Double) -> SearchValue {
    let alone = try? SearchSpace([SearchParameter(parameter.name, parameter.domain)])
    return alone?.point(atUnit: [unit])[parameter.name] ?? .none
  }

  private static func capitalised(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }
}
