import Columns
import Foundation
import TestSupport
import Testing

@testable import EventSelection

/// Values by awkward and numpy: `Tests/Reference/selection/make_data.py`.
struct SelectionReference: Decodable {
  struct Jagged: Decodable {
    var values: [Double]
    var counts: [Int]
  }

  var flat: [String: [Double]]
  var jagged: [String: Jagged]
  var expected: [String: [Double]]

  static func load() throws -> SelectionReference {
    try JSONDecoder().decode(self, from: Data(contentsOf: referenceURL("selection/expressions.json")))
  }

  /// As files hold it: float32, flags in 8 bits, the weight in double precision.
  func table() throws -> Table {
    var table = Table()
    for (name, values) in flat.sorted(by: { $0.key < $1.key }) {
      try table.add(name, name == "weight" ? Column(values) : Column(values.map(Float.init)))
    }
    for (name, column) in jagged.sorted(by: { $0.key < $1.key }) {
      let offsets = column.counts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
      let values: ColumnValues =
        name.hasSuffix("btag") ? .uint8(column.values.map { UInt8($0) }) : .float32(column.values.map(Float.init))
      try table.add(name, Column(values, offsets: offsets))
    }
    let selection = Selection(objects: [
      try ObjectDefinition(name: "good", parsing: "Jet[Jet_pt > 30 and abs(Jet_eta) < 2.5]"),
      try ObjectDefinition(name: "leptons", parsing: "Electron + Muon"),
    ])
    return try selection.derived(from: table)
  }
}

@Suite struct ExpressionReferenceTests {
  @Test func expressionsAgreeWithAwkward() throws {
    let reference = try SelectionReference.load()
    let table = try reference.table()
    #expect(reference.expected.count >= 34)
    for (text, expected) in reference.expected {
      let found = try ColumnExpression(parsing: text).evaluate(on: table).values.asDoubles()
      #expect(found.count == expected.count, "\(text)")
      for (row, (a, b)) in zip(found, expected).enumerated() {
        // Relative for sums of many GeV. A small mass is the root of a difference of squares of 1e6 GeV², good to 1e-10.
        let tolerance = text.hasPrefix("mass") ? 1e-6 : 1e-11 * max(1, abs(b))
        #expect(abs(a - b) <= tolerance, "\(text), row \(row): \(a), awkward \(b)")
      }
    }
  }

  /// Cutting a table into batches changes no value.
  @Test func batchesGiveTheValuesOfTheWhole() throws {
    let reference = try SelectionReference.load()
    let table = try reference.table()
    for text in reference.expected.keys {
      let expression = try ColumnExpression(parsing: text)
      let whole = try expression.evaluate(on: table)
      for batch in [0..<1, 1..<1, 1..<20, 20..<60] {
        #expect(try expression.evaluate(on: table[rows: batch]) == whole[rows: batch], "\(text)")
      }
    }
  }

  @Test func partsThatRepeatGiveTheSame() throws {
    let table = try SelectionReference.load().table()
    let part = "sum(Jet_pt[Jet_pt > 30] * Jet_pt[Jet_pt > 30])"
    let twice = try ColumnExpression(parsing: "sqrt(\(part)) + \(part)").numbers(on: table)
    let once = try ColumnExpression(parsing: part).numbers(on: table)
    #expect(twice == once.map { $0.squareRoot() + $0 })
  }

  @Test func choicesOfObjectsKeepTheirSum() throws {
    let table = try SelectionReference.load().table()
    func numbers(_ text: String) throws -> [Double] { try ColumnExpression(parsing: text).numbers(on: table) }
    let both = try numbers("sum(Jet_pt[Jet_btag]) + sum(Jet_pt[not Jet_btag])")
    for (a, b) in zip(both, try numbers("sum(Jet_pt)")) { #expect(abs(a - b) < 1e-9) }
    #expect(try numbers("count(Jet_btag[Jet_pt > 40])") == numbers("count(Jet_btag and Jet_pt > 40)"))
    #expect(try numbers("max(Jet_pt)") == numbers("sorted(Jet_pt)[0]"))
    #expect(try numbers("count(leading(Jet_pt, 2))") == numbers("min(nJet, 2)"))
    #expect(try numbers("sum(sorted(Jet_mass, Jet_eta) * 0 + 1)") == numbers("nJet"))
  }
}

@Suite struct ObjectDefinitionTests {
  private func table() throws -> Table {
    try Table([
      ("Electron_pt", Column(.float32([50, 20, 40]), offsets: [0, 2, 2, 3])),
      ("Electron_charge", Column(.int32([1, -1, 1]), offsets: [0, 2, 2, 3])),
      ("Electron_pt:up", Column(.float32([51, 21, 41]), offsets: [0, 2, 2, 3])),
      ("Muon_pt", Column(.float32([30, 40, 10]), offsets: [0, 1, 1, 3])),
      ("Muon_charge", Column(.int32([-1, 1, -1]), offsets: [0, 1, 1, 3])),
      ("Muon_quality", Column(.int32([7, 8, 9]), offsets: [0, 1, 1, 3])),
      ("MissingET_MET", Column(.float32([1, 2, 3]))),
    ])
  }

