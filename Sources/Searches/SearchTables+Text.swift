import Foundation
import Records
import Reports

extension SearchTables {
  /// One table of limits with its words.
  struct Section {
    var caption: String
    var signals: [String]
    var table: [String: [String: BandedLimit]]
  }

  var sections: [Section] {
    var sections = [
      Section(caption: "Upper limits on μ", signals: signals, table: limits),
      Section(
        caption: "Upper limits divided by the median of the signal's own network", signals: signals, table: normalised),
    ]
    if let branchingRatios {
      let named = signals.filter { signal in branchingRatios.values.contains { $0[signal] != nil } }
      sections.append(Section(caption: "Upper limits on the branching ratio", signals: named, table: branchingRatios))
    }
    if let limitsWithUncertainties {
      sections.append(
        Section(
          caption: "Upper limits on μ with luminosity and normalisation uncertainties", signals: signals,
          table: limitsWithUncertainties))
    }
    if let limitsOfPerfectSimulation {
      sections.append(
        Section(
          caption: "Upper limits on μ as if the simulation had no statistical uncertainty (same bins)",
          signals: signals,
          table: limitsOfPerfectSimulation))
    }
    return sections
  }

  /// What μ = 1 means, for these signals: `HG 1.0 TeV, HG 1.2 TeV: LO cross-section; …`.
  func unitMuNote(_ signals: [String], _ titles: [String: String]) -> String {
    var meanings: [(text: String, titles: [String])] = []
    for signal in signals {
      let text = unitMu[signal].flatMap { $0.isEmpty ? nil : $0 } ?? "the cross-section of the sample"
      if let index = meanings.firstIndex(where: { $0.text == text }) {
        meanings[index].titles.append(titles[signal] ?? signal)
      } else {
        meanings.append((text, [titles[signal] ?? signal]))
      }
    }
    return "μ = 1 means: " + meanings.map { "\($0.titles.joined(separator: ", ")): \($0.text)" }.joined(separator: "; ")
      + "."
  }

  /// All tables as aligned text: a row a training, a column a signal, `median +1σ −1σ`.
  public func text(titles: [String: String]) -> String {
    let head = String(
      format: "Expected upper limits for %.4g fb⁻¹: median with its ±1σ band. Observed: %@.",
      luminosityInverseFemtobarn,
      observation)
    return
      ([head]
      + sections.map { section in
        "\n\(section.caption)\n\(grid(section, titles))\n\(unitMuNote(section.signals, titles))"
      }).joined(separator: "\n")
  }

  /// One line a limit: table, training, signal, observed, and the expected band.
  public var csv: String {
    var lines = [
      "table,training,signal,observed,expected_-2sigma,expected_-1sigma,expected_median,expected_+1sigma,expected_+2sigma"
    ]
    let tables = [
      ("limits", limits), ("normalised", normalised), ("branching_ratios", branchingRatios ?? [:]),
      ("limits_with_uncertainties", limitsWithUncertainties ?? [:]),
      ("limits_of_perfect_simulation", limitsOfPerfectSimulation ?? [:]),
    ]
    for (name, table) in tables {
      for training in trainings {
        for signal in signals {
          guard let limit = table[training]?[signal] else { continue }
          lines.append(
            ([name, training, signal, "\(limit.observed)"] + limit.expected.map { "\($0)" }).joined(separator: ","))
        }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func grid(_ section: Section, _ titles: [String: String]) -> String {
    let head = ["trained on \\ tested on"] + section.signals.map { titles[$0] ?? $0 }
    let rows = trainings.map { training in
      [titles[training] ?? training] + section.signals.map { section.table[training]?[$0].map(Self.cell) ?? "–" }
    }
    return alignedText(header: head, rows: rows)
  }

  static func cell(_ limit: BandedLimit) -> String {
    let (up, down) = (limit.expected[3] - limit.median, limit.median - limit.expected[1])
    guard limit.median > 0, limit.median < 1e-3 else {
      return RoundedValue.asymmetric(limit.median, up: up, down: down)
    }
    let exponent = Int(log10(limit.median).rounded(.down))
    let unit = pow(10, Double(exponent))
    return "(\(RoundedValue.asymmetric(limit.median / unit, up: up / unit, down: down / unit)))e\(exponent)"
  }
}

extension SearchRun.Outcome: RunOutcome {
  public var text: String { tables.text(titles: titles) }
  public var csv: String { tables.csv }

  /// What a reader of the numbers should know: events made with other cuts than the card's.
  public var warnings: [String] {
    card.samples.compactMap { metadata[$0.name]?.notes["warning"] }
      + card.signals.compactMap { signal in
        missingDiagnostics[signal.name].map { "\(signal.name): no diagnostics of its network: \($0)" }
      }
  }

  /// Titles of samples, rows of detectors and of the baseline, by name.
  public var titles: [String: String] {
    var titles = Dictionary(uniqueKeysWithValues: card.samples.map { ($0.name, $0.title) })
    for row in card.detectorRows { titles[row.name] = row.title }
    titles[card.fit.baseline.name] = "fit to \(card.fit.baseline.name)"
    return titles
  }
  public var diagnosticsDocument: (any Encodable)? { SearchDiagnostics(self) }

  /// With detectors `anomaly.json`, `anomaly.txt` and `anomaly.csv`.
  public func otherTables() throws -> [String: Data] {
    guard let anomaly else { return [:] }
    return [
      "anomaly.json": try JSONEncoder.canonical.encode(anomaly),
      "anomaly.txt": Data((anomaly.text(titles: titles) + "\n").utf8), "anomaly.csv": Data(anomaly.csv.utf8),
    ]
  }
}
