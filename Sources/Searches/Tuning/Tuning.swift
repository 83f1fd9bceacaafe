import HyperparameterSearch
import Learning

/// `tuning` of a card: how the hyper-parameters of its network are searched. Read from search cards and comparison cards.
///
/// Each property says *(type, default, range): meaning* of its key.
public struct Tuning: Hashable, Codable, Sendable {
  /// `strategy` *(bayesian, genetic, random, or a mapping of one of them to its options; bayesian)*.
  public var strategy = Strategy.bayesian(batch: 4, initial: 12)
  /// `trials` *(whole number, 50, ≥ 1)*: in all.
  public var trials = 50
  /// `objective` *(loss, auc, accuracy, asimov, or `{asimov: {uncertainty: number}}`; loss)*: of validation events.
  public var objective = TuningObjective.loss
  /// `pruning` *(whole number ≥ 1, or none; none)*: from this epoch on, trials worse than the median of earlier ones are given up.
  public var pruning: Int?
  /// `seeds` *(whole number, 1, 1 … 100)*: trainings a trial, whose mean is its result.
  public var seeds = 1
  /// `max_epochs` *(whole number, the card's, ≥ 1)*: of a trial.
  public var maxEpochs: Int?
  /// `patience` *(whole number, the card's, ≥ 1)*: of a trial.
  public var patience: Int?
  /// `space` *(preset, or mapping of network keys to ranges; required)*.
  public var space: SearchSpace
  /// Keys of `space` with one value.
  public var fixed = NetworkSettings([:])
  /// `model` *(name, the first network)*: of a comparison, which one is tuned.
  public var model: String?
  /// `inputs` *(name, the last)*: of a comparison, what it sees.
  public var inputs: String?

  public enum Strategy: Hashable, Codable, Sendable {
    /// Gaussian process and expected improvement: `batch` *(4, ≥ 1)* points at a time after `initial` *(12, ≥ 1)*.
    case bayesian(batch: Int, initial: Int)
    /// `population` *(10, ≥ 2)* networks a generation, bred of the best `parents` *(5, ≥ 2)*; `mutation` *(0.1, 0 … 1)* a gene.
    case genetic(population: Int, parents: Int, mutation: Double)
    /// Independent points, `batch` *(4, ≥ 1)* at a time.
    case random(batch: Int)

    public static let words = ["bayesian", "genetic", "random"]

    /// With its usual options.
    public init?(word: String) {
      switch word {
      case "bayesian": self = .bayesian(batch: 4, initial: 12)
      case "genetic": self = .genetic(population: 10, parents: 5, mutation: 0.1)
      case "random": self = .random(batch: 4)
      default: return nil
      }
    }

    public var word: String {
      switch self {
      case .bayesian: "bayesian"
      case .genetic: "genetic"
      case .random: "random"
      }
    }

    var strategy: any SearchStrategy {
      switch self {
      case .bayesian(let batch, let initial): BayesianSearch(batchSize: batch, initialCount: initial)
      case .genetic(let population, let parents, let mutation):
        GeneticSearch(population: population, parents: parents, mutation: mutation)
      case .random(let batch): RandomSearch(batchSize: batch)
      }
    }
  }

  /// A training configuration of the card's, changed to that of a trial.
  func configuration(_ card: TrainingConfiguration, at point: SearchPoint = [:]) -> TrainingConfiguration {
    var configuration = card
    configuration.epochs = maxEpochs ?? configuration.epochs
    configuration.patience = patience ?? configuration.patience
    configuration.apply(fixed)
    configuration.apply(NetworkSettings(point))
    return configuration
  }
}
