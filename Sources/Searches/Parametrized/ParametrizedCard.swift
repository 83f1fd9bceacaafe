import Foundation
import Learning

/// Classifiers for a family of signals that differ in a parameter θ (a mass), as P. Baldi, K. Cranmer, T. Faucett, P. Sadowski and
/// D. Whiteson compared them (Eur. Phys. J. C 76 (2016) 235, arXiv:1601.07913): networks that see θ and networks that do not,
/// trained at all points or at some, tested at each. Read with ``ParametrizedCard/read(_:)``.
///
/// Each property says *(type, default, range): meaning* of its key in the YAML file.
public struct ParametrizedCard: Hashable, Codable, Sendable {
  public static let schemaVersion = 1

  /// `name` *(text, required)*: names the run's folder.
  public var name: String
  /// `title` *(text, the name)*: heads the report.
  public var title: String
  /// `seed` *(whole number ≥ 0, required)*: the root of all randomness.
  public var seed: UInt64
  /// `table` or `toy`: the events.
  public var events: Events
  /// `parameter`: what the family's members differ in.
  public var parameter: Parameter
  /// `inputs` *(list of groups of columns, all)*: the features that networks see.
  public var inputs: [String]
  /// `network` *(as of a comparison, required)*: what all networks are, with class weights that are always equal.
  public var network: TrainingConfiguration
  /// `models` *(mapping of names to models, required)*: see ``Model``.
  public var models: [Model]
  /// `repeats` *(whole number, 3, 1 … 100)*: trainings of each network, each from another seed.
  public var repeats: Int
  /// `figures`: see ``Figures``.
  public var figures: Figures

  public enum Events: Hashable, Codable, Sendable {
    /// `table`: as of a ``ComparisonCard``.
    case table(ComparisonCard.Source)
    /// `toy`: made by the run.
    case toy(GaussianToy)
  }

  /// `parameter`.
  public struct Parameter: Hashable, Codable, Sendable {
    /// `column` *(column, mass; of a toy theta)*: a signal event's θ. The background's rows are not looked at.
    public var column: String
    /// `title` *(rich text, the column)*, `unit` *(text, none)*: at axes.
    public var title: String
    public var unit: String?
    /// `train` *(list of numbers, all points of the table)*: what `trained_on: all` means.
    public var train: [Float]?
  }

  /// One entry of `models`; its key is the name.
  public struct Model: Hashable, Codable, Sendable {
    public var name: String
    /// `title` *(text, the name)*: in tables and pictures.
    public var title: String
    /// `trained_on` *(all, others, tested or a list of points; required)*.
    public var training: TrainingPoints
    /// `sees_parameter` *(boolean, false)*: whether θ is an input, a parametrised network.
    public var seesParameter: Bool
  }

  /// The points whose signals a model has learnt from when it is tested at a point.
  public enum TrainingPoints: Hashable, Codable, Sendable {
    /// All of `parameter.train`.
    case all
    /// All but the one that is tested.
    case others
    /// The one that is tested: a dedicated network.
    case tested
    case only([Float])

    /// - Parameter all: `parameter.train`.
    func points(testedAt point: Float, all: [Float]) -> [Float] {
      switch self {
      case .all: all
      case .others: all.filter { $0 != point }
      case .tested: [point]
      case .only(let points): points
      }
    }
  }

  /// `figures`.
  public struct Figures: Hashable, Codable, Sendable {
    /// `roc` *(list of points, none)*: where ROC curves are drawn.
    public var roc: [Float] = []
    /// `shapes` *(list of columns, none)*: features drawn for the background and each point.
    public var shapes: [String] = []
  }

  /// The layout of the table without the parameter's column.
  public var layout: ComparisonLayout {
    switch events {
    case .table(let source): source.layout
    case .toy: GaussianToy.layout
    }
  }

  /// The features that networks see.
  var features: [String] { layout.groups.filter { inputs.contains($0.name) }.flatMap(\.columns) }

  /// How the table is read: its layout with the parameter's column as one more group.
  var source: ComparisonCard.Source {
    var source =
      switch events {
      case .table(let source): source
      case .toy(let toy): toy.source
      }
    source.layout.groups.append(.init(name: "parameter", columns: [parameter.column]))
    return source
  }
}
