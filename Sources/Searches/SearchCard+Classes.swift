import Cards
import Foundation
import Learning

extension SearchCard {
  /// `classes`: one network that tells several classes of samples apart, beside those of the signals.
  public struct Classes: Hashable, Codable, Sendable {
    /// One class, in the card's order.
    public struct Class: Hashable, Codable, Sendable {
      public var name: String
      public var samples: [String]
    }

    /// `samples` *(mapping of classes to a sample or a list of samples, required; two classes at least, each sample once)*.
    public var classes: [Class]
    /// `weights` *(mapping of classes to numbers, 1, > 0)*: factors of the classes, which count equally otherwise.
    public var weights: [String: Double]
    /// `resampling` *(none, {oversample: ratio}, {undersample: ratio} or {smote: {neighbours, ratio}}; none)*: of train events only.
    public var resampling: Resampling
  }
}

extension SearchCard.Classes {
  init(_ value: CardValue, samples known: [SearchCard.Sample]) throws {
    let fields = try value.fields(["samples", "weights", "resampling"])
    let names = known.map(\.name)
    classes = try fields["samples"].entries().map { entry in
      let own = try (try? entry.value.list()).map { try $0.map { try $0.choice(names) } } ?? [entry.value.choice(names)]
      return Class(name: entry.key, samples: own)
    }
    guard classes.count >= 2, classes.allSatisfy({ !$0.samples.isEmpty }) else {
      throw fields["samples"].error("map two or more classes to samples")
    }
    var seen: Set<String> = []
    for sample in classes.flatMap(\.samples) where !seen.insert(sample).inserted {
      throw fields["samples"].error("the sample '\(sample)' stands in two classes")
    }
    let classNames = classes.map(\.name)
    weights = [:]
    for (name, factor) in try fields["weights"].ifPresent?.entries() ?? [] {
      guard classNames.contains(name) else {
        throw fields["weights"].error("no class '\(name)'; there are \(classNames.joined(separator: ", "))")
      }
      weights[name] = try factor.double(in: Double.leastNormalMagnitude...)
    }
    resampling = try fields["resampling"].ifPresent.map(Resampling.init) ?? .none
  }
}

extension Resampling {
  init(_ value: CardValue) throws {
    if (try? value.string()) != nil {
      _ = try value.choice(["none"])
      self = .none
      return
    }
    let fields = try value.fields(["oversample", "undersample", "smote"])
    let ratio = Double.leastNormalMagnitude...1
    let given: [Resampling] = [
      try fields["oversample"].ifPresent.map { .oversample(ratio: try $0.double(in: ratio)) },
      try fields["undersample"].ifPresent.map { .undersample(ratio: try $0.double(in: ratio)) },
      try fields["smote"].ifPresent.map {
        let keys = try $0.fields(["neighbours", "ratio"])
        return .smote(
          neighbours: try keys["neighbours"].ifPresent?.integer(in: 1...1000) ?? 5,
          ratio: try keys["ratio"].ifPresent?.double(in: ratio) ?? 1)
      },
    ].compactMap(\.self)
    guard given.count == 1 else { throw value.error("name one of oversample, undersample and smote") }
    self = given[0]
  }
}
