import Columns
import EventSelection
import Foundation
import ROOTFiles

/// What the files of a sample say was generated.
public struct GeneratedSums: Hashable, Sendable {
  public var events: Int
  public var sumW: Double
  public var sumW2: Double
  /// In pb, where the files state it: the mean over the files, by their events.
  public var crossSection: Double?

  public init(events: Int, sumW: Double, sumW2: Double, crossSection: Double? = nil) {
    self.events = events
    self.sumW = sumW
    self.sumW2 = sumW2
    self.crossSection = crossSection
  }
}

extension SchemaReader {
  private static let batchSize = 100_000

  /// The generator's weights of some entries; 1 where the file has none.
  func generatorWeights(of events: ROOTEvents, entries: Range<Int>) throws -> [Double] {
    guard let weight else { return Array(repeating: 1, count: entries.count) }
    let source = try events.table(weight.columns, entries: entries)
    let column: Column
    switch weight {
    case .renamed(let name): column = try source.column(name)
    case .computed(let expression): column = try expression.evaluate(on: source)
    case .empty: return Array(repeating: 1, count: entries.count)
    }
    guard !column.isJagged else {
      throw SchemaError(
        path: events.file.url.path,
        problem: "the generator's weight has several values an event; choose one, as in '\(weight.columns[0])[0]'")
    }
    let weights = column.values.asDoubles()
    if let bad = weights.firstIndex(where: { !$0.isFinite }) {
      throw SchemaError(
        path: events.file.url.path,
        problem: "the weight of entry \(entries.lowerBound + bad) of '\(treePath)' is \(weights[bad])")
    }
    return weights
  }

  /// What was generated: from the schema's tree of sums where a file has one, else by adding up the weights of its events.
  /// - Throws: `ROOTFileError`, ``SchemaError``.
  public func generatedSums() throws -> GeneratedSums {
    var total = GeneratedSums(events: 0, sumW: 0, sumW2: 0)
    var weightedSigma = 0.0
    var knowsSigma = true
    for index in files.indices {
      let events = try open(index)
      let sums = try statedSums(events) ?? addedSums(events)
      total.events += sums.events
      total.sumW += sums.sumW
      total.sumW2 += sums.sumW2
      if let sigma = try statedCrossSection(events) {
        weightedSigma += sigma * Double(events.entryCount)
      } else if events.entryCount > 0 {
        knowsSigma = false
      }
    }
    if knowsSigma, entryCount > 0 { total.crossSection = weightedSigma / Double(entryCount) }
    return total
  }

  private func addedSums(_ events: ROOTEvents) throws -> GeneratedSums {
    var sums = GeneratedSums(events: events.entryCount, sumW: 0, sumW2: 0)
    for start in stride(from: 0, to: events.entryCount, by: Self.batchSize) {
      let end = min(start + Self.batchSize, events.entryCount)
      for weight in try generatorWeights(of: events, entries: start..<end) {
        sums.sumW += weight
        sums.sumW2 += weight * weight
      }
    }
    return sums
  }

  private func statedSums(_ events: ROOTEvents) throws -> GeneratedSums? {
    guard let tree = schema.sumsTree, try events.file.keys().contains(where: { $0.path == tree }) else { return nil }
    let sums = try ROOTEvents(events.file, path: tree)
    let names = ["genEventCount", "genEventSumw", "genEventSumw2"]
    guard names.allSatisfy({ sums.problem(ofColumn: $0) == nil }) else { return nil }
    let table = try sums.table(names, entries: 0..<sums.entryCount)
    let values = try names.map { try table.doubles($0).reduce(0, +) }
    guard values.allSatisfy(\.isFinite), values[0] >= Double(events.entryCount), values[0] < 0x1p53 else {
      throw SchemaError(
        path: events.file.url.path,
        problem: "'\(tree)' counts \(values[0]) generated events, '\(treePath)' has \(events.entryCount)")
    }
    return GeneratedSums(events: Int(values[0]), sumW: values[1], sumW2: values[2])
  }

  /// The cross-section after the last event, which knows most; `nil` where the file has none, or 0.
  private func statedCrossSection(_ events: ROOTEvents) throws -> Double? {
    guard let text = schema.crossSection, events.entryCount > 0 else { return nil }
    let expression = try ColumnExpression(parsing: text)
    guard expression.columns.allSatisfy({ events.problem(ofColumn: $0) == nil }) else { return nil }
    let last = events.entryCount - 1..<events.entryCount
    let value = try expression.numbers(on: events.table(expression.columns, entries: last))[0]
    return value > 0 && value.isFinite ? value : nil
  }
}
