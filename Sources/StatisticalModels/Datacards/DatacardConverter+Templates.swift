import Foundation
import Histograms
import Records

extension DatacardConverter {
  /// A column's expected events in bins.
  struct Template {
    var column: Datacard.Column
    /// Scaled to the rate.
    var nominal: [Double]
    /// √Σw², scaled as `nominal`; empty for counts.
    var errors: [Double]
    /// The histogram's own contents and what they were multiplied by.
    var contents: [Double]
    var scale: Double
    var rule: Datacard.ShapeRule?
    /// Whether shapes change the normalisation within the histograms.
    var morphsNormalisation: Bool
    /// The smallest scale of θ among its shapes.
    var smallestScale: Double
  }

  /// The `shapes` line of a process in a bin: one for the bin first, then one for all bins; `nil` without any such lines.
  func rule(for process: String, in bin: String) throws -> Datacard.ShapeRule? {
    if card.shapes.isEmpty { return nil }
    for place in [bin, "*"] {
      let rules = card.shapes.filter { $0.bin == place }
      if let found = rules.first(where: { $0.process == process }) ?? rules.first(where: { $0.process == "*" }) {
        return found
      }
    }
    // Observed events of a bin whose processes are all counted need no histogram.
    if process == "data_obs" { return nil }
    throw error(
      card.shapes.last?.line,
      "no 'shapes' line is for '\(process)' in '\(bin)'; write 'shapes \(process) \(bin) FAKE' to count it")
  }

  /// The name with its keywords replaced.
  func expand(_ pattern: String, process: String, bin: String, systematic: String) -> String {
    var values = keywords
    values["PROCESS"] = process
    values["CHANNEL"] = bin
    values["SYSTEMATIC"] = systematic
    // Longer words first, so that $MASSES is not $MASS followed by ES.
    return values.sorted { ($1.key.count, $0.key) < ($0.key.count, $1.key) }
      .reduce(pattern) { $0.replacingOccurrences(of: "$\($1.key)", with: $1.value) }
  }

  func histogram(
    _ pattern: String, _ rule: Datacard.ShapeRule, process: String, bin: String, systematic: String
  ) throws -> Histogram1D {
    let (file, name) = place(pattern, rule, process, bin, systematic)
    guard let found = try source.histogram(name, in: file) else {
      let near = nearestName(to: name, in: try source.histogramNames(in: file)).map { "; nearest: '\($0)'" } ?? ""
      throw error(rule.line, "\(file) has no histogram '\(name)'\(near)")
    }
    if let bad = found.sumW.first(where: { !$0.isFinite }) {
      throw error(rule.line, "the histogram '\(name)' of \(file) holds \(bad); contents must be finite")
    }
    return found
  }

  private func place(
    _ pattern: String, _ rule: Datacard.ShapeRule, _ process: String, _ bin: String, _ systematic: String
  ) -> (file: String, name: String) {
    func expanded(_ text: String) -> String { expand(text, process: process, bin: bin, systematic: systematic) }
    return (expanded(rule.file), expanded(pattern))
  }

  mutating func template(of index: Int) throws -> Template {
    let column = card.columns[index]
    let automatic = card.automaticErrors[column.bin]
    let scales = card.nuisances.filter { $0.distribution == .shape || $0.distribution == .shapeOrLogNormal }
      .compactMap { $0.effects[index]?.value }
    var template = Template(
      column: column, nominal: [], errors: [], contents: [], scale: 1,
      rule: try rule(for: column.process, in: column.bin),
      morphsNormalisation: automatic?.morphsNormalisation ?? false, smallestScale: min(1, scales.min() ?? 1))
    guard let rule = template.rule, let name = rule.histogram else {
      guard let rate = column.rate else {
        throw error(
          template.rule?.line, "the rate of '\(column.process)' in '\(column.bin)' is -1, but it has no histogram")
      }
      template.contents = [rate > 0 ? rate : 1]
      template.nominal = try normalised([rate], index)
      return template
    }
    let found = try histogram(name, rule, process: column.process, bin: column.bin, systematic: "")
    template.contents = clipped(found.sumW, "'\(column.process)' in '\(column.bin)'")
    let sum = template.contents.reduce(0, +)
    guard sum > 0 else {
      throw error(
        rule.line, "the histogram of '\(column.process)' in '\(column.bin)' is empty; a rate of 0 leaves it out")
    }
    if let rate = column.rate, rate > 0, abs(found.integral - rate) > 0.01 * max(1, rate) {
      throw error(
        rule.line,
        "the rate of '\(column.process)' in '\(column.bin)' is \(rate), but its histogram holds \(found.integral)")
    }
    // With automatic errors Combine takes the histogram itself, else its shape and the rate.
    let rate = automatic == nil ? column.rate.flatMap { $0 > 0 ? $0 : nil } ?? sum : sum
    template.nominal = try normalised(template.contents.map { $0 * rate / sum }, index)
    template.scale = template.nominal.reduce(0, +) / sum
    if let automatic, automatic.threshold >= 0, let bad = found.sumW2.first(where: { !$0.isFinite }) {
      throw error(
        rule.line, "the squared weights of '\(column.process)' in '\(column.bin)' hold \(bad); they must be finite")
    }
    template.errors = found.errors.map { $0 * template.scale }
    return template
  }

