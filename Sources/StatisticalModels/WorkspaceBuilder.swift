import Histograms

/// Builds a workspace from histograms of simulated samples.
///
/// ```swift
/// var builder = WorkspaceBuilder(name: "ht", parameterOfInterest: "mu")
/// builder.luminosityUncertainty = 0.025
/// try builder.addChannel(
///   "SR", signal: .init(name: "TT1000", histogram: signal),
///   backgrounds: [.init(name: "ttbar", histogram: ttbar, normalisation: ["xs_ttbar": 0.06])])
/// let workspace = try builder.build()
/// ```
public struct WorkspaceBuilder: Sendable {
  /// A sample's events in bins and its normalisation uncertainties.
  public struct Sample: Sendable {
    public var name: String
    /// Expected events: Σw in units of events, Σw² for the statistical uncertainty.
    public var histogram: Histogram1D
    /// Relative uncertainties of the yield by the name of their source, shared by samples that name the same: a ±6 %
    /// uncertainty, 0.06, becomes a `normsys` with 1 + 0.06 and 1/(1 + 0.06).
    public var normalisation: [String: Double]
    /// Varied histograms by the name of their source, at −1σ and +1σ.
    public var shapes: [String: (low: Histogram1D, high: Histogram1D)]

    public init(
      name: String, histogram: Histogram1D, normalisation: [String: Double] = [:],
      shapes: [String: (low: Histogram1D, high: Histogram1D)] = [:]
    ) {
      self.name = name
      self.histogram = histogram
      self.normalisation = normalisation
      self.shapes = shapes
    }
  }

  public var name: String
  public var parameterOfInterest: String
  /// The relative uncertainty of the luminosity, on every sample; 0 for none.
  public var luminosityUncertainty = 0.0
  /// Whether the samples' statistical uncertainties enter (`staterror`, one γ a bin and channel).
  public var statisticalUncertainty = true
  private var channels: [Workspace.Channel] = []
  private var observations: [Workspace.Observation] = []

  public init(name: String, parameterOfInterest: String = "mu") {
    self.name = name
    self.parameterOfInterest = parameterOfInterest
  }

  /// Adds a region. Without `observed`, the observation is the sum of the backgrounds: the Asimov data of μ = 0.
  ///
  /// Set ``luminosityUncertainty`` and ``statisticalUncertainty`` before. A bin whose Σw is negative (subtracted weights)
  /// is taken as empty, as an expectation of events cannot be negative.
  /// - Throws: ``WorkspaceError`` for uncertainties that are no numbers or not above −1, and for different bins.
  public mutating func addChannel(
    _ channel: String, signal: Sample, backgrounds: [Sample], observed: [Double]? = nil
  ) throws {
    let bins = signal.histogram.binCount
    var samples: [Workspace.Sample] = []
    for (index, sample) in ([signal] + backgrounds).enumerated() {
      guard sample.histogram.axis.edges == signal.histogram.axis.edges else {
        throw fault(channel, sample.name, "its bins differ from those of '\(signal.name)'")
      }
      samples.append(try convert(sample, isSignal: index == 0, channel: channel))
    }
    var sum = [Double](repeating: 0, count: bins)
    for sample in samples.dropFirst() { for bin in 0..<bins { sum[bin] += sample.data[bin] } }
    channels.append(Workspace.Channel(name: channel, samples: samples))
    observations.append(Workspace.Observation(name: channel, data: observed ?? sum))
  }

  private func convert(_ sample: Sample, isSignal: Bool, channel: String) throws -> Workspace.Sample {
    let varied = sample.shapes.values.flatMap { $0.low.sumW + $0.high.sumW }
    if let bad = (sample.histogram.sumW + sample.histogram.sumW2 + varied).first(where: { !$0.isFinite }) {
      throw fault(channel, sample.name, "a bin holds \(bad); contents must be finite")
    }
    let data = sample.histogram.sumW.map { max(0, $0) }
    var modifiers: [Workspace.Modifier] = []
    if isSignal { modifiers.append(.init(name: parameterOfInterest, kind: .normfactor)) }
    if luminosityUncertainty > 0 { modifiers.append(.init(name: "lumi", kind: .lumi)) }
    for (source, size) in sample.normalisation.sorted(by: { $0.key < $1.key }) {
      guard size.isFinite, size > -1 else {
        throw fault(channel, sample.name, "'\(source)' has the uncertainty \(size)")
      }
      modifiers.append(.init(name: source, kind: .normsys(low: 1 / (1 + size), high: 1 + size)))
    }
    for (source, shape) in sample.shapes.sorted(by: { $0.key < $1.key }) {
      guard shape.low.axis.edges == sample.histogram.axis.edges, shape.high.axis.edges == sample.histogram.axis.edges
      else {
        throw fault(channel, sample.name, "the bins of '\(source)' differ from its own")
      }
      modifiers.append(
        .init(
          name: source,
          kind: .histosys(low: shape.low.sumW.map { max(0, $0) }, high: shape.high.sumW.map { max(0, $0) })))
    }
    if statisticalUncertainty {
      modifiers.append(.init(name: "staterror_\(channel)", kind: .staterror(sample.histogram.errors)))
    }
    return Workspace.Sample(name: sample.name, data: data, modifiers: modifiers)
  }

  private func fault(_ channel: String, _ sample: String, _ message: String) -> WorkspaceError {
    WorkspaceError(file: name, path: "channel '\(channel)', sample '\(sample)'", message: message)
  }

  /// The workspace with one measurement of the builder's name.
  /// - Throws: ``WorkspaceError``.
  public func build() throws -> Workspace {
    var parameters: [Workspace.ParameterSettings] = []
    if luminosityUncertainty > 0 {
      let width = min(0.99, 5 * luminosityUncertainty)
      parameters.append(
        .init(
          name: "lumi", inits: [1], bounds: [(1 - width)...(1 + width)], auxdata: [1], sigmas: [luminosityUncertainty],
          fixed: false))
    }
    var workspace = Workspace(
      channels: channels, observations: observations,
      measurements: [.init(name: name, poi: parameterOfInterest, parameters: parameters)])
    workspace.file = name
    return try workspace.validated()
  }
}
