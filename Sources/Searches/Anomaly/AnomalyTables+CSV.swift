extension AnomalyTables {
  /// One number a line: `quantity,score,other,population,value,low,high`. `low` and `high` are the ±1σ band of limits, the 16 and 84 %
  /// quantiles of p-values, or a value less and plus its standard error; empty where there is none.
  public var csv: String {
    var lines = ["quantity,score,other,population,value,low,high"]
    func add(
      _ quantity: String, _ score: String, _ other: String, _ population: String, _ value: Double,
      _ band: (Double, Double)? = nil
    ) {
      lines.append(
        "\(quantity),\(score),\(other),\(population),\(value),\(band.map { "\($0.0),\($0.1)" } ?? ",")")
    }
    for row in rows + [Self.network] {
      for signal in signals {
        guard let limit = normalisedToBaseline[row]?[signal] else { continue }
        add("limit_over_baseline", row, "", signal, limit.median, (limit.expected[1], limit.expected[3]))
      }
    }
    for row in performanceRows {
      for signal in signals {
        guard let found = performance[row]?[signal] else { continue }
        let auc = found.auc
        add("auc", row, "", signal, auc.value, (auc.value - auc.uncertainty, auc.value + auc.uncertainty))
        for (wanted, point) in zip(backgroundEfficiencies, found.operatingPoints) {
          let value = point.signalEfficiency
          add(
            "signal_efficiency", row, "\(wanted)", signal, value.value,
            (value.value - value.uncertainty, value.value + value.uncertainty))
        }
        if let best = found.bestImprovement {
          add(
            "significance_improvement", row, "\(best.backgroundEfficiency)", signal, best.value,
            (best.value - best.uncertainty, best.value + best.uncertainty))
        }
      }
    }
    for population in [Self.background] + signals {
      guard let correlation = correlations[population], let overlap = tail.overlap[population] else { continue }
      for (name, matrix) in [
        ("spearman", correlation.spearman), ("pearson", correlation.pearson), ("tail_overlap", overlap),
      ] {
        for (i, row) in scores.enumerated() {
          for (j, column) in scores.enumerated() { add(name, row, column, population, matrix[i][j]) }
        }
      }
    }
    for row in [Self.all] + scores {
      for (sample, share) in (tail.composition[row] ?? [:]).sorted(by: { $0.key < $1.key }) {
        add("tail_composition", row, sample, Self.background, share)
      }
      for signal in signals {
        if let share = tail.signals[row]?[signal] { add("tail_share", row, "", signal, share) }
      }
    }
    for result in injection ?? [] {
      add(
        "excess_p_value", result.score, "\(result.fraction)", result.signal, result.excess[0],
        (result.excess[1], result.excess[2]))
      add("found_share", result.score, "\(result.fraction)", result.signal, result.foundShare)
      add("fit_p0", result.score, "\(result.fraction)", result.signal, result.fit)
      if let toys = result.fitToys {
        add(
          "fit_p0_toys", result.score, "\(result.fraction)", result.signal, toys[0],
          (toys[0] - toys[1], toys[0] + toys[1]))
      }
    }
    for entry in decorrelation ?? [] {
      for (name, measures) in entry.scores.sorted(by: { $0.key < $1.key }) {
        add("squared_distance_correlation", name, entry.variable, Self.background, measures.distanceCorrelation)
        add("sculpting", name, entry.variable, Self.background, measures.sculpting)
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
