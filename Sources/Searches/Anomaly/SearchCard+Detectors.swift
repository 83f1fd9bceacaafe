import Cards
import Foundation
import Records

extension SearchCard {
  /// One entry of `detectors`; its key is the name: what finds anomalies, learnt from the backgrounds alone.
  public struct Detector: Hashable, Codable, Sendable {
    public var name: String
    /// `kind` *(auto_encoder, deep_svdd, variational, isolation_forest, histogram or neighbours; required)* and the keys that
    /// belong to it.
    public var method: DetectorMethod
    /// `title` *(text, the name)*: in tables and pictures.
    public var title: String
    /// `rotate` *(true or false, false)*: features are rotated to the background's principal components first.
    public var rotate: Bool
    /// `decorrelate.from` *(a feature, or the baseline's name; none)*: what its score should not follow on the background; with
    /// `strength`, of the kinds that can.
    public var protected: String?
    /// `tune.trials` *(whole number, none, 1 …)*: of deep kinds; so many trials of Bayesian optimisation choose network and
    /// descent, in place of the keys that say them.
    public var trials: Int?
  }

  /// `anomaly`: what a run with detectors looks at beside their limits.
  public struct AnomalyStudy: Hashable, Codable, Sendable {
    /// `combinations` *(list of lists of detectors, none)*: each is fitted as the product of its members' p-values, and
    /// two as a plane of bins.
    public var combinations: [[String]] = []
    /// `fraction` *(number, 0.1, 0.001 … 0.5)*: of the background, the most anomalous events whose composition and overlap
    /// are shown.
    public var fraction = 0.1
    /// `background_efficiencies` *(list of numbers in (0, 1), 0.01 and 0.001)*: where signal efficiencies are quoted.
    public var backgroundEfficiencies = [0.01, 0.001]
    /// `injection` *(none)*; see ``Injection``.
    public var injection: Injection?
  }

  /// `anomaly.injection`: signal hidden in pseudo-data, and whether it is found.
  public struct Injection: Hashable, Codable, Sendable {
    /// `fractions` *(list of numbers, 0.001 to 0.05)*: hidden signal events for each background event.
    public var fractions = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05]
    /// `toys` *(whole number, 10 000, 1000 …)*: background-only experiments that p-values of excesses are read from; with fewer
    /// none is small enough for evidence.
    public var toys = 10_000
    /// `experiments` *(whole number, 200, 10 …)*: pseudo-data of each fraction.
    public var experiments = 200
    /// `fit_toys` *(whole number, 1000, 0 …)*: toys of a fit's discovery p-value; 0 for the asymptotic one alone.
    public var fitToys = 1000
  }
}

extension SearchCard.Detector {
  private static let common = ["kind", "title", "rotate", "tune"]

  static func list(_ value: CardValue) throws -> [SearchCard.Detector] {
    try value.ifPresent?.entries().map { try SearchCard.Detector(name: $0.key, $0.value) } ?? []
  }

  init(name: String, _ value: CardValue) throws {
    self.name = name
    // The kind first: it decides which other keys there are.
    guard let kind = try value.entries().first(where: { $0.key == "kind" })?.value else {
      throw value.error(
        "a detector needs a 'kind': \(DetectorMethod.Kind.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    method = try DetectorMethod(kind.choice(DetectorMethod.Kind.self), value, common: Self.common)
    let entries = Dictionary(try value.entries().map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    title = try entries["title"]?.string() ?? name
    rotate = try entries["rotate"]?.bool() ?? false
    protected = try entries["decorrelate"]?.fields(["from", "strength"])["from"].string()
    trials = try entries["tune"]?.fields(["trials"])["trials"].integer(in: 1...)
    for key in method.isDeep ? ["rotate"] : ["tune"] where entries[key] != nil {
      throw value.error(
        method.isDeep
          ? "'rotate' is for shallow kinds: a network learns a rotation of its own"
          : "'tune' is for deep kinds: auto_encoder, deep_svdd, variational")
    }
  }
}

extension SearchCard.AnomalyStudy {
  init(_ value: CardValue) throws {
    let fields = try value.fields(["combinations", "fraction", "background_efficiencies", "injection"])
    combinations = try fields["combinations"].ifPresent?.list().map { try $0.list().map { try $0.string() } } ?? []
    fraction = try fields["fraction"].ifPresent?.double(in: 0.001...0.5) ?? fraction
    backgroundEfficiencies =
      try fields["background_efficiencies"].ifPresent?.list().map { try $0.double(in: 1e-6...0.999) }
      ?? backgroundEfficiencies
    injection = try fields["injection"].ifPresent.map(SearchCard.Injection.init)
  }
}

extension SearchCard.Injection {
  init(_ value: CardValue) throws {
    let fields = try value.fields(["fractions", "toys", "experiments", "fit_toys"])
    fractions = try fields["fractions"].ifPresent?.list().map { try $0.double(in: 0...1) } ?? fractions
    guard !fractions.isEmpty, zip(fractions, fractions.dropFirst()).allSatisfy(<) else {
      throw fields["fractions"].error("fractions must rise: [0.001, 0.01, 0.05]")
    }
    toys = try fields["toys"].ifPresent?.integer(in: 1000...) ?? toys
    experiments = try fields["experiments"].ifPresent?.integer(in: 10...) ?? experiments
    fitToys = try fields["fit_toys"].ifPresent?.integer(in: 0...) ?? fitToys
  }
}

extension SearchCard {
  /// Names of rows are names of files and keys of tables: all must differ.
  func checkDetectors(_ fields: CardFields) throws {
    let taken = samples.map(\.name) + [fit.baseline.name]
    for detector in detectors {
      guard !taken.contains(detector.name), !detector.name.contains("/"), !detector.name.hasPrefix("."),
        !detector.name.contains(",")
      else {
        throw fields["detectors"].error(
          "'\(detector.name)' cannot name a detector: names do as names of files and differ from those of samples and of the baseline "
            + "(\(taken.joined(separator: ", ")))")
      }
    }
    for combination in anomaly.combinations {
      guard combination.count >= 2, Set(combination).count == combination.count else {
        throw fields["anomaly"].error("combinations: each joins two or more different detectors, found \(combination)")
      }
      for name in combination where !detectors.contains(where: { $0.name == name }) {
        let near = nearestName(to: name, in: detectors.map(\.name)).map { "; nearest: '\($0)'" } ?? ""
        throw fields["anomaly"].error(
          "combinations: no detector '\(name)'\(near). The card has \(detectors.map(\.name).joined(separator: ", "))")
      }
    }
    if detectors.isEmpty, anomaly != AnomalyStudy() {
      throw fields["anomaly"].error("'anomaly' needs 'detectors'")
    }
  }
}