  private func adding(_ text: String) throws -> Table {
    try Selection(objects: [ObjectDefinition(name: "leptons", parsing: text)]).derived(from: table())
  }

  @Test func collectionsAreMergedByTransverseMomentum() throws {
    let merged = try adding("Electron + Muon")
    // Of two leptons with 40 GeV the electron comes first, as the first part.
    #expect(merged["leptons_pt"] == Column(.float32([50, 30, 20, 40, 40, 10]), offsets: [0, 3, 3, 6]))
    #expect(merged["leptons_charge"] == Column(.int32([1, -1, -1, 1, 1, -1]), offsets: [0, 3, 3, 6]))
    #expect(merged["leptons_source"] == Column(.uint8([0, 1, 0, 0, 1, 1]), offsets: [0, 3, 3, 6]))
    #expect(merged["leptons_quality"] == nil)
    #expect(merged["leptons_pt:up"] == nil)
  }

  @Test func partsMayHaveConditions() throws {
    let merged = try adding("Electron[Electron_pt > 30] + Muon[Muon_pt > 15 and Muon_charge < 0]")
    #expect(merged["leptons_pt"] == Column(.float32([50, 30, 40]), offsets: [0, 2, 2, 3]))
  }

  @Test func aBatchWithoutEventsHasTheColumns() throws {
    let empty = try Selection(objects: [ObjectDefinition(name: "leptons", parsing: "Electron + Muon")])
      .derived(from: table()[rows: 0..<0])
    #expect(empty["leptons_charge"] == Column(.int32([]), offsets: [0]))
  }

  @Test(arguments: [
    ("Electron", "need a collection and a condition"),
    ("Electron * Muon", "need a collection and a condition"),
    ("Electrn + Muon", "no collection 'Electrn'; nearest: 'Electron'"),
    ("Electron[Muon_pt > 3]", "this is one of other objects"),
    ("Electron[MissingET_MET > 3]", "one value an event"),
    ("Electron[Electron_pt]", "expected a condition"),
  ])
  func errorsSayWhatWouldHaveWorked(text: String, message: String) throws {
    do {
      _ = try adding(text)
      Issue.record("'\(text)' was accepted")
    } catch {
      #expect("\(error)".contains(message), "\(error)")
    }
  }
}

@Suite struct ExpressionTypeTests {
  private func check(_ text: String) throws {
    // No rows: as a card is checked before any event is read.
    let table = try SelectionReference.load().table()[rows: 0..<0]
    _ = try ColumnExpression(parsing: text).mask(on: table)
  }

  @Test(arguments: [
    ("sum(Jet_pt + Muon_pt) > 1", "different collections"),
    ("sum(Jet_pt[Jet_btag] + Jet_pt) > 1", "different collections or choices"),
    ("sum(Jet_pt[Muon_pt > 3]) > 1", "a mask needs a condition on the same collection"),
    ("count(Jet_pt > 30 GeVV) > 1", "nearest: 'GeV'"),
    ("sum(sorted(Jet_pt, Muon_pt)) > 1", "cannot sort"),
    ("sum(leading(Jet_pt, 1.5)) > 1", "whole number"),
    ("where(weight, 1, 2) > 1", "expected a condition"),
    ("where(weight > 1, 1, true) > 1", "same kind"),
    ("nTau > 1", "no column 'nTau'"),
  ])
  func typesAreCheckedWithoutEvents(text: String, message: String) throws {
    do {
      try check(text)
      Issue.record("'\(text)' was accepted")
    } catch {
      #expect("\(error)".contains(message), "\(error)")
    }
  }

  @Test func unitsAreFactors() throws {
    let table = try Table([("x", Column([0.0]))])
    for (text, value) in [("1.2 TeV", 1200), ("500 MeV", 0.5), ("180 deg", Double.pi), ("2 cm + 1 mm", 21)] {
      #expect(try ColumnExpression(parsing: text).numbers(on: table) == [value])
    }
  }

  @Test(
    arguments: [
      ("", "-", 9000, ""), ("", "1+", 4000, "1"), ("", "x[", 3000, ""), ("x", "[0]", 3000, ""),
      ("", "not ", 2400, ""), ("", "2**", 3000, "2"), ("", "1+", 9000, ""), ("1", " ?? 1", 1900, ""),
    ] as [(String, String, Int, String)])
  func nestingWithoutEndIsRefused(head: String, piece: String, count: Int, tail: String) {
    let text = head + String(repeating: piece, count: count) + tail
    #expect(throws: ExpressionError.self) { try ColumnExpression(parsing: text) }
  }

  @Test func nestedBracketsAreRefused() {
    let text = String(repeating: "(1+", count: 150) + String(repeating: "1)+1+1", count: 150)
    #expect(throws: ExpressionError.self) { try ColumnExpression(parsing: text) }
  }
}
