import Records

/// Turns a workspace into a ``Model``'s arrays.
struct ModelCompiler {
  let workspace: Workspace
  let measurement: Workspace.Measurement
  let codes: InterpolationCodes

  var parameters: [Model.Parameter] = []
  var regions: [Model.Region] = []
  var observed: [Double] = []
  var blocks: [Model.Block] = []
  var factors: [Model.FactorTerm] = []
  var shifts: [Model.ShiftTerm] = []
  var gammas: [Model.GammaTerm] = []
  var nominal: [Double] = []
  var coefficients: [Double] = []
  var shiftValues: [Double] = []
  var gammaParameters: [Int] = []
  var layouts: [Model.RegionLayout] = []

  private var sets: [String: ParameterSet] = [:]
  private var shiftScratch = 0

  /// Parameters of one name.
  struct ParameterSet {
    enum Family: String {
      case normfactor, lumi, shapefactor, staterror, shapesys
      case constrained = "normsys or histosys"
    }
    var family: Family
    var first: Int
    var count: Int
    /// Of those of bins: the first parameter in each region.
    var regionStart: [String: Int] = [:]
  }

  init(workspace: Workspace, measurement: Workspace.Measurement, codes: InterpolationCodes) {
    self.workspace = workspace
    self.measurement = measurement
    self.codes = codes
  }

  mutating func compile() throws {
    let channels = workspace.channels.enumerated().sorted {
      $0.element.name.unicodeScalars.lexicographicallyPrecedes($1.element.name.unicodeScalars)
    }
    try declareParameters(channels.map { ($0.offset, $0.element) })
    for (_, channel) in channels { compile(channel) }
  }

  func parameterOfInterest() throws -> Int? {
    if measurement.poi.isEmpty { return nil }
    guard let set = sets[measurement.poi] else {
      let near = nearestName(to: measurement.poi, in: sets.keys.sorted()).map { "; nearest: '\($0)'" } ?? ""
      throw fault(
        "measurements",
        "measurement '\(measurement.name)': no modifier is named '\(measurement.poi)', its parameter of interest\(near)"
      )
    }
    guard set.family == .normfactor || set.family == .constrained || set.family == .lumi else {
      throw fault(
        "measurements",
        "'\(measurement.poi)' is a \(set.family.rawValue), with a parameter for each bin; the parameter of interest is one number"
      )
    }
    return set.first
  }

  private func fault(_ path: String, _ message: String) -> WorkspaceError {
    WorkspaceError(file: workspace.file, path: path, message: message)
  }

  // MARK: Parameters

  private mutating func declareParameters(_ channels: [(Int, Workspace.Channel)]) throws {
    for (number, channel) in channels {
      for (index, sample) in channel.samples.enumerated() {
        for (spot, modifier) in sample.modifiers.enumerated() {
          let path = "channels[\(number)].samples[\(index)].modifiers[\(spot)]"
          try declare(modifier, of: sample, in: channel, among: channels.map(\.1), path: path)
        }
      }
    }
  }

