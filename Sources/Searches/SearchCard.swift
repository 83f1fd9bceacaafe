import EventSchemas
import Foundation
import Learning

/// A search as a physicist writes it down: samples, selection, features, network, fit. Read with ``SearchCard/read(_:)``.
///
/// Each property says *(type, default, range): meaning* of its key in the YAML file.
public struct SearchCard: Hashable, Codable, Sendable {
  public static let schemaVersion = 1

  /// `name` *(text, required)*: names the run's folder.
  public var name: String
  /// `title` *(text, the name)*: heads the report.
  public var title: String
  /// `seed` *(whole number ≥ 0, required)*: the root of all randomness.
  public var seed: UInt64
  /// `collision_energy` *(TeV or GeV, required)*: √s in GeV.
  public var collisionEnergy: Double
  /// `luminosity` *(fb-1 or pb-1, required, > 0)*: integrated luminosity in fb⁻¹.
  public var luminosity: Double
  /// `generation`: how the samples' events are made; see ``Generation``.
  public var generation: Generation?
  /// `samples` *(mapping, required)*: at least one background and one signal, in the order of tables and pictures.
  public var samples: [Sample]
  /// `selection`: the pre-selection; see ``SelectionRules``.
  public var selection: SelectionRules
  /// `features` *(name of a preset, or a mapping of names to expressions)*.
  public var features: Features
  /// `split`: how events are divided; see ``Split``.
  public var split: Split
  /// `network`: the hidden layers; see ``Network``.
  public var network: Network
  /// `training`: how the networks learn; see ``Training``.
  public var training: Training
  /// `classes`: a network for several classes beside those of the signals; see ``Classes``.
  public var classes: Classes?
  /// `fit`: binning, baseline and uncertainties; see ``Fit``.
  public var fit: Fit
  /// `detectors` *(mapping, empty)*: anomaly detectors that are fitted and compared with the networks; see ``Detector``.
  public var detectors: [Detector]
  /// `anomaly`: what is looked at beside their limits; see ``AnomalyStudy``.
  public var anomaly: AnomalyStudy
  /// `figures`: see ``FigureChoices``.
  public var figures: FigureChoices
  /// `tuning` *(none)*: the search of hyper-parameters; see ``Tuning``.
  public var tuning: Tuning?

  /// `generation`.
  public struct Generation: Hashable, Codable, Sendable {
    /// `detector` *(path, required)*: the detector card.
    public var detector: String
  }

  /// One entry of `samples`; its key is the name.
  public struct Sample: Hashable, Codable, Sendable {
    public var name: String
    /// `role` *(background or signal, required)*.
    public var role: Role
    /// `title` *(text, the name)*: in tables and pictures.
    public var title: String
    /// `events` *(path; this or `files`)*: the HDF5 file with the sample's events; made by `searchlight generate`.
    public var events: String?
    /// `files` and what belongs to it: ROOT files that others made; see ``Files``.
    public var files: Files?
    /// `generate` *(list)*: the process cards the sample is made from.
    public var processes: [Process]
    /// `group` *(text, empty)*: heads neighbouring columns of tables and the legend of mass scans.
    public var group: String
    /// `mass` *(GeV or TeV, none)*: the parameter of a family of signals, in GeV.
    public var mass: Double?
    /// `cross_section` *(pb or fb, none, > 0)*: what a signal is produced with at μ = 1, all decays open, in pb; limits
    /// against the mass are then drawn on it.
    public var crossSection: Double?
    /// `reference` *(text, empty)*: what μ = 1 means, for tables.
    public var reference: String
    /// `branching_ratio_at_unit_mu` *(number, none, > 0)*: where μ is also quoted as a branching ratio.
    public var branchingRatioAtUnitMu: Double?

    public enum Role: String, Hashable, Codable, Sendable, CaseIterable { case background, signal }
  }

