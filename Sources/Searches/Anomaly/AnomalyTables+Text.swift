import Foundation
import Reports

extension AnomalyTables {
  /// A table of texts, for reports and files.
  struct Grid: Sendable {
    var caption: String
    /// The first names the rows.
    var header: [String]
    var rows: [[String]]

    /// Aligned columns, the first to the left.
    var text: String {
      let lines = [header] + rows
      let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
      return
        ([caption]
        + lines.map { line in
          line.enumerated().map { column, cell in
            let pad = String(repeating: " ", count: widths[column] - cell.count)
            return column == 0 ? cell + pad : pad + cell
          }.joined(separator: "  ")
        }).joined(separator: "\n")
    }
  }

  /// All tables in words.
  public func text(titles: [String: String]) -> String {
    let grids = sectionedGrids(titles)
    let all = grids.limits + grids.performance + correlationGrids(titles) + grids.tail + grids.injection
    return (all + grids.decorrelation).map(\.text).joined(separator: "\n\n")
  }

  /// All tables by the report's sections; correlations are in pictures there.
  func sectionedGrids(
    _ titles: [String: String]
  ) -> (limits: [Grid], performance: [Grid], tail: [Grid], injection: [Grid], decorrelation: [Grid]) {
    (
      [limitGrid(titles)], [aucGrid(titles)] + efficiencyGrids(titles) + [improvementGrid(titles)],
      [compositionGrid(titles), tailGrid(titles)], injectionGrids(titles), decorrelationGrids(titles)
    )
  }

  private func title(_ name: String, _ titles: [String: String]) -> String {
    switch name {
    case Self.network: "own network"
    case Self.background: "background"
    case Self.all: "all events"
    default: titles[name] ?? name
    }
  }

  private func bySignal(
    _ caption: String, _ rows: [String], _ titles: [String: String], _ cell: (String, String) -> String?
  ) -> Grid {
    Grid(
      caption: caption, header: ["score"] + signals.map { title($0, titles) },
      rows: rows.map { row in [title(row, titles)] + signals.map { cell(row, $0) ?? "–" } })
  }

  private func limitGrid(_ titles: [String: String]) -> Grid {
    bySignal(
      "Expected upper limits on μ divided by that of the fit to the baseline: median with its ±1σ band",
      rows + [Self.network], titles
    ) { normalisedToBaseline[$0]?[$1].map(SearchTables.cell) }
  }

  /// Detectors and combinations that are scores of their own, the baseline and the networks.
  var performanceRows: [String] {
    (rows + scores + [Self.network]).reduce(into: []) { list, row in
      if performance[row] != nil, !list.contains(row) { list.append(row) }
    }
  }

  private func aucGrid(_ titles: [String: String]) -> Grid {
    bySignal("Area under the ROC curve, held-out events", performanceRows, titles) { row, signal in
      performance[row]?[signal].map { RoundedValue.symmetric($0.auc.value, $0.auc.uncertainty) }
    }
  }

  private func efficiencyGrids(_ titles: [String: String]) -> [Grid] {
    let points = performance.values.first?.values.first?.operatingPoints.count ?? 0
    return (0..<points).map { index in
      let wanted = backgroundEfficiencies[index]
      return bySignal(
        "Signal efficiency [%] where \(Self.plain(100 * wanted)) % of the background passes at most (N_eff of that background)",
        performanceRows, titles
      ) { row, signal in
        performance[row]?[signal].map {
          let point = $0.operatingPoints[index]
          let value = point.signalEfficiency
          return RoundedValue.symmetric(100 * value.value, 100 * value.uncertainty)
            + String(format: " (%.0f)", point.effectiveBackground)
        }
      }
    }
  }

  private func improvementGrid(_ titles: [String: String]) -> Grid {
    bySignal(
      "Largest significance improvement ε_S/√ε_B (background efficiency), cuts with N_eff ≥ 10 of background",
      performanceRows, titles
    ) { row, signal in
      performance[row]?[signal]?.bestImprovement.map {
        RoundedValue.symmetric($0.value, $0.uncertainty) + String(format: " (%.1e)", $0.backgroundEfficiency)
      }
    }
  }

  private func correlationGrids(_ titles: [String: String]) -> [Grid] {
    ([Self.background] + signals).flatMap { name -> [Grid] in
      guard let correlation = correlations[name], let overlap = tail.overlap[name] else { return [] }
      func grid(_ caption: String, _ matrix: [[Double]]) -> Grid {
        Grid(
          caption: caption, header: ["score"] + scores.map { title($0, titles) },
          rows: zip(scores, matrix).map { row, values in
            [title(row, titles)] + values.map { String(format: "%.2f", $0) }
          })
      }
      return [
        grid("Correlation of ranks (Spearman): \(title(name, titles))", correlation.spearman),
        grid(
          "Overlap of the tails above the background's \(Self.plain(100 * tail.fraction)) %: \(title(name, titles))",
          overlap),
      ]
    }
  }

  private func compositionGrid(_ titles: [String: String]) -> Grid {
    let backgrounds = (tail.composition[Self.all] ?? [:]).keys.sorted()
    return Grid(
      caption: "Composition [%] of the background's most anomalous \(Self.plain(100 * tail.fraction)) %",
      header: ["score"] + backgrounds.map { title($0, titles) },
      rows: ([Self.all] + scores).map { row in
        [title(row, titles)] + backgrounds.map { String(format: "%.1f", 100 * (tail.composition[row]?[$0] ?? 0)) }
      })
  }

  private func tailGrid(_ titles: [String: String]) -> Grid {
    bySignal("Share [%] of each signal's events in that tail", scores, titles) { row, signal in
      tail.signals[row]?[signal].map { String(format: "%.1f", 100 * $0) }
    }
  }

  private func injectionGrids(_ titles: [String: String]) -> [Grid] {
    guard let injection else { return [] }
    let rows = injection.map(\.score).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    let fractions = Set(injection.map(\.fraction)).sorted().map { Self.plain(100 * $0) }.joined(separator: ", ")
    func grid(_ caption: String, _ isFound: @escaping (InjectionResult) -> Bool) -> Grid {
      bySignal(
        "Hidden signal that is found: the smallest of \(fractions) % of the background whose \(caption)", rows, titles
      ) { row, signal in
        injection.filter { $0.score == row && $0.signal == signal && isFound($0) }.map(\.fraction).min().map {
          Self.plain(100 * $0) + " %"
        }
      }
    }
    let evidence = InjectionTest.evidence
    return [
      grid("largest excess in the tail, which knows no signal, has p < \(evidence) in the median") {
        $0.excess[0] < evidence
      },
      grid("fit with the signal's shape expects p < \(evidence)") { $0.fit < evidence },
    ]
  }

  private func decorrelationGrids(_ titles: [String: String]) -> [Grid] {
    (decorrelation ?? []).map { entry in
      let decorrelated = entry.detectors.map { title($0, titles) }.joined(separator: ", ")
      return Grid(
        caption:
          "Scores and \(entry.variable) on the background (decorrelated from it: \(decorrelated)): squared distance correlation, and "
          + "Jensen–Shannon divergence in bits between its distribution in the most anomalous \(Self.plain(100 * tail.fraction)) % and in all",
        header: ["score", "distance correlation²", "divergence"],
        rows: scores.compactMap { name in
          entry.scores[name].map {
            [
              title(name, titles), String(format: "%.4f", $0.distanceCorrelation),
              String(format: "%.4f", $0.sculpting),
            ]
          }
        })
    }
  }

  static func plain(_ value: Double) -> String { String(format: "%.4g", value) }
}
