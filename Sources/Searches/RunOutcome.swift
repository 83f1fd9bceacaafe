import ByteIO
import Figures
import Foundation
import Learning
import Records
import Reports

/// What a run of a card of any kind leaves: numbers, pictures, a report, a record.
public protocol RunOutcome: Sendable {
  associatedtype Tables: Encodable
  /// Written as `tables.json`.
  var tables: Tables { get }
  var record: RunRecord { get }
  /// The tables as aligned text.
  var text: String { get }
  /// The numbers, one thing a line.
  var csv: String { get }
  /// Written as `diagnostics.json` where there is one.
  var diagnosticsDocument: (any Encodable)? { get }
  func figures() throws -> [SearchFigure]
  /// - Parameter pictures: those of ``figures()``.
  func report(_ pictures: [SearchFigure]) throws -> HTMLReport
  /// What is written beside the tables, by the files' names.
  func otherTables() throws -> [String: Data]
}

extension RunOutcome {
  public var diagnosticsDocument: (any Encodable)? { nil }
  public func otherTables() throws -> [String: Data] { [:] }

  /// Writes `tables.json`, `tables.txt`, `tables.csv`, `record.json`, `diagnostics.json` where there is one, and what else the
  /// outcome has.
  /// - Throws: `FileError`.
  public func writeTables(to folder: URL) throws {
    try AtomicFile.write(try JSONEncoder.canonical.encode(tables), to: folder.appendingPathComponent("tables.json"))
    try AtomicFile.write(Data((text + "\n").utf8), to: folder.appendingPathComponent("tables.txt"))
    try AtomicFile.write(Data(csv.utf8), to: folder.appendingPathComponent("tables.csv"))
    if let diagnosticsDocument {
      try AtomicFile.write(
        try JSONEncoder.canonical.encode(diagnosticsDocument), to: folder.appendingPathComponent("diagnostics.json"))
    }
    try AtomicFile.write(try JSONEncoder.canonical.encode(record), to: folder.appendingPathComponent("record.json"))
    for (name, data) in try otherTables() { try AtomicFile.write(data, to: folder.appendingPathComponent(name)) }
  }

  /// Writes `report.html` and, in `formats`, each picture beside it under `figures/`.
  /// - Throws: `FigureError`, `FileError`, `SampleError`, `LearningError`.
  public func writeReport(to folder: URL, formats: [FigureFormat]) throws {
    let pictures = try figures()
    for picture in pictures {
      for format in formats {
        try AtomicFile.write(
          try picture.figure.render(as: format),
          to: folder.appendingPathComponent("figures/\(picture.name).\(format.rawValue)"))
      }
    }
    try AtomicFile.write(Data(try report(pictures).html().utf8), to: folder.appendingPathComponent("report.html"))
  }

  /// The report's last section.
  func recordSection(card: some Encodable) throws -> HTMLReport.Section {
    let record = String(decoding: try JSONEncoder.canonical.encode(record), as: UTF8.self)
    let text = String(decoding: try JSONEncoder.canonical.encode(card), as: UTF8.self)
    return .init("Record", [.record(title: "Run record", text: record), .record(title: "Card as read", text: text)])
  }
}

extension [SearchFigure] {
  /// Those whose names begin so, for a report.
  func blocks(_ prefix: String) -> [HTMLReport.Block] {
    filter { $0.name.hasPrefix(prefix) }.map { .figure($0.figure, caption: $0.caption) }
  }
}

extension [Panel] {
  /// Row by row in two rows, as a figure's columns.
  func inTwoRows() -> [[Panel]] {
    let width = Swift.max(1, (count + 1) / 2)
    return (0..<width).map { column in [column, column + width].filter(indices.contains).map { self[$0] } }
  }
}

/// Rows of words in columns of equal width: the first column to the left, the others to the right.
func alignedText(header: [String], rows: [[String]]) -> String {
  let all = [header] + rows
  let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
  return all.map { row in
    row.enumerated().map { column, text in
      let pad = String(repeating: " ", count: widths[column] - text.count)
      return column == 0 ? text + pad : pad + text
    }.joined(separator: "  ")
  }.joined(separator: "\n")
}

/// One line in a panel of ROC curves.
struct ROCLine {
  var title: String
  var scores, labels, weights: [Float]
  var style: LineStyle

  /// All events of weight 1.
  init(_ title: String, scores: [Float], labels: [Float], style: LineStyle) {
    self.title = title
    self.scores = scores
    self.labels = labels
    weights = [Float](repeating: 1, count: labels.count)
    self.style = style
  }

  /// Background rejection 1 − ε_b against signal efficiency, with the area in the legend.
  static func panel(_ lines: [ROCLine], notes: [String] = []) throws -> Panel {
    let series = try lines.map { line -> Series in
      let curve = try Metrics.rocCurve(scores: line.scores, labels: line.labels, weights: line.weights)
      let auc = try Metrics.rocAUC(scores: line.scores, labels: line.labels, weights: line.weights)
      // At most 400 points: more are not seen.
      let step = max(1, curve.count / 400)
      let points = curve.enumerated().filter { $0.offset % step == 0 || $0.offset == curve.count - 1 }.map(\.element)
      return .line(
        LineSeries(
          "\(line.title) (AUC = \(String(format: "%.3f", auc)))", x: points.map(\.signalEfficiency),
          y: points.map { 1 - $0.backgroundEfficiency }, style: line.style))
    }
    return Panel(
      x: AxisDescription("Signal efficiency", lower: 0, upper: 1),
      y: AxisDescription("Background rejection", lower: 0, upper: 1), series: series, legend: .bottomLeft, notes: notes)
  }
}
