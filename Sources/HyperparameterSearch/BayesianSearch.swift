import Foundation
import Records

/// Bayesian optimisation: a Gaussian process through the trials so far, and the points where it expects most improvement.
///
/// The first points are a Latin hypercube. Of a batch's later points each takes the process's mean for the result of those
/// before it ("kriging believer"; D. Ginsbourger, R. Le Riche and L. Carraro, 2010).
public struct BayesianSearch: SearchStrategy {
  public let batchSize: Int
  /// Points of the first design; at least `batchSize` are made.
  public let initialCount: Int
  /// The process keeps this many trials, the best half of them and the latest.
  public let maximumTrials: Int

  public init(batchSize: Int = 4, initialCount: Int = 12, maximumTrials: Int = 200) {
    precondition(batchSize > 0 && initialCount > 0, "need trials, got \(batchSize) a batch after \(initialCount)")
    precondition(maximumTrials > 9, "need at least ten trials for the process, got \(maximumTrials)")
    self.batchSize = batchSize
    self.initialCount = initialCount
    self.maximumTrials = maximumTrials
  }

  public func propose(
    _ space: SearchSpace, history: [Trial], direction: SearchDirection, random: inout RandomStream
  ) -> [SearchPoint] {
    let known = observations(history, direction)
    guard history.count >= initialCount, known.count > 1 else {
      return latinHypercube(space, batchSize, &random)
    }
    var inputs = known.map { space.features(of: $0.point) }
    var costs = known.map(\.cost)
    let owners = space.featureOwners
    var tried = Set(history.map(\.point))
    var points: [SearchPoint] = []
    let kernel = GaussianProcess(inputs: inputs, targets: costs, owners: owners)?.logParameters
    for _ in 0..<batchSize {
      guard
        let kernel,
        let process = GaussianProcess(inputs: inputs, targets: costs, owners: owners, logParameters: kernel)
      else {
        points.append(space.randomPoint(&random))
        continue
      }
      let anchors = known.sorted { $0.cost < $1.cost }.prefix(5).map { space.unit(of: $0.point) }
      let point = mostPromising(space, process, best: costs.min() ?? 0, anchors: anchors, tried: tried, &random)
      tried.insert(point)
      points.append(point)
      let features = space.features(of: point)
      inputs.append(features)
      costs.append(process.predict(features).mean)
    }
    return points
  }

  /// Results as costs. A failed or pruned trial counts as the worst complete one, so that the search keeps away; costs far
  /// above the middle half are drawn in, or one disaster would flatten everything the process sees.
  func observations(_ history: [Trial], _ direction: SearchDirection) -> [(point: SearchPoint, cost: Double)] {
    let complete = history.filter { $0.status == .complete }.compactMap { trial in
      trial.value.flatMap { $0.isFinite ? (trial: trial, cost: direction.cost($0)) : nil }
    }
    guard !complete.isEmpty else { return [] }
    let sorted = complete.map(\.cost).sorted()
    let (median, upper) = (sorted[sorted.count / 2], sorted[(3 * sorted.count) / 4])
    let limit = max(upper + 5 * (upper - sorted[0]), median)
    let worst = min(sorted[sorted.count - 1], limit)
    var all = complete.map { ($0.trial.number, $0.trial.point, min($0.cost, limit)) }
    for trial in history where trial.status == .failed || trial.status == .pruned {
      all.append((trial.number, trial.point, worst))
    }
    if all.count > maximumTrials {
      let best = Set(all.sorted { ($0.2, $0.0) < ($1.2, $1.0) }.prefix(maximumTrials / 2).map(\.0))
      let latest = Set(
        all.map(\.0).filter { !best.contains($0) }.sorted(by: >).prefix(maximumTrials - maximumTrials / 2))
      all.removeAll { !best.contains($0.0) && !latest.contains($0.0) }
    }
    return all.sorted { $0.0 < $1.0 }.map { ($0.1, $0.2) }
  }

  /// In each coordinate one point in each of `count` equal cells.
  private func latinHypercube(_ space: SearchSpace, _ count: Int, _ random: inout RandomStream) -> [SearchPoint] {
    let columns = space.parameters.map { _ in
      var cells = Array(0..<count)
      random.shuffle(&cells)
      return cells.map { (Double($0) + random.uniform()) / Double(count) }
    }
    return (0..<count).map { row in space.point(atUnit: columns.map { $0[row] }) }
  }

  /// The untried point of largest expected improvement among random ones, ones around the best trials, and steps from the
  /// best of these.
  private func mostPromising(
    _ space: SearchSpace, _ process: GaussianProcess, best: Double, anchors: [[Double]], tried: Set<SearchPoint>,
    _ random: inout RandomStream
  ) -> SearchPoint {
    let count = space.parameters.count
    var top: (unit: [Double], point: SearchPoint, gain: Double)?
    func consider(_ unit: [Double]) {
      let point = space.point(atUnit: unit)
      let gain = process.expectedImprovement(space.features(of: point), over: best)
      if gain > top?.gain ?? -.infinity, !tried.contains(point) { top = (unit, point, gain) }
    }
    func step(from unit: [Double], by width: Double) -> [Double] {
      var unit = unit
      // One coordinate at least moves, each of the others every second time.
      let first = random.integer(below: count)
      for d in 0..<count {
        let (chance, shift) = (random.uniform(), width * random.normal())
        guard d == first || chance < 0.5 else { continue }
        unit[d] = space.parameters[d].isChoice ? random.uniform() : min(max(unit[d] + shift, 0), 1.0.nextDown)
      }
      return unit
    }
    for _ in 0..<500 { consider((0..<count).map { _ in random.uniform() }) }
    for anchor in anchors {
      for width in [0.2, 0.05, 0.01] { for _ in 0..<20 { consider(step(from: anchor, by: width)) } }
    }
    for width in [0.1, 0.03, 0.01, 0.003, 0.001] {
      for _ in 0..<40 { if let unit = top?.unit { consider(step(from: unit, by: width)) } }
    }
    return top?.point ?? space.randomPoint(&random)
  }
}

extension SearchParameter {
  fileprivate var isChoice: Bool { if case .choice = domain { true } else { false } }
}