  /// A sample's `files` and the keys beside it.
  public struct Files: Hashable, Codable, Sendable {
    /// `files` *(list of paths)*: ROOT files; `*` and `?` in the last part of a path stand for any that fit, by name.
    public var paths: [String]
    /// `schema` *(delphes, nanoaod, or a mapping)*: what the toolkit's columns are called in them.
    public var schema: EventSchema
    /// `tree` *(path, the schema's)*: the tree or RNTuple with the events.
    public var tree: String?
    /// `friends` *(list of `TREE`, `FILE:TREE`, `ALIAS=FILE:TREE`, none)*: trees whose columns are read as the events' own, entry by
    /// entry: of the same files, or of one file for each of them.
    public var friends: [String]?
    /// `weight_factor` *(expression, 1)*: multiplies the generator's weight of each event, not their sum.
    public var weightFactor: String?
    /// `generated`: what the files were made from; see ``Generated``.
    public var generated = Generated()
  }

  /// `generated` of a sample with `files`.
  public struct Generated: Hashable, Codable, Sendable {
    /// `cross_section` *(pb or fb, the sample's `cross_section` or what the files state, > 0)*: of the events that were
    /// generated, in pb, with the decays that were forced.
    public var crossSection: Double?
    /// `sum_of_weights` *(number, what the files say or add up to, > 0)*: of all generated events, where the files hold only
    /// some of them.
    public var sumOfWeights: Double?
    /// `events` *(whole number, likewise)*: all generated events.
    public var events: Int?
  }

  /// One entry of a sample's `generate`: a process card, or files of events (`lhe`, `hepmc`).
  public struct Process: Hashable, Codable, Sendable {
    /// Events of other generators, in place of a process card; see ``GeneratedFiles``.
    public var files: GeneratedFiles?
    /// `process` *(path, required)*: the process card; empty with files.
    public var card: String
    /// `blocks` *(list of whole numbers ≥ 1, required)*: blocks to make of each slice of the process card, in its order.
    public var blocks: [Int]
  }

  /// `selection`.
  public struct SelectionRules: Hashable, Codable, Sendable {
    /// `objects` *(mapping of names to expressions, empty)*: collections such as `good_jets: Jet[Jet_pt > 30]`.
    public var objects: [NamedExpression]
    /// `define` *(mapping of names to expressions, empty)*: derived columns.
    public var definitions: [NamedExpression]
    /// `cuts` *(mapping of names to expressions, none)*: applied in order, rows of the cut flow.
    public var cuts: [NamedExpression]

    /// What results depend on: names and expressions, without their places in the file.
    var expressions: [[String]] { (objects + definitions + cuts).map { [$0.name, $0.expression] } }
  }

  /// A name and an expression over columns, with its place in the card.
  public struct NamedExpression: Hashable, Codable, Sendable {
    public var name: String
    public var expression: String
    public var line: Int
  }

  public enum Features: Hashable, Codable, Sendable {
    case preset(String)
    case expressions([NamedExpression])

    /// What results depend on: names and expressions, without their places in the file.
    var expressions: [[String]] {
      switch self {
      case .preset(let name): [[name]]
      case .expressions(let list): list.map { [$0.name, $0.expression] }
      }
    }
  }

  /// `split`: fractions of each sample's events, by a hash of each event's identity.
  public struct Split: Hashable, Codable, Sendable {
    /// `train` *(number, 0.4, 0 … 1)*.
    public var train = 0.4
    /// `validation` *(number, 0.1, 0 … 1)*; the rest is held out for limits.
    public var validation = 0.1
    /// `key` *(whole number, 0)*: another key gives another division.
    public var key = 0
  }

  /// `network`.
  public struct Network: Hashable, Codable, Sendable {
    /// `hidden_layers` *(whole number, 3, 1 … 20)*.
    public var hiddenLayers = 3
    /// `units` *(whole number, 352, 1 … 65536; or a list of them, one a layer)*: in each hidden layer.
    public var units = 352
    /// `dropout` *(number, 0.1, 0 … 0.9)*: alpha-dropout after each hidden layer.
    public var dropout = 0.1
    /// `activation`, `initializer`, `batch_normalization`, and units of each layer, where given; see ``NetworkKey``.
    public var settings: NetworkSettings?
    /// `from` *(path of a store that `searchlight tune` made, none)*: network and training of its best trial, in place of all
    /// other keys of `network` and `training`.
    public var tuned: TrainingConfiguration?
  }

