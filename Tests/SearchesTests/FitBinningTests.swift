import Records
import Testing

@testable import Searches

@Suite struct FitBinningTests {
  private func samples(count: Int, slope: Double, weight: Double, seed: Int) -> WeightedValues {
    var stream = SeedTree(root: 5).child(seed).stream()
    // x = u^(1/slope) rises towards 1 for slope > 1.
    let values = (0..<count).map { _ in [stream.uniform(), 1].min()! }.map { value in
      slope > 0 ? value.squareRoot() : 1 - (1 - value).squareRoot()
    }
    return WeightedValues(values: values, weights: Array(repeating: weight, count: count))
  }

  private func content(_ values: WeightedValues, _ edges: [Double]) -> [(sum: Double, effective: Double)] {
    zip(edges, edges.dropFirst()).map { low, high in
      var (sum, squares) = (0.0, 0.0)
      for (value, weight) in zip(values.values, values.weights)
      where value >= low && (value < high || high == edges.last) {
        sum += weight
        squares += weight * weight
      }
      return (sum, squares > 0 ? sum * sum / squares : 0)
    }
  }

  @Test(arguments: [1, 5, 20, 100])
  func bothFloorsHoldInEveryBin(bins: Int) throws {
    let signal = samples(count: 2000, slope: 1, weight: 0.01, seed: 1)
    let background = samples(count: 3000, slope: -1, weight: 0.3, seed: 2)
    let edges = try FitBinning(bins: bins, minimumBackground: 4, minimumEffective: 10)
      .edges(signal: signal, background: background, range: 0...1)
    #expect(edges.first == 0 && edges.last == 1)
    #expect(zip(edges, edges.dropFirst()).allSatisfy(<))
    #expect(edges.count - 1 <= bins)
    for bin in content(background, edges) {
      #expect(bin.sum >= 4 && bin.effective >= 10)
    }
  }

  @Test func aHeavyEventCostsItsNeighbourhoodOnly() throws {
    let signal = samples(count: 2000, slope: 1, weight: 0.01, seed: 1)
    var background = samples(count: 3000, slope: -1, weight: 0.3, seed: 2)
    let binning = FitBinning(bins: 20, minimumBackground: 4, minimumEffective: 10)
    let before = try binning.edges(signal: signal, background: background, range: 0...1)
    background.values.append(0.9)
    background.weights.append(6)
    let after = try binning.edges(signal: signal, background: background, range: 0...1)
    for bin in content(background, after) { #expect(bin.sum >= 4 && bin.effective >= 10) }
    // Above the heavy event nothing changes, and below its bin the quantiles are as they were.
    #expect(before.filter { $0 > 0.91 } == after.filter { $0 > 0.91 })
    #expect(after.count < before.count && before.filter { $0 < 0.7 } == after.filter { $0 < 0.7 })
  }

  @Test func withEnoughBackgroundTheBinsAreTheSignalsQuantiles() throws {
    let signal = samples(count: 1000, slope: 1, weight: 1, seed: 3)
    let background = samples(count: 100_000, slope: -1, weight: 1, seed: 4)
    let edges = try FitBinning(bins: 4, minimumBackground: 1, minimumEffective: 10)
      .edges(signal: signal, background: background, range: 0...1)
    #expect(edges.count == 5)
    for bin in content(signal, edges) { #expect(abs(bin.sum - 250) <= 1) }
  }

  @Test func tooLittleOfEitherIsAnError() throws {
    let binning = FitBinning(bins: 5, minimumBackground: 1, minimumEffective: 10)
    let some = WeightedValues(values: [0.2, 0.8], weights: [1, 1])
    let none = WeightedValues(values: [], weights: [])
    #expect(throws: FitBinningError.self) { try binning.edges(signal: none, background: some, range: 0...1) }
    #expect(throws: FitBinningError.self) { try binning.edges(signal: some, background: some, range: 0...1) }
  }
}

@Suite struct MembershipTests {
  @Test func fractionsAreMetAndMembershipIsFixed() {
    let split = SearchCard.Split(train: 0.5, validation: 0.2, key: 0)
    let membership = split.membership(sample: "ttbar")
    let identities = (0..<20_000).map { EventIdentity(slice: 1, block: Int32($0 / 100), index: Int32($0 % 100)) }
    let parts = identities.map(membership)
    for (part, expected) in [(Membership.train, 0.5), (.validation, 0.2), (.test, 0.3)] {
      let count = Double(parts.count { $0 == part })
      #expect(abs(count / 20_000 - expected) < 5 * (expected * (1 - expected) / 20_000).squareRoot())
      #expect(abs(split.fraction(of: part) - expected) < 1e-12)
    }
    #expect(identities.map(split.membership(sample: "ttbar")) == parts)
    #expect(identities.map(split.membership(sample: "zjets")) != parts)
    var other = split
    other.key = 1
    #expect(identities.map(other.membership(sample: "ttbar")) != parts)
  }
}
