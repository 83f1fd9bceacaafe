import Cards
import Foundation
import HyperparameterSearch
import Learning
import TrialStores

extension TrainingConfiguration {
  /// What the best trial of a tuning was trained with: what pasting its `….best.yaml` into the card would give.
  /// - Parameter value: the path of the store, from the card's folder on.
  /// - Throws: `CardError`, also for a store that cannot be read, has no complete trial, or is of another kind of search.
  init(bestTrialOf value: CardValue) throws {
    let path = try value.string()
    let url = URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: value.file).deletingLastPathComponent())
    let (search, trials): (StoredSearch, [Trial])
    do {
      let store = try TrialStore(reading: url.absoluteURL)
      (search, trials) = (store.search, try store.trials())
    } catch {
      throw value.error("\(error); searchlight tune makes such stores")
    }
    guard let best = trials.best(search.direction) else {
      throw value.error("no trial of '\(path)' is complete; searchlight tune goes on with it")
    }
    guard let base = search.conditions[TuningProblem.baseCondition],
      let configuration = try? JSONDecoder().decode(Self.self, from: Data(base.utf8))
    else { throw value.error("'\(path)' is no tuning of a card's network: \(search.title)") }
    self = configuration
    apply(NetworkSettings(best.point))
  }
}
