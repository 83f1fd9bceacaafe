import Foundation
import Histograms
import Records

/// A workspace made from a datacard or from XML, and what to know of it.
public struct ConvertedWorkspace: Sendable {
  /// With the interpolations of the program that it comes from.
  public var workspace: Workspace
  /// What is not as that program has it.
  public var warnings: [String]

  public init(workspace: Workspace, warnings: [String] = []) {
    self.workspace = workspace
    self.warnings = warnings
  }
}

extension Datacard {
  /// The workspace of the card's likelihood, with the signal's strength `r`.
  ///
  /// Equal to Combine's likelihood up to constants; the workspace has ``InterpolationCodes/combine``:
  /// - `lnN` is a `normsys`; `shape` a `histosys` of histograms scaled to the nominal yield with a `normsys` of the same name;
  ///   `rateParam` and `r` are `normfactor`s; `lnU` is a `normfactor` between 1/κ and κ.
  /// - `gmN` is a `normfactor` λ/N and a channel of its own, whose events are those of the control region.
  /// - `autoMCStats` is a Gaussian parameter for each process and bin (a `staterror`, or a `histosys` of one bin where the
  ///   process has shapes): under profiling they are the same as Combine's one parameter a bin, with the sum of their
  ///   variances at the current normalisations. Bins below the threshold have Poisson parameters, a `shapesys`.
  /// - Parameters:
  ///   - source: the histograms.
  ///   - mass: what `$MASS` stands for.
  ///   - keywords: what other `$WORD`s stand for.
  /// - Throws: ``ModelFileError``, ``WorkspaceError``, and what the source throws.
  public func converted(
    from source: some HistogramSource = NoHistograms(), mass: String = "120", keywords: [String: String] = [:]
  ) throws -> ConvertedWorkspace {
    var converter = DatacardConverter(card: self, source: source, keywords: keywords)
    converter.keywords["MASS"] = mass
    return try converter.convert()
  }

  /// The name of the signal's strength in workspaces made from cards, which is Combine's.
  public static let parameterOfInterest = "r"
}

/// Makes a workspace of a datacard.
struct DatacardConverter<Source: HistogramSource> {
  let card: Datacard
  let source: Source
  var keywords: [String: String]
  var warnings: [String] = []
  var parameters: [Workspace.ParameterSettings] = []

  init(card: Datacard, source: Source, keywords: [String: String]) {
    self.card = card
    self.source = source
    self.keywords = keywords
  }

  func error(_ line: Int?, _ message: String) -> ModelFileError {
    ModelFileError(file: card.file, line: line, message: message)
  }

  mutating func convert() throws -> ConvertedWorkspace {
    var channels: [Workspace.Channel] = []
    var observations: [Workspace.Observation] = []
    for bin in card.bins {
      let channel = try convert(bin)
      channels.append(channel)
      observations.append(.init(name: bin, data: try observation(bin, bins: channel.samples[0].data.count)))
    }
    setSettings()
    try addControlRegions(&channels, &observations)
    var workspace = Workspace(
      channels: channels, observations: observations,
      measurements: [.init(name: "datacard", poi: Datacard.parameterOfInterest, parameters: parameters)])
    workspace.file = card.file
    workspace.codes = .combine
    return ConvertedWorkspace(workspace: try workspace.validated(), warnings: warnings)
  }

  // MARK: Bins

  private mutating func convert(_ bin: String) throws -> Workspace.Channel {
    var samples: [Workspace.Sample] = []
    var templates: [Template] = []
    for (index, column) in card.columns.enumerated() where column.bin == bin && column.rate != 0 || isGamma(index, bin)
    {
      let template = try template(of: index)
      var sample = Workspace.Sample(name: column.process, data: template.nominal)
      if column.isSignal { sample.modifiers.append(.init(name: Datacard.parameterOfInterest, kind: .normfactor)) }
      for nuisance in card.nuisances {
        guard let effect = nuisance.effects[index] else { continue }
        sample.modifiers += try modifiers(nuisance, effect, template)
      }
      try addRates(index, &sample)
      samples.append(sample)
      templates.append(template)
    }
    guard let first = samples.first else {
      throw error(nil, "nothing is expected in the bin '\(bin)': all its rates are 0")
    }
    for (sample, template) in zip(samples, templates) where sample.data.count != first.data.count {
      throw error(
        template.rule?.line,
        "the histogram of '\(sample.name)' in '\(bin)' has \(sample.data.count) bins; that of '\(first.name)' \(first.data.count)"
      )
    }
    if let errors = card.automaticErrors[bin], errors.threshold >= 0 {
      try addErrors(errors, bin, &samples, templates)
    }
    return .init(name: bin, samples: samples)
  }

  /// Whether a column of the bin has a yield from a control region, also where that has no events and the rate is 0.
  private func isGamma(_ index: Int, _ bin: String) -> Bool {
    card.columns[index].bin == bin && card.nuisances.contains { $0.distribution.isGamma && $0.effects[index] != nil }
  }

  private func modifiers(
    _ nuisance: Datacard.Nuisance, _ effect: Datacard.Effect, _ template: Template
  ) throws -> [Workspace.Modifier] {
    switch nuisance.distribution {
    case .logNormal: return [.init(name: nuisance.name, kind: .normsys(low: effect.down, high: effect.up))]
    case .logUniform, .gamma: return [.init(name: nuisance.name, kind: .normfactor)]
    case .shape: return try shapeModifiers(nuisance, effect, template)
    case .shapeOrLogNormal:
      let isShape = try !effect.isAsymmetric && hasVariation(nuisance, template)
      if !isShape {
        let down = effect.isAsymmetric ? effect.down : 1 / effect.up
        return [.init(name: nuisance.name, kind: .normsys(low: down, high: effect.up))]
      }
      return try shapeModifiers(nuisance, effect, template)
    }
  }

