import DecisionTrees
import Foundation
import Learning

/// A comparison of classifiers on one table of labelled events, as Baldi, Sadowski and Whiteson made it (Nature Commun. 5 (2014)
/// 4308): every model on every set of inputs, several times. Read with ``ComparisonCard/read(_:)``.
///
/// Each property says *(type, default, range): meaning* of its key in the YAML file.
public struct ComparisonCard: Hashable, Codable, Sendable {
  public static let schemaVersion = 1

  /// `name` *(text, required)*: names the run's folder.
  public var name: String
  /// `title` *(text, the name)*: heads the report.
  public var title: String
  /// `seed` *(whole number ≥ 0, required)*: the root of all randomness; training k has the stream `<inputs>/<model>/k`.
  public var seed: UInt64
  /// `table`: where the events are; see ``Source``.
  public var table: Source
  /// `inputs` *(mapping of names to lists of column groups, required)*: what models see.
  public var inputs: [Inputs]
  /// `models` *(mapping of names to models, required)*; see ``Model``.
  public var models: [Model]
  /// `repeats` *(whole number, 5, 1 … 100)*: trainings of each model on each inputs, each from another seed.
  public var repeats: Int
  /// `discovery`: the experiment whose expected significance is quoted; see ``Discovery``.
  public var discovery: Discovery
  /// `figures`: see ``Figures``.
  public var figures: Figures
  /// `tuning` *(none)*: the search of hyper-parameters; see ``Tuning``.
  public var tuning: Tuning?

  /// `table`.
  public struct Source: Hashable, Codable, Sendable {
    /// `file` *(path, required)*: relative to the card's folder; `*` and `?` in its last part stand for all that fit, one after
    /// another by name; `--table` names another.
    public var file: String
    /// `tree` *(text, none)*: of a file with several tables.
    public var tree: String?
    /// `layout` *(higgs, susy, or a mapping; required)*: the label and the groups of columns.
    public var layout: ComparisonLayout
    /// `rows` *(whole number, all, ≥ 1)*: how many are read, from the front.
    public var rows: Int?
    /// `test` *({last: whole number} or {fraction: number}; {fraction: 0.2})*: which rows are kept for the results.
    public var test: Test
    /// `validation` *(number, 0.1, above 0, below 1)*: the fraction of the other rows that ends trainings, by a hash of the row.
    public var validation: Double
    /// `key` *(whole number, 0)*: another key gives another division by hash.
    public var key: Int
  }

  /// `table.test`.
  public enum Test: Hashable, Codable, Sendable {
    /// The last rows of the table, as the papers have it.
    case last(Int)
    /// By a hash of the row's number.
    case fraction(Double)
  }

  /// One entry of `inputs`.
  public struct Inputs: Hashable, Codable, Sendable {
    public var name: String
    /// Names of groups of the layout.
    public var groups: [String]
  }

  /// One entry of `models`; its key is the name.
  public struct Model: Hashable, Codable, Sendable {
    public var name: String
    /// `title` *(text, the name)*: in tables and pictures.
    public var title: String
    public var method: Method
  }

  /// `models.*.kind` and the keys that go with it.
  public enum Method: Hashable, Codable, Sendable {
    /// `network`: a dense network.
    case network(TrainingConfiguration)
    /// `trees`: boosted trees; the seed is that of the training.
    case trees(TreeConfiguration)

    /// The configuration of a network.
    var network: TrainingConfiguration? { if case .network(let configuration) = self { configuration } else { nil } }
  }

  /// `discovery`: expected events of an experiment, before any cut.
  public struct Discovery: Hashable, Codable, Sendable {
    /// `signal` *(number, 100, > 0)*.
    public var signal = 100.0
    /// `background` *(number, 1000, > 0)*.
    public var background = 1000.0
    /// `uncertainty` *(number, 50, ≥ 0)*: of the background, in events; all of its parts share the relative uncertainty.
    public var uncertainty = 50.0
  }

  /// `figures`.
  public struct Figures: Hashable, Codable, Sendable {
    /// `features` *(mapping of headings to lists of columns; the first six of each group)*.
    public var features: [FeaturePage] = []
  }

  /// One entry of `figures.features`.
  public struct FeaturePage: Hashable, Codable, Sendable {
    public var title: String
    public var columns: [String]
  }

  /// The columns of some inputs.
  func columns(of inputs: Inputs) -> [String] {
    inputs.groups.flatMap { name in table.layout.groups.first { $0.name == name }?.columns ?? [] }
  }
}

/// Which columns a table of labelled events has, in the order of a file without header: the label, then the groups.
public struct ComparisonLayout: Hashable, Codable, Sendable {
  public struct Group: Hashable, Codable, Sendable {
    public var name: String
    public var columns: [String]

    public init(name: String, columns: [String]) {
      self.name = name
      self.columns = columns
    }
  }

  /// `label` *(column, required)*: 1 for signal, 0 for background.
  public var label: String
  /// `groups` *(mapping of names to lists of columns, required)*.
  public var groups: [Group]

  public init(label: String, groups: [Group]) {
    self.label = label
    self.groups = groups
  }

  public var features: [String] { groups.flatMap(\.columns) }

  /// The layouts of the UCI repository, by name.
  public static let known: [String: ComparisonLayout] = ["higgs": higgs, "susy": susy]

  /// `HIGGS.csv`: 21 kinematic quantities, then 7 masses made of them; 11 million rows, the last 500 000 for tests.
  public static let higgs = ComparisonLayout(
    label: "label",
    groups: [
      Group(
        name: "low",
        columns: ["lepton_pT", "lepton_eta", "lepton_phi", "missing_energy_magnitude", "missing_energy_phi"]
          + (1...4).flatMap { jet in ["pt", "eta", "phi", "b-tag"].map { "jet_\(jet)_\($0)" } }),
      Group(name: "high", columns: ["m_jj", "m_jjj", "m_lv", "m_jlv", "m_bb", "m_wbb", "m_wwbb"]),
    ])

  /// `SUSY.csv`: 8 kinematic quantities, then 10 made of them; 5 million rows, the last 500 000 for tests.
  public static let susy = ComparisonLayout(
    label: "label",
    groups: [
      Group(
        name: "low",
        columns: [
          "lepton_1_pT", "lepton_1_eta", "lepton_1_phi", "lepton_2_pT", "lepton_2_eta", "lepton_2_phi",
          "missing_energy_magnitude", "missing_energy_phi",
        ]),
      Group(
        name: "high",
        columns: [
          "MET_rel", "axial_MET", "M_R", "M_TR_2", "R", "MT2", "S_R", "M_Delta_R", "dPhi_r_b", "cos_theta_r1",
        ]),
    ])
}