  /// The yield as its `gmN` has it: α·N in place of the rate, α where there are no events.
  private func normalised(_ events: [Double], _ index: Int) throws -> [Double] {
    let gammas = card.nuisances.filter { $0.distribution.isGamma && $0.effects[index] != nil }
    guard let gamma = gammas.first, case .gamma(let count) = gamma.distribution, let alpha = gamma.effects[index]?.value
    else { return events }
    guard gammas.count == 1 else {
      throw error(
        gammas[1].line,
        "'\(card.columns[index].process)' has another gmN in line \(gamma.line): its yield is that of one")
    }
    let sum = events.reduce(0, +)
    let yield = alpha * Double(max(count, 1))
    return sum > 0 ? events.map { $0 * yield / sum } : events.map { _ in yield / Double(events.count) }
  }

  private mutating func clipped(_ contents: [Double], _ what: String) -> [Double] {
    let bad = contents.indices.filter { contents[$0] < 0 }
    guard !bad.isEmpty else { return contents }
    warnings.append(
      "\(what): negative contents taken as 0 in bin\(bad.count == 1 ? "" : "s") \(bad.map(String.init).joined(separator: ", "))"
    )
    return contents.map { max(0, $0) }
  }

  // MARK: Shapes

  func hasVariation(_ nuisance: Datacard.Nuisance, _ template: Template) throws -> Bool {
    guard let rule = template.rule, let pattern = rule.varied else { return false }
    let (file, name) = place(pattern, rule, template.column.process, template.column.bin, nuisance.name + "Up")
    return try source.histogram(name, in: file) != nil
  }

  /// A shape: histograms at ±1σ with the nominal sum, and the change of the sum as a factor.
  ///
  /// A scale s of θ multiplies the shifts and is the power of the factors: Combine joins the halves of the interpolation
  /// within |sθ| < s, that is within |θ| < 1 as for a scale of 1.
  func shapeModifiers(
    _ nuisance: Datacard.Nuisance, _ effect: Datacard.Effect, _ template: Template
  ) throws -> [Workspace.Modifier] {
    guard let rule = template.rule, let pattern = rule.varied else {
      throw error(
        nuisance.line,
        "'\(nuisance.name)' on '\(template.column.process)' in '\(template.column.bin)' needs histograms, but "
          + (template.rule.map { "the 'shapes' line \($0.line) names no varied one" } ?? "there is no 'shapes' line"))
    }
    let up = try varied(pattern, rule, nuisance, "Up", template)
    let down = try varied(pattern, rule, nuisance, "Down", template)
    let sum = template.contents.reduce(0, +)
    let (high, low) = (up.reduce(0, +) / sum, down.reduce(0, +) / sum)
    func shifted(_ histogram: [Double], _ factor: Double) -> [Double] {
      zip(template.nominal, histogram).map { $0 + effect.value * ($1 * template.scale / factor - $0) }
    }
    if template.morphsNormalisation {
      return [.init(name: nuisance.name, kind: .histosys(low: shifted(down, 1), high: shifted(up, 1)))]
    }
    var modifiers: [Workspace.Modifier] = []
    // Combine leaves out factors below a thousandth.
    if abs(high - 1) >= 1e-3 || abs(low - 1) >= 1e-3 {
      modifiers.append(
        .init(name: nuisance.name, kind: .normsys(low: pow(low, effect.value), high: pow(high, effect.value))))
    }
    if template.nominal.count > 1 {
      modifiers.append(.init(name: nuisance.name, kind: .histosys(low: shifted(down, low), high: shifted(up, high))))
    }
    return modifiers
  }