  private func addRates(_ index: Int, _ sample: inout Workspace.Sample) throws {
    var names = card.rateParameters.filter { $0.columns.contains(index) }.map(\.name)
    for product in card.rateProducts where product.columns.contains(index) {
      names += product.factors
      sample.data = sample.data.map { $0 * product.constant }
    }
    for (position, name) in names.enumerated() {
      guard !names[..<position].contains(name) else {
        throw error(
          card.rateProducts.last { $0.columns.contains(index) }?.line,
          "'\(name)' multiplies '\(sample.name)' twice: powers are not supported")
      }
      sample.modifiers.append(.init(name: name, kind: .normfactor))
    }
  }

  private func observation(_ bin: String, bins: Int) throws -> [Double] {
    let stated = card.observations[bin] ?? nil
    guard let rule = try rule(for: "data_obs", in: bin), let name = rule.histogram else {
      guard let stated else { throw error(nil, "the observation of '\(bin)' is -1, but no histogram holds its events") }
      guard bins == 1 else {
        throw error(nil, "'\(bin)' has \(bins) bins, but no 'shapes' line names the histogram of data_obs")
      }
      return [stated]
    }
    let histogram = try histogram(name, rule, process: "data_obs", bin: bin, systematic: "")
    guard histogram.binCount == bins else {
      throw error(
        rule.line, "the observed histogram of '\(bin)' has \(histogram.binCount) bins; the expected ones \(bins)")
    }
    let sum = histogram.integral
    if let stated, abs(sum - stated) > 0.005 * stated, stated > 0 || sum > 0.01 {
      throw error(rule.line, "the observation of '\(bin)' is \(stated), but its histogram holds \(sum) events")
    }
    return histogram.sumW
  }

  // MARK: Parameters

  private mutating func setSettings() {
    let frozen = Set(card.frozen)
    parameters.append(.init(name: Datacard.parameterOfInterest, inits: [1], bounds: [0...20]))
    for rate in card.rateParameters {
      let reach = 100 * max(abs(rate.initial), 1)
      parameters.append(
        .init(
          name: rate.name, inits: [rate.initial], bounds: [rate.bounds ?? (rate.initial < 0 ? -reach : 0)...reach],
          fixed: frozen.contains(rate.name) ? true : nil))
    }
    for nuisance in card.nuisances where nuisance.distribution == .logUniform {
      guard let effect = nuisance.effects.compactMap({ $0 }).first else { continue }
      let ends = [effect.down, effect.up].sorted()
      parameters.append(
        .init(
          name: nuisance.name, inits: [1], bounds: [ends[0]...ends[1]],
          fixed: frozen.contains(nuisance.name) ? true : nil))
    }
    let gaussian = Set(
      card.nuisances.filter { $0.distribution.isGaussian && $0.effects.contains { $0 != nil } }.map(\.name))
    for name in gaussian.sorted() {
      // Combine's range of Gaussian nuisances.
      parameters.append(.init(name: name, bounds: [-7...7], fixed: frozen.contains(name) ? true : nil))
    }
  }

  /// A channel for each `gmN`: its events measure λ, of which the factor is λ/N (λ itself where N is 0).
  private mutating func addControlRegions(
    _ channels: inout [Workspace.Channel], _ observations: inout [Workspace.Observation]
  ) throws {
    for nuisance in card.nuisances where nuisance.effects.contains(where: { $0 != nil }) {
      if nuisance.distribution == .logUniform { try checkUniform(nuisance) }
      guard case .gamma(let count) = nuisance.distribution else { continue }
      let (events, unit) = (Double(count), Double(max(count, 1)))
      let name = "gmN_\(nuisance.name)"
      if let other = channels.first(where: { $0.name == name }) {
        throw error(nuisance.line, "the bin '\(other.name)' has the name of this nuisance's control region")
      }
      channels.append(
        .init(
          name: name,
          samples: [
            .init(name: nuisance.name, data: [unit], modifiers: [.init(name: nuisance.name, kind: .normfactor)])
          ])
      )
      observations.append(.init(name: name, data: [events]))
      parameters.append(
        .init(
          name: nuisance.name, inits: [1], bounds: [0...((events + 10 * events.squareRoot() + 30) / unit)],
          fixed: card.frozen.contains(nuisance.name) ? true : nil))
    }
  }

  private func checkUniform(_ nuisance: Datacard.Nuisance) throws {
    let effects = nuisance.effects.compactMap { $0 }
    guard effects.allSatisfy({ $0 == effects[0] }), !effects[0].isAsymmetric else {
      throw error(
        nuisance.line,
        "lnU '\(nuisance.name)' with different or asymmetric factors is not supported: HistFactory's free factors are shared as they are"
      )
    }
  }
}

extension InterpolationCodes {
  /// Those of CMS Combine: log-normals whose halves are joined smoothly within |θ| < 1/2, and shapes by code 4p.
  public static let combine = InterpolationCodes(normsys: .joinedExponential, histosys: .polynomialLinear)
}
