import Records

/// How the next points are chosen.
///
/// Points come in batches of a size that belongs to the search, not to the machine: a batch is proposed from the finished
/// batches before it, so that the trials of a search depend on its seed alone, whatever the number of workers.
public protocol SearchStrategy: Sendable {
  /// Trials in a batch.
  var batchSize: Int { get }
  /// The points of a batch.
  /// - Parameters:
  ///   - history: all trials of earlier batches, by number.
  ///   - random: the batch's own stream.
  func propose(_ space: SearchSpace, history: [Trial], direction: SearchDirection, random: inout RandomStream)
    -> [SearchPoint]
}

/// Points drawn independently: the control that every other strategy has to beat.
public struct RandomSearch: SearchStrategy {
  public let batchSize: Int

  public init(batchSize: Int = 4) {
    precondition(batchSize > 0, "need at least one trial a batch, got \(batchSize)")
    self.batchSize = batchSize
  }

  public func propose(
    _ space: SearchSpace, history: [Trial], direction: SearchDirection, random: inout RandomStream
  ) -> [SearchPoint] { (0..<batchSize).map { _ in space.randomPoint(&random) } }
}

/// A genetic algorithm: a population of random points; the best few of all so far breed the next one, gene by gene from
/// either parent, and each gene mutates to a random value now and then (F. F. Freitas et al., JHEP 01 (2021) 076).
public struct GeneticSearch: SearchStrategy {
  public let population: Int
  /// How many of the best breed.
  public let parents: Int
  /// The probability that a gene mutates.
  public let mutation: Double
  public var batchSize: Int { population }

  public init(population: Int = 20, parents: Int = 5, mutation: Double = 0.1) {
    precondition(population > 0 && parents > 1, "need a population and two parents, got \(population) and \(parents)")
    precondition((0...1).contains(mutation), "need a probability, got \(mutation)")
    self.population = population
    self.parents = parents
    self.mutation = mutation
  }

  public func propose(
    _ space: SearchSpace, history: [Trial], direction: SearchDirection, random: inout RandomStream
  ) -> [SearchPoint] {
    var seen = Set<SearchPoint>()
    let ranked = history.filter { $0.status == .complete && $0.value?.isFinite == true }
      .sorted { (direction.cost($0.value ?? .nan), $0.number) < (direction.cost($1.value ?? .nan), $1.number) }
    let best = Array(ranked.filter { seen.insert($0.point).inserted }.prefix(parents)).map { space.unit(of: $0.point) }
    guard best.count > 1 else { return (0..<population).map { _ in space.randomPoint(&random) } }
    var tried = Set(history.map(\.point))
    return (0..<population).map { _ in
      var child = breed(best, space, &random)
      // A network that was trained before teaches nothing; a few attempts, because small spaces have no others.
      for _ in 0..<8 where tried.contains(child) { child = breed(best, space, &random) }
      tried.insert(child)
      return child
    }
  }

  private func breed(_ best: [[Double]], _ space: SearchSpace, _ random: inout RandomStream) -> SearchPoint {
    let first = random.integer(below: best.count)
    let second = (first + 1 + random.integer(below: best.count - 1)) % best.count
    return space.point(
      atUnit: best[first].indices.map { gene in
        // All numbers are drawn whether they are used or not.
        let (parent, chance, fresh) = (random.uniform(), random.uniform(), random.uniform())
        return chance < mutation ? fresh : parent < 0.5 ? best[first][gene] : best[second][gene]
      })
  }
}
