import Figures
public import Inference

extension SignificanceReport {
  /// The expected significance against luminosity, where luminosities were asked for.
  public var figures: [ReportFigure] {
    guard curve.count > 1 else { return [] }
    let unit = request.luminosity ?? 1
    let x = curve.map { $0.luminosityFactor * unit }
    func line(
      _ label: String, _ index: Int, _ dash: LineStyle.Dash, _ value: (ProjectedSignificance) -> Double
    ) -> Series? {
      let y = curve.map(value)
      guard y.allSatisfy(\.isFinite) else { return nil }
      let color = Palette.okabeIto[index]
      return .line(LineSeries(label, x: x, y: y, style: LineStyle(color, dash: dash, width: index == 6 ? 2 : 1.4)))
    }
    let rules = [3.0, 5].map { z in
      Series.rule(RuleSeries(nil, .horizontal(y: z), style: LineStyle(Color(0x888888), dash: .dotted, width: 0.8)))
    }
    let curves = [
      line("fit of the whole model", 6, .solid) { $0.profile },
      line("Z_{A} with σ_{b}", 0, .dashed) { $0.withUncertainty },
      line("Z_{A}", 1, .longDashed) { $0.exact },
      line("s / \\sqrt{b}", 2, .dashDotted) { $0.simple },
      line("s / \\sqrt{s + b}", 3, .dotted) { $0.measured },
    ].compactMap(\.self)
    return [
      ReportFigure(
        name: "significance",
        caption:
          "Expected significance of a signal of nominal strength against the integrated luminosity: of the fit of "
          + "the whole model (√q_0 on Asimov data), and by formulae for the bins that expect signal, added in quadrature. "
          + "Systematic uncertainties keep their relative size. Dotted: 3σ and 5σ.",
        figure: Figure(
          title: "Expected significance against luminosity",
          columns: [
            [
              Panel(
                x: request.luminosity == nil
                  ? AxisDescription("Integrated luminosity / that of the workspace", scale: .logarithmic)
                  : AxisDescription("Integrated luminosity", unit: "fb^{−1}", scale: .logarithmic),
                y: AxisDescription("Expected significance", unit: "σ", lower: 0), series: rules + curves)
            ]
          ]))
    ]
  }
}
