/// A workspace's likelihood for one measurement, compiled to flat arrays.
///
/// Expected events of sample s in bin b: `(ν⁰ + Σ_shifts Δ(α)) · Π_factors f(θ) · Π_γ γ_b`. A model is a value without
/// scratch memory: any number of threads evaluate it at once, each through its own `Likelihood`.
///
/// Channels are sorted by name, as pyhf does, so that results do not depend on their order in the file.
public struct Model: Sendable {
  /// What an auxiliary measurement says of a parameter.
  public enum Constraint: Hashable, Sendable {
    case free
    /// A measured value `auxiliary` of θ ± `sigma`.
    case gaussian(auxiliary: Double, sigma: Double)
    /// A count `auxiliary` with the expectation θ·`factor`.
    case poisson(auxiliary: Double, factor: Double)
  }

  public struct Parameter: Hashable, Sendable {
    /// `mu`, or `staterror_SR[3]` for one of several.
    public var name: String
    public var initial: Double
    public var lower: Double
    public var upper: Double
    public var isFixed: Bool
    public var constraint: Constraint
  }

  public struct Region: Hashable, Sendable {
    public var name: String
    /// Its bins among those of the model.
    public var bins: Range<Int>
  }

  public let parameters: [Parameter]
  /// The parameter of interest's index; `nil` if the measurement names none.
  public let poi: Int?
  public let regions: [Region]
  /// Observed events in the bins of all regions.
  public let observed: [Double]
  public let codes: InterpolationCodes
  /// What errors call it.
  public let name: String

  package let blocks: [Block]
  package let factors: [FactorTerm]
  package let shifts: [ShiftTerm]
  package let gammas: [GammaTerm]
  package let nominal: [Double]
  package let coefficients: [Double]
  package let shiftValues: [Double]
  package let gammaParameters: [Int]
  package let layouts: [RegionLayout]

  public var binCount: Int { observed.count }

  /// One sample in one region.
  package struct Block: Sendable {
    package var region: Int
    /// First of its bins among those of the model, and their number.
    package var firstBin: Int
    package var binCount: Int
    /// First of its own numbers in `nominal`.
    package var offset: Int
    package var factors: Range<Int>
    package var shifts: Range<Int>
    package var gammas: Range<Int>
  }

  /// A factor on all bins of a block.
  package struct FactorTerm: Sendable {
    package var parameter: Int
    /// The parameter among those of the region's Jacobian.
    package var local: Int
    /// First of ten coefficients, or −1 where the factor is the parameter itself.
    package var coefficients: Int
  }

  /// A shift of each bin of a block: `binCount` values down, then as many up, from `values`.
  package struct ShiftTerm: Sendable {
    package var parameter: Int
    package var local: Int
    package var values: Int
    /// First of its own numbers among the derivatives of all shifts.
    package var scratch: Int
  }

  /// A factor for each bin of a block: parameters in `gammaParameters` from `first`.
  package struct GammaTerm: Sendable {
    package var first: Int
    /// Which of the region's sets of γ.
    package var slot: Int
  }

  /// The parameters that a region's expectation depends on.
  package struct RegionLayout: Sendable {
    package var bins: Range<Int>
    package var blocks: Range<Int>
    /// Parameters of factors and shifts.
    package var dense: [Int]
    /// Of each set of γ, the first of its parameters in `gammaParameters`.
    package var slots: [Int]
  }

  /// Compiles a workspace for a measurement (`nil`: the first) with interpolations (`nil`: the workspace's own).
  /// - Throws: ``WorkspaceError``.
  public init(_ workspace: Workspace, measurement: String? = nil, codes: InterpolationCodes? = nil) throws {
    let codes = codes ?? workspace.codes
    var compiler = ModelCompiler(
      workspace: try workspace.validated(), measurement: try workspace.measurement(named: measurement), codes: codes)
    try compiler.compile()
    name = workspace.file
    parameters = compiler.parameters
    poi = try compiler.parameterOfInterest()
    regions = compiler.regions
    observed = compiler.observed
    self.codes = codes
    blocks = compiler.blocks
    factors = compiler.factors
    shifts = compiler.shifts
    gammas = compiler.gammas
    nominal = compiler.nominal
    coefficients = compiler.coefficients
    shiftValues = compiler.shiftValues
    gammaParameters = compiler.gammaParameters
    layouts = compiler.layouts
  }

  package func factor(_ alpha: Double, _ coefficients: UnsafePointer<Double>) -> Jet {
    codes.normsys.factor(alpha, coefficients)
  }

  /// The data of the model's observation.
  public var data: ModelData {
    ModelData(
      main: observed,
      auxiliary: parameters.map {
        switch $0.constraint {
        case .free: 0
        case .gaussian(let auxiliary, _), .poisson(let auxiliary, _): auxiliary
        }
      })
  }

  /// The index of a parameter.
  public func index(of parameter: String) -> Int? { parameters.firstIndex { $0.name == parameter } }
}

/// What a likelihood is evaluated on: counts in bins and auxiliary measurements.
public struct ModelData: Hashable, Codable, Sendable {
  /// Events in the bins of all regions; whole numbers for observations, expectations for Asimov data.
  public var main: [Double]
  /// One value a parameter; ignored for free parameters.
  public var auxiliary: [Double]

  public init(main: [Double], auxiliary: [Double]) {
    self.main = main
    self.auxiliary = auxiliary
  }
}
