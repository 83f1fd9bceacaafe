import Foundation

/// A datacard of CMS Combine as it stands in its file: what is counted, expected and uncertain, before histograms are read.
///
/// Counting experiments and template shapes; the nuisances `lnN`, `lnU`, `gmN`, `shape` and `shape?`; `rateParam`s that
/// multiply; `autoMCStats`; `nuisance edit freeze`; `group` is read over. All else is an error that names it.
public struct Datacard: Hashable, Sendable {
  /// One process in one bin (Combine's word for a channel).
  public struct Column: Hashable, Sendable {
    public var bin: String
    public var process: String
    /// Whether the parameter of interest scales it: its number is not positive.
    public var isSignal: Bool
    /// Expected events; `nil` (−1 in the card) for its histogram's integral.
    public var rate: Double?
  }

  /// Which histograms of which file a process has: a `shapes` line.
  public struct ShapeRule: Hashable, Sendable {
    /// A process, `data_obs`, or `*`.
    public var process: String
    /// A bin, or `*`.
    public var bin: String
    public var file: String
    /// The histogram's name with `$PROCESS`, `$CHANNEL`, `$MASS`; `nil` where the process has none (`FAKE`).
    public var histogram: String?
    /// The varied histogram's, with `$SYSTEMATIC` too.
    public var varied: String?
    public var line: Int
  }

  public enum Distribution: Hashable, Sendable {
    /// κ^θ with θ constrained to 0 ± 1.
    case logNormal
    /// κ^θ with θ anywhere in [−1, 1].
    case logUniform
    /// A yield of α·λ, with λ constrained by `count` events of a control region.
    case gamma(count: Int)
    /// Histograms at ±1σ.
    case shape
    /// Histograms where there are any, else a log-normal.
    case shapeOrLogNormal
  }

  /// What a nuisance does to one column.
  public struct Effect: Hashable, Sendable {
    /// Factors at −1σ and +1σ; for shapes and `gmN` twice the number of the card (a scale of θ, and α).
    public var down, up: Double
    public var isAsymmetric: Bool
    /// The number as it stands in the card.
    public var value: Double { up }
  }

  public struct Nuisance: Hashable, Sendable {
    public var name: String
    public var distribution: Distribution
    /// One a column; `nil` for none.
    public var effects: [Effect?]
    public var line: Int
  }

  /// A free factor on columns.
  public struct RateParameter: Hashable, Sendable {
    public var name: String
    /// The columns' indices.
    public var columns: [Int]
    public var initial: Double
    public var bounds: ClosedRange<Double>?
    public var line: Int
  }

  /// A product of rate parameters on columns: a formula such as `2*@0*@1`.
  public struct RateProduct: Hashable, Sendable {
    public var name: String
    public var columns: [Int]
    public var constant: Double
    public var factors: [String]
    public var line: Int
  }

  /// An `autoMCStats` line of one bin.
  public struct AutomaticErrors: Hashable, Sendable {
    /// Effective events up to which uncertainties are Poisson, one a process; negative for no uncertainties at all.
    public var threshold: Double
    public var includesSignal: Bool
    /// Whether shapes change normalisations within the histograms (mode 2) or by a log-normal beside them (mode 1).
    public var morphsNormalisation: Bool
    public var line: Int
  }

  /// What errors call it.
  public var file: String
  public var bins: [String] = []
  /// Observed events; `nil` (−1 in the card) for the integral of the observed histogram.
  public var observations: [String: Double?] = [:]
  public var columns: [Column] = []
  public var shapes: [ShapeRule] = []
  public var nuisances: [Nuisance] = []
  public var rateParameters: [RateParameter] = []
  public var rateProducts: [RateProduct] = []
  public var automaticErrors: [String: AutomaticErrors] = [:]
  /// Names that `nuisance edit freeze` holds at their start.
  public var frozen: [String] = []

  /// Whether a text is likely a datacard: it has a line that begins with `imax`, `jmax` or `kmax`.
  public static func looksLike(_ text: String) -> Bool {
    text.split(separator: "\n", maxSplits: 400).contains { line in
      let word = line.prefix { !$0.isWhitespace }
      return word == "imax" || word == "jmax" || word == "kmax"
    }
  }
}
