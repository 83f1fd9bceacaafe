/// A HistFactory workspace: channels of samples, observations and measurements (CERN-OPEN-2012-016), as pyhf's JSON 1.0.0
/// holds them.
///
/// A workspace that ``validated()`` has passed compiles for each of its measurements.
public struct Workspace: Hashable, Sendable {
  public var channels: [Channel]
  public var observations: [Observation]
  public var measurements: [Measurement]
  /// What errors call it: a file, or `workspace`.
  public var file = "workspace"
  /// The interpolations of its likelihood: those of the program that its file is for. No format holds them.
  public var codes = InterpolationCodes()

  public init(channels: [Channel], observations: [Observation], measurements: [Measurement]) {
    self.channels = channels
    self.observations = observations
    self.measurements = measurements
  }

  /// A region of a fit: samples with the same bins.
  public struct Channel: Hashable, Sendable {
    public var name: String
    public var samples: [Sample]

    public init(name: String, samples: [Sample]) {
      self.name = name
      self.samples = samples
    }
  }

  /// Expected events a bin of one process, and what modifies them.
  public struct Sample: Hashable, Sendable {
    public var name: String
    /// Expected events in each bin, not negative.
    public var data: [Double]
    public var modifiers: [Modifier]

    public init(name: String, data: [Double], modifiers: [Modifier] = []) {
      self.name = name
      self.data = data
      self.modifiers = modifiers
    }
  }

  /// Observed events in each bin of a channel.
  public struct Observation: Hashable, Sendable {
    public var name: String
    public var data: [Double]

    public init(name: String, data: [Double]) {
      self.name = name
      self.data = data
    }
  }

  /// A parameter of interest, and settings of parameters.
  public struct Measurement: Hashable, Sendable {
    public var name: String
    /// The parameter of interest's name.
    public var poi: String
    public var parameters: [ParameterSettings]

    public init(name: String, poi: String, parameters: [ParameterSettings] = []) {
      self.name = name
      self.poi = poi
      self.parameters = parameters
    }
  }

  /// A measurement's settings of one parameter (or of the parameters of one name, one a bin). `nil`: the modifier's default.
  public struct ParameterSettings: Hashable, Sendable {
    public var name: String
    public var inits: [Double]?
    public var bounds: [ClosedRange<Double>]?
    /// The values measured by the auxiliary measurements that constrain the parameters.
    public var auxdata: [Double]?
    /// The Poisson constraints' τ.
    public var factors: [Double]?
    /// The Gaussian constraints' σ.
    public var sigmas: [Double]?
    public var fixed: Bool?

    public init(
      name: String, inits: [Double]? = nil, bounds: [ClosedRange<Double>]? = nil, auxdata: [Double]? = nil,
      factors: [Double]? = nil, sigmas: [Double]? = nil, fixed: Bool? = nil
    ) {
      self.name = name
      self.inits = inits
      self.bounds = bounds
      self.auxdata = auxdata
      self.factors = factors
      self.sigmas = sigmas
      self.fixed = fixed
    }
  }

  /// What changes a sample's expected events. Modifiers of one name share their parameters.
  public struct Modifier: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
      /// A free factor on all bins.
      case normfactor
      /// A free factor for each bin.
      case shapefactor
      /// A factor `low` at α = −1 and `high` at α = +1, with α constrained to 0 ± 1.
      case normsys(low: Double, high: Double)
      /// Events in each bin at α = −1 and at α = +1, with α constrained to 0 ± 1.
      case histosys(low: [Double], high: [Double])
      /// Absolute uncertainties of simulation in each bin: one factor γ a bin, shared by the samples of the channel that
      /// declare it, constrained to 1 ± √(Σδ²)/Σν by a Gaussian.
      case staterror([Double])
      /// Absolute uncertainties in each bin, uncorrelated: γ constrained by a Poisson measurement of τ = (ν/δ)².
      case shapesys([Double])
      /// The integrated luminosity, a factor constrained by a Gaussian that the measurement describes.
      case lumi

      /// The name in the JSON.
      public var type: String {
        switch self {
        case .normfactor: "normfactor"
        case .shapefactor: "shapefactor"
        case .normsys: "normsys"
        case .histosys: "histosys"
        case .staterror: "staterror"
        case .shapesys: "shapesys"
        case .lumi: "lumi"
        }
      }

      static let allTypes = ["histosys", "lumi", "normfactor", "normsys", "shapefactor", "shapesys", "staterror"]
    }

    public var name: String
    public var kind: Kind

    public init(name: String, kind: Kind) {
      self.name = name
      self.kind = kind
    }
  }

  /// The settings of a measurement with this range and start of its parameter of interest, so that a program with bounds
  /// on it (pyhf: [0, 10] where nothing is said) can scan where this workspace's limits lie.
  public func settingParameterOfInterest(bounds: ClosedRange<Double>, start: Double, measurement index: Int = 0)
    -> Workspace
  {
    precondition(measurements.indices.contains(index), "\(measurements.count) measurements, no number \(index)")
    var result = self
    let poi = measurements[index].poi
    let old = measurements[index].parameters.firstIndex { $0.name == poi }
    var settings = old.map { measurements[index].parameters[$0] } ?? ParameterSettings(name: poi)
    settings.bounds = [bounds]
    settings.inits = [start]
    if let old {
      result.measurements[index].parameters[old] = settings
    } else {
      result.measurements[index].parameters.append(settings)
    }
    return result
  }

  /// The measurement of a name, or the first one.
  public func measurement(named name: String?) throws -> Measurement {
    guard let name else {
      guard let first = measurements.first else {
        throw WorkspaceError(file: file, path: "measurements", message: "there is none; a fit needs one")
      }
      return first
    }
    guard let found = measurements.first(where: { $0.name == name }) else {
      throw WorkspaceError(
        file: file, path: "measurements",
        message: "none is named '\(name)'; there are \(measurements.map(\.name).joined(separator: ", "))")
    }
    return found
  }
}