  private mutating func declare(
    _ modifier: Workspace.Modifier, of sample: Workspace.Sample, in channel: Workspace.Channel,
    among channels: [Workspace.Channel], path: String
  ) throws {
    let family: ParameterSet.Family =
      switch modifier.kind {
      case .normfactor: .normfactor
      case .lumi: .lumi
      case .normsys, .histosys: .constrained
      case .shapefactor: .shapefactor
      case .staterror: .staterror
      case .shapesys: .shapesys
      }
    if let known = sets[modifier.name] {
      guard known.family == family, family != .shapesys else {
        throw fault(
          path,
          "'\(modifier.name)' is a \(family.rawValue) here and a \(known.family.rawValue) elsewhere; "
            + (family == .shapesys ? "a shapesys's name is used once" : "modifiers share a name only within a kind"))
      }
      if family == .shapefactor, known.count != sample.data.count {
        throw fault(
          path, "the shapefactor '\(modifier.name)' has \(known.count) bins elsewhere and \(sample.data.count) here")
      }
      if family == .shapefactor { sets[modifier.name]?.regionStart[channel.name] = known.first }
      return
    }
    var set = ParameterSet(family: family, first: parameters.count, count: 1)
    let template: [Model.Parameter]
    switch modifier.kind {
    case .normfactor: template = [parameter(1, 0...10)]
    case .lumi: template = [try luminosity(path)]
    case .normsys, .histosys: template = [parameter(0, -5...5, .gaussian(auxiliary: 0, sigma: 1))]
    case .shapefactor:
      template = sample.data.map { _ in parameter(1, 0...10) }
      set.regionStart[channel.name] = set.first
    case .shapesys(let errors):
      template = zip(sample.data, errors).map { nominal, error in
        let valid = nominal > 0 && error > 0
        let tau = valid ? (nominal / error) * (nominal / error) : 1
        return parameter(1, 1e-10...10, .poisson(auxiliary: tau, factor: tau), fixed: !valid)
      }
      set.regionStart[channel.name] = set.first
    case .staterror:
      let (sigmas, starts) = try statisticalErrors(named: modifier.name, among: channels)
      set.regionStart = starts.mapValues { set.first + $0 }
      template = sigmas.map {
        parameter(1, 1e-10...10, .gaussian(auxiliary: 1, sigma: $0 > 0 ? $0 : 1), fixed: $0 == 0)
      }
    }
    set.count = template.count
    sets[modifier.name] = set
    try append(template, named: modifier.name, family: family)
  }

  private func parameter(
    _ initial: Double, _ bounds: ClosedRange<Double>, _ constraint: Model.Constraint = .free, fixed: Bool = false
  ) -> Model.Parameter {
    Model.Parameter(
      name: "", initial: initial, lower: bounds.lowerBound, upper: bounds.upperBound, isFixed: fixed,
      constraint: constraint)
  }

  private func luminosity(_ path: String) throws -> Model.Parameter {
    guard let settings = measurement.parameters.first(where: { $0.name == "lumi" }),
      let measured = settings.auxdata?.first,
      let sigma = settings.sigmas?.first
    else {
      throw fault(
        path,
        "there is a lumi, but the measurement '\(measurement.name)' does not describe it; "
          + "its parameters need {\"name\": \"lumi\", \"auxdata\": [1.0], \"sigmas\": [0.02], \"bounds\": [[0.5, 1.5]], \"inits\": [1.0]}"
      )
    }
    return parameter(measured, 0...max(10 * measured, 0), .gaussian(auxiliary: measured, sigma: sigma))
  }

  /// √(Σδ²)/Σν in the bins of the regions that have the staterror of this name, over the samples that declare it.
  private func statisticalErrors(
    named name: String, among channels: [Workspace.Channel]
  ) throws -> (sigmas: [Double], starts: [String: Int]) {
    var sigmas: [Double] = []
    var starts: [String: Int] = [:]
    for channel in channels {
      var total: [Double] = []
      var squares: [Double] = []
      for sample in channel.samples {
        for case .staterror(let errors) in sample.modifiers.filter({ $0.name == name }).map(\.kind) {
          if total.isEmpty {
            total = Array(repeating: 0, count: errors.count)
            squares = total
          }
          for bin in errors.indices {
            total[bin] += sample.data[bin]
            squares[bin] += errors[bin] * errors[bin]
          }
        }
      }
      if total.isEmpty { continue }
      starts[channel.name] = sigmas.count
      sigmas += zip(total, squares).map { $0 > 0 ? $1.squareRoot() / $0 : 0 }
    }
    return (sigmas, starts)
  }

