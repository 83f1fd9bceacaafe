import DetectorSimulation
import Figures
import Foundation
import Histograms

extension DetectorCheck.Outcome {
  /// Curves of the gun beside the card's formulas; with collisions also jets, tags and lepton pairs.
  /// - Throws: `AxisError`.
  public func figures() throws -> [SearchFigure] {
    var figures = [gunFigure]
    if !collisions.curves.isEmpty { figures.append(try collisionFigure()) }
    return figures
  }

  private var gunFigure: SearchFigure {
    let quantities = ["efficiency", "resolution"]
    let columns = ParticleGun.Species.allCases.map { species in
      quantities.map { quantity in
        panel(
          gun.curves.filter { $0.name.hasPrefix("\(species.rawValue)_\(quantity)") }, legend: quantity == "resolution")
      }
    }
    return SearchFigure(
      name: "detector-\(detector)",
      caption:
        "Single particles in the simulated detector: efficiency (above) and resolution (below) against transverse "
        + "momentum, measured (points) and as the card's formulas say (lines).",
      figure: Figure(title: "Single particles in the detector \(detector)", width: 880, height: 440, columns: columns))
  }

  private func collisionFigure() throws -> SearchFigure {
    func curves(_ prefix: String) -> [DetectorValidation.Curve] {
      collisions.curves.filter { $0.name.hasPrefix(prefix) }
    }
    var tags = panel(curves("tag_"), legend: true)
    tags.y.scale = .logarithmic
    let columns = [
      [panel(curves("jet_response"), legend: true), panel(curves("jet_resolution"), legend: true)],
      [tags, try massPanel()],
    ]
    return SearchFigure(
      name: "detector-\(detector)-collisions",
      caption:
        "Collisions in the simulated detector: response and resolution of jets against their generated transverse "
        + "momentum, tag rates by flavour with the card's formulas (lines), and the masses of lepton pairs from Z decays.",
      figure: Figure(title: "Collisions in the detector \(detector)", width: 560, height: 460, columns: columns))
  }

  private func panel(_ curves: [DetectorValidation.Curve], legend: Bool) -> Panel {
    var series: [Series] = []
    for (index, curve) in curves.enumerated() where !curve.points.isEmpty {
      let color = Palette.okabeIto[index + 1]
      let points = curve.points
      let expected = points.compactMap(\.expected)
      if expected.count == points.count {
        series.append(
          .histogram(
            HistogramSeries(
              edges: points.map(\.low) + points.suffix(1).map(\.high), values: expected,
              style: LineStyle(color, width: 1.1), standsOnZero: false)))
      }
      let errors = points.map(\.error)
      series.append(
        .points(
          PointSeries(
            legend ? curve.title : nil, x: points.map { ($0.low * $0.high).squareRoot() }, y: points.map(\.measured),
            yErrors: ErrorBars(symmetric: errors), marker: .cycle(index), color: color)))
    }
    let (title, unit) = axisTitle(curves.first?.xLabel ?? "")
    return Panel(
      x: AxisDescription(title, unit: unit, scale: .logarithmic), y: AxisDescription(curves.first?.yLabel ?? ""),
      series: series, legend: legend ? .above : .none)
  }

  /// `p_T [GeV]` as title and unit.
  private func axisTitle(_ label: String) -> (String, String?) {
    guard label.hasSuffix("]"), let open = label.firstIndex(of: "[") else { return (label, nil) }
    return (
      label[..<open].trimmingCharacters(in: .whitespaces), String(label[label.index(after: open)...].dropLast())
    )
  }

  private func massPanel() throws -> Panel {
    let axis = try Axis(binCount: 40, from: 71, to: 111)
    let series: [Series] = try [("μμ", dimuons), ("ee", dielectrons)].enumerated().map { index, entry in
      var histogram = Histogram1D(axis: axis)
      for mass in entry.1 { try histogram.fill(mass, weight: 1 / Double(max(1, entry.1.count))) }
      return .histogram(
        HistogramSeries(
          entry.0, edges: axis.edges, values: histogram.sumW, style: LineStyle(Palette.okabeIto[index + 1])))
    }
    return Panel(
      x: AxisDescription("m_{ℓℓ}", unit: "GeV"), y: AxisDescription("Fraction of pairs"), series: series)
  }
}