  private func varied(
    _ pattern: String, _ rule: Datacard.ShapeRule, _ nuisance: Datacard.Nuisance, _ side: String, _ template: Template
  ) throws -> [Double] {
    let column = template.column
    let found = try histogram(
      pattern, rule, process: column.process, bin: column.bin, systematic: nuisance.name + side)
    guard found.binCount == template.nominal.count else {
      throw error(
        rule.line,
        "'\(nuisance.name)\(side)' of '\(column.process)' in '\(column.bin)' has \(found.binCount) bins; "
          + "the nominal histogram \(template.nominal.count)")
    }
    guard found.integral > 0 else {
      throw error(rule.line, "'\(nuisance.name)\(side)' of '\(column.process)' in '\(column.bin)' holds no events")
    }
    return found.sumW
  }

  // MARK: Statistical uncertainties

  /// Uncertainties of simulation, bin by bin: Poisson ones a process where effective events are few, else Gaussian ones.
  mutating func addErrors(
    _ automatic: Datacard.AutomaticErrors, _ bin: String, _ samples: inout [Workspace.Sample], _ templates: [Template]
  ) throws {
    guard templates.allSatisfy({ !$0.errors.isEmpty }) else {
      throw error(automatic.line, "autoMCStats of '\(bin)': all of its processes need histograms")
    }
    let bins = samples[0].data.count
    let summed = templates.indices.filter { automatic.includesSignal || !templates[$0].column.isSignal }
    let starts = templates.indices.map { index in startingRate(templates[index].column) }
    var gaussian = templates.map { _ in [Double](repeating: 0, count: bins) }
    var poisson = gaussian
    for b in 0..<bins {
      let total = summed.reduce(0) { $0 + starts[$1] * templates[$1].nominal[b] }
      let square = summed.reduce(0) { $0 + pow(starts[$1] * templates[$1].errors[b], 2) }
      if square <= 0 { continue }
      let isPoisson = (total * total / square).rounded() <= automatic.threshold
      for index in templates.indices {
        let (events, spread) = (templates[index].nominal[b], templates[index].errors[b])
        guard spread > 0, events > 0 || !isPoisson else { continue }
        let effective = (events * events / (spread * spread)).rounded()
        if isPoisson, events >= 0.999 * spread, effective <= automatic.threshold {
          poisson[index][b] = events / effective.squareRoot()
        } else if events > 0 {
          gaussian[index][b] = spread
        } else {
          addShift(spread, b, "mcstat_\(bin)_\(samples[index].name)_empty\(b)", &samples[index])
        }
      }
    }
    for index in samples.indices {
      let name = "mcstat_\(bin)_\(samples[index].name)"
      if samples[index].modifiers.contains(where: { $0.kind.type == "histosys" }) {
        // Combine adds these to the yield as it is morphed; a γ would multiply the morphing too.
        for b in 0..<bins where gaussian[index][b] > 0 {
          addShift(gaussian[index][b], b, "\(name)_bin\(b)", &samples[index])
        }
      } else if gaussian[index].contains(where: { $0 > 0 }) {
        samples[index].modifiers.append(.init(name: name, kind: .staterror(gaussian[index])))
        setRange(name, zip(templates[index].nominal, gaussian[index]).map { $0 > 0 ? $1 / $0 : 0 })
      }
      if poisson[index].contains(where: { $0 > 0 }) {
        samples[index].modifiers.append(.init(name: "\(name)_poisson", kind: .shapesys(poisson[index])))
      }
    }
  }

  /// The product of the column's rate parameters where they start, which Combine's effective events contain.
  private func startingRate(_ column: Datacard.Column) -> Double {
    guard let index = card.columns.firstIndex(of: column) else { return 1 }
    return card.rateParameters.filter { $0.columns.contains(index) }.reduce(1) { $0 * $1.initial }
  }

  /// Combine's ±7σ, also below zero: the sum over processes decides what is possible, not each of them.
  private mutating func setRange(_ name: String, _ sigmas: [Double]) {
    parameters.append(
      .init(name: name, bounds: sigmas.map { $0 > 0 ? (1 - 7 * $0)...(1 + 7 * $0) : 0...10 }))
  }

  /// A shift of one bin alone.
  private mutating func addShift(_ spread: Double, _ bin: Int, _ name: String, _ sample: inout Workspace.Sample) {
    var (low, high) = (sample.data, sample.data)
    low[bin] -= spread
    high[bin] += spread
    sample.modifiers.append(.init(name: name, kind: .histosys(low: low, high: high)))
    parameters.append(.init(name: name, bounds: [-7...7]))
  }
}
