/// What a run with detectors found beside limits. Written as `anomaly.json`.
public struct AnomalyTables: Hashable, Codable, Sendable {
  public var schema = 1
  public var detectors: [Description]
  public var signals: [String]
  /// Rows of limits: detectors, then their combinations.
  public var rows: [String]
  /// Limits of `rows`, divided by the median of the fit to the baseline; the signals' own networks are the row `network`. (Limits,
  /// and limits divided by those of the networks, are in `tables.json`.)
  public var normalisedToBaseline: [String: [String: BandedLimit]]
  /// The order of rows and columns of `correlations` and `tail.overlap`: detectors, then the baseline.
  public var scores: [String]
  /// By `background` and by signal, on held-out events.
  public var correlations: [String: Correlation]
  public var tail: Tail
  /// Where `performance` quotes signal efficiencies.
  public var backgroundEfficiencies: [Double]
  /// By detector, product, baseline and `network` (the signal's own), then by signal; held-out events.
  public var performance: [String: [String: Performance]]
  /// Absent where the card hides no signal.
  public var injection: [InjectionResult]?
  /// Absent where no detector is decorrelated.
  public var decorrelation: [Decorrelation]?

  public struct Description: Hashable, Codable, Sendable {
    public var name, title, summary: String
  }

  public struct Correlation: Hashable, Codable, Sendable {
    /// Of weighted ranks, and of the scores themselves; rows and columns in the order of `scores`.
    public var spearman, pearson: [[Double]]
  }

  /// The most anomalous part of the background.
  public struct Tail: Hashable, Codable, Sendable {
    /// Of the background's expected events.
    public var fraction: Double
    /// By score, then by background: its share of the tail. `all` is its share of the whole background.
    public var composition: [String: [String: Double]]
    /// By score, then by signal: the share of its events in that tail.
    public var signals: [String: [String: Double]]
    /// By `background` and by signal: the weight of events that two scores both put into the tail, as a share of what either
    /// does.
    public var overlap: [String: [[Double]]]
  }

  enum CodingKeys: String, CodingKey {
    case schema, detectors, signals, rows
    case normalisedToBaseline = "normalised_to_baseline"
    case backgroundEfficiencies = "background_efficiencies"
    case scores, correlations, tail, performance, injection, decorrelation
  }

  /// The row of the signals' own networks.
  static let network = "network"
  static let background = "background"
  static let all = "all"
}