  /// `training`.
  public struct Training: Hashable, Codable, Sendable {
    /// `learning_rate` *(number, 0.001, > 0)*.
    public var learningRate = 1e-3
    /// `momentum_decay` *(number, 0.004, ≥ 0)*: Nadam's ψ.
    public var momentumDecay = 0.004
    /// `epsilon` *(number, 1e-7, > 0)*: Nadam's ε.
    public var epsilon = 1e-7
    /// `max_epochs` *(whole number, 1000, 1 …)*.
    public var maxEpochs = 1000
    /// `patience` *(whole number, 10, 1 …)*: epochs without a better validation loss before training ends.
    public var patience = 10
    /// `batch` *(whole number, 512, 1 …)*: events a step.
    public var batch = 512
    /// `class_balance` *(equal or none, equal)*: `equal` scales signal and background to the same total weight.
    public var balance = ClassBalance.equal
    /// `optimizer`, `momentum`, `schedule`, `maximum_learning_rate`, `gamma`, `half_cycle`, `weight_decay`, `clip_norm`, `l1`, `l2`, where
    /// given; see ``NetworkKey``.
    public var settings: NetworkSettings?
  }

  public enum ClassBalance: String, Hashable, Codable, Sendable, CaseIterable { case equal, none }

  /// `fit`.
  public struct Fit: Hashable, Codable, Sendable {
    /// `confidence_level` *(number, 0.95, 0.5 … 0.9999)*.
    public var confidenceLevel = 0.95
    /// `bins` *(whole number, 10, 1 … 200)*: quantiles of the signal before bins are merged to meet the floors.
    public var bins = 10
    /// `minimum_background` *(number, 1, > 0)*: expected background events in each bin.
    public var minimumBackground = 1.0
    /// `minimum_effective` *(number, 10, > 0)*: N_eff of the background in each bin.
    public var minimumEffective = 10.0
    /// `baseline`: the observable that the networks are compared with; see ``Baseline``.
    public var baseline = Baseline()
    /// `uncertainties`: what the second table adds; see ``Uncertainties``.
    public var uncertainties = Uncertainties()
  }

  /// `fit.baseline`.
  public struct Baseline: Hashable, Codable, Sendable {
    /// `name` *(text, HT)*: its row in tables.
    public var name = "HT"
    /// `observable` *(expression, ScalarHT_HT)*.
    public var observable = "ScalarHT_HT"
    /// `title` *(text, H_{T})*, `unit` *(text, GeV)*: for axes.
    public var title = "H_{T}"
    public var unit = "GeV"
  }

  /// `fit.uncertainties`: relative, one standard deviation.
  public struct Uncertainties: Hashable, Codable, Sendable {
    /// `luminosity` *(number, 0, 0 … 1)*: on all samples alike.
    public var luminosity = 0.0
    /// `normalisation` *(mapping of backgrounds to numbers, empty, 0 … 1)*.
    public var normalisation: [String: Double] = [:]

    public var isEmpty: Bool { luminosity == 0 && normalisation.values.allSatisfy { $0 == 0 } }
  }

  /// `figures`.
  public struct FigureChoices: Hashable, Codable, Sendable {
    /// `key_features` *(list of features, the first eight)*: shown as shapes of signals and backgrounds.
    public var keyFeatures: [String] = []
    /// `cross_sections` is taken from the samples; nothing to choose.
  }
}

extension SearchCard {
  public var backgrounds: [Sample] { samples.filter { $0.role == .background } }
  public var signals: [Sample] { samples.filter { $0.role == .signal } }
}