  private mutating func append(_ template: [Model.Parameter], named name: String, family: ParameterSet.Family) throws {
    let place = measurement.parameters.firstIndex { $0.name == name }
    let settings = place.map { measurement.parameters[$0] }
    let isScalar = family == .normfactor || family == .lumi || family == .constrained
    for (key, count) in [
      ("inits", settings?.inits?.count), ("bounds", settings?.bounds?.count), ("auxdata", settings?.auxdata?.count),
      ("factors", settings?.factors?.count), ("sigmas", settings?.sigmas?.count),
    ] {
      if let count, count != template.count {
        throw fault(
          "measurement '\(measurement.name)', parameter '\(name)', \(key)",
          "found \(count) values; '\(name)' has \(template.count) parameter\(template.count == 1 ? "" : "s")")
      }
    }
    for (index, standard) in template.enumerated() {
      var entry = standard
      entry.name = isScalar ? name : "\(name)[\(index)]"
      entry.initial = settings?.inits?[index] ?? standard.initial
      if let bounds = settings?.bounds?[index] { (entry.lower, entry.upper) = (bounds.lowerBound, bounds.upperBound) }
      entry.isFixed = standard.isFixed || settings?.fixed ?? false
      guard (entry.lower...entry.upper).contains(entry.initial) else {
        throw fault(
          "measurement '\(measurement.name)', parameter '\(entry.name)', inits",
          "found \(entry.initial), outside its bounds [\(entry.lower), \(entry.upper)]")
      }
      switch standard.constraint {
      case .free: break
      case .gaussian(let auxiliary, let sigma):
        entry.constraint = .gaussian(
          auxiliary: settings?.auxdata?[index] ?? auxiliary, sigma: settings?.sigmas?[index] ?? sigma)
      case .poisson(let auxiliary, let factor):
        entry.constraint = .poisson(
          auxiliary: settings?.auxdata?[index] ?? auxiliary, factor: settings?.factors?[index] ?? factor)
      }
      parameters.append(entry)
    }
  }

  // MARK: Expectations

  private mutating func compile(_ channel: Workspace.Channel) {
    let bins = channel.samples[0].data.count
    let firstBin = observed.count
    observed += workspace.observations.first { $0.name == channel.name }?.data ?? []
    regions.append(Model.Region(name: channel.name, bins: firstBin..<(firstBin + bins)))
    var layout = Model.RegionLayout(
      bins: firstBin..<(firstBin + bins), blocks: blocks.count..<(blocks.count + channel.samples.count), dense: [],
      slots: [])
    var locals: [Int: Int] = [:]
    var slots: [String: Int] = [:]
    for sample in channel.samples {
      let starts = (factors.count, shifts.count, gammas.count)
      for modifier in sample.modifiers {
        guard let set = sets[modifier.name] else { continue }
        add(modifier, set, sample, channel, &layout, &locals, &slots)
      }
      blocks.append(
        Model.Block(
          region: regions.count - 1, firstBin: firstBin, binCount: bins, offset: nominal.count,
          factors: starts.0..<factors.count, shifts: starts.1..<shifts.count, gammas: starts.2..<gammas.count))
      nominal += sample.data
    }
    layouts.append(layout)
  }

  private mutating func add(
    _ modifier: Workspace.Modifier, _ set: ParameterSet, _ sample: Workspace.Sample, _ channel: Workspace.Channel,
    _ layout: inout Model.RegionLayout, _ locals: inout [Int: Int], _ slots: inout [String: Int]
  ) {
    func local(_ parameter: Int) -> Int {
      if let known = locals[parameter] { return known }
      layout.dense.append(parameter)
      locals[parameter] = layout.dense.count - 1
      return layout.dense.count - 1
    }
    switch modifier.kind {
    case .normfactor, .lumi:
      factors.append(Model.FactorTerm(parameter: set.first, local: local(set.first), coefficients: -1))
    case .normsys(let low, let high):
      factors.append(Model.FactorTerm(parameter: set.first, local: local(set.first), coefficients: coefficients.count))
      coefficients += Interpolation.factorCoefficients(low: low, high: high) + [low, high]
    case .histosys(let low, let high):
      shifts.append(
        Model.ShiftTerm(parameter: set.first, local: local(set.first), values: shiftValues.count, scratch: shiftScratch)
      )
      shiftScratch += sample.data.count
      shiftValues += zip(sample.data, low).map { $0 - $1 }
      shiftValues += zip(sample.data, high).map { $1 - $0 }
    case .shapefactor, .staterror, .shapesys:
      let slot: Int
      if let known = slots[modifier.name] {
        slot = known
      } else {
        slot = layout.slots.count
        slots[modifier.name] = slot
        layout.slots.append(gammaParameters.count)
        let start = set.regionStart[channel.name] ?? set.first
        gammaParameters += start..<(start + sample.data.count)
      }
      gammas.append(Model.GammaTerm(first: layout.slots[slot], slot: slot))
    }
  }
}
