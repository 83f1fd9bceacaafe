import ByteIO
import Foundation
import Records

extension SearchTables {
  /// The limits and the normalised limits as aligned text: a row a training, a column a signal, `median +1σ −1σ`.
  public func text(titles: [String: String]) -> String {
    var parts = ["Upper limits on μ, \(Self.number(luminosityInverseFemtobarn)) fb⁻¹: expected median with its ±1σ band", grid(limits, titles)]
    parts += ["", "Divided by the median of the signal's own network", grid(normalised, titles)]
    if let limitsWithUncertainties {
      parts += ["", "Upper limits on μ with luminosity and normalisation uncertainties", grid(limitsWithUncertainties, titles)]
    }
    return parts.joined(separator: "\n")
  }

  /// One line a limit: table, training, signal, observed, and the expected band.
  public var csv: String {
    var lines = ["table,training,signal,observed,expected_-2sigma,expected_-1sigma,expected_median,expected_+1sigma,expected_+2sigma"]
    for (name, table) in [("limits", limits), ("normalised", normalised), ("limits_with_uncertainties", limitsWithUncertainties ?? [:])] {
      for training in trainings {
        for signal in signals {
          guard let limit = table[training]?[signal] else { continue }
          lines.append(([name, training, signal, "\(limit.observed)"] + limit.expected.map { "\($0)" }).joined(separator: ","))
        }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func grid(_ table: [String: [String: BandedLimit]], _ titles: [String: String]) -> String {
    let head = ["trained on \\ tested on"] + signals.map { titles[$0] ?? $0 }
    let rows = trainings.map { training in
      [titles[training] ?? training] + signals.map { signal in table[training]?[signal].map(Self.cell) ?? "–" }
    }
    let widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
    return ([head] + rows).map { row in
      row.enumerated().map { column, text in
        let pad = String(repeating: " ", count: widths[column] - text.count)
        return column == 0 ? text + pad : pad + text
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  static func cell(_ limit: BandedLimit) -> String {
    "\(number(limit.median)) +\(number(limit.expected[3] - limit.median)) −\(number(limit.median - limit.expected[1]))"
  }

  /// Two significant digits.
  private static func number(_ value: Double) -> String {
    guard value != 0, value.isFinite else { return "\(value)" }
    let digits = max(0, 1 - Int(log10(abs(value)).rounded(.down)))
    return String(format: "%.\(digits)f", value)
  }
}

extension SearchRun.Outcome {
  /// Titles of samples and of the baseline, by name.
  public var titles: [String: String] {
    var titles = Dictionary(uniqueKeysWithValues: card.samples.map { ($0.name, $0.title) })
    titles[card.fit.baseline.name] = "fit to \(card.fit.baseline.name)"
    return titles
  }

  /// Writes `tables.json`, `tables.txt`, `tables.csv` and `record.json`.
  /// - Throws: `FileError`.
  public func writeTables(to folder: URL) throws {
    try AtomicFile.write(try JSONEncoder.canonical.encode(tables), to: folder.appendingPathComponent("tables.json"))
    try AtomicFile.write(Data((tables.text(titles: titles) + "\n").utf8), to: folder.appendingPathComponent("tables.txt"))
    try AtomicFile.write(Data(tables.csv.utf8), to: folder.appendingPathComponent("tables.csv"))
    try AtomicFile.write(try JSONEncoder.canonical.encode(record), to: folder.appendingPathComponent("record.json"))
  }
}
