import Columns
import Histograms
import Records
import Testing

@testable import EventSelection

private func events() throws -> Table {
  try Table([
    ("weight", Column([1.0, 2.0, 4.0])),
    ("MissingET_MET", Column(.float32([100, 20, 50]))),
    ("Jet_pt", Column(.float32([50, 40, 35, 90]), offsets: [0, 2, 2, 4])),
    ("Jet_eta", Column(.float32([0.5, -3, 1, 2]), offsets: [0, 2, 2, 4])),
    ("Jet_btag", Column(.uint8([1, 0, 1, 1]), offsets: [0, 2, 2, 4])),
    ("Muon_pt", Column(.float32([30]), offsets: [0, 1, 1, 1])),
  ])
}

@Suite struct ExpressionTests {
  private func numbers(_ text: String) throws -> [Double] { try ColumnExpression(parsing: text).numbers(on: events()) }
  private func mask(_ text: String) throws -> [Bool] { try ColumnExpression(parsing: text).mask(on: events()) }

  @Test(arguments: [
    ("1 + 2 * 3", 7.0), ("-2 ** 2", -4), ("2 ** 3 ** 2", 512), ("(1 + 2) * 3", 9), ("10 / 4 - 1", 1.5),
    ("2 ** -1", 0.5),
    ("7 - 2 - 1", 4), ("1.5e2", 150), ("abs(-3)", 3), ("max(1, 5, 2)", 5), ("hypot(3, 4)", 5), ("cos(pi)", -1),
  ])
  func arithmetic(text: String, expected: Double) throws {
    #expect(try numbers(text) == Array(repeating: expected, count: 3))
  }

  @Test func reductionsAndElements() throws {
    #expect(try numbers("count(Jet_btag)") == [1, 0, 2])
    #expect(try numbers("count(Jet_pt)") == [2, 0, 2])
    #expect(try numbers("count(Jet_pt > 38 and abs(Jet_eta) < 2.5)") == [1, 0, 1])
    #expect(try numbers("sum(Jet_pt)") == [90, 0, 125])
    #expect(try numbers("max(Jet_pt)") == [50, 0, 90])
    #expect(try numbers("mean(Jet_pt)") == [45, 0, 62.5])
    #expect(try numbers("Jet_pt[1]") == [40, 0, 90])
    #expect(try numbers("Jet_pt[-1]") == [40, 0, 90])
    #expect(try numbers("Jet_pt[0] ?? -1") == [50, -1, 35])
    #expect(try numbers("sum(Jet_pt[Jet_btag])") == [50, 0, 125])
    #expect(try numbers("sum(Jet_pt * weight)") == [90, 0, 500])
    #expect(try mask("any(Jet_eta > 1.5)") == [false, false, true])
    #expect(try mask("all(Jet_eta > 0)") == [false, true, true])
  }

  @Test func conditions() throws {
    #expect(try mask("count(Jet_btag) >= 1 and MissingET_MET > 60") == [true, false, false])
    #expect(try mask("not MissingET_MET > 60 or weight == 1") == [true, true, true])
    #expect(try mask("true and weight != 2") == [true, false, true])
  }

  /// Two massless momenta back to back: m = 2E; the law of cosines for ΔR.
  @Test func kinematics() throws {
    #expect(try numbers("mass(50, 0, 0, 0, 50, 0, pi, 0)").allSatisfy { abs($0 - 100) < 1e-9 })
    #expect(try numbers("deltaPhi(3.1, -3.1)").allSatisfy { abs($0 - (6.2 - 2 * .pi)) < 1e-12 })
    #expect(try numbers("deltaR(0, 3.1, 0, -3.1)").allSatisfy { abs($0 - (2 * .pi - 6.2)) < 1e-12 })
  }

  @Test(arguments: [
    ("Jet_ptt > 3", "no column 'Jet_ptt'; nearest: 'Jet_pt'"),
    ("cuont(Jet_pt)", "no function 'cuont'; nearest: 'count'"),
    ("1 +", "ends too early"),
    ("Jet_pt > 30", "several: use count, any or all"),
    ("MissingET_MET", "expected a condition"),
    ("Jet_pt + Muon_pt > 1", "different lengths"),
    ("MissingET_MET[0] > 1", "needs several values an event"),
    ("weight = 1", "write '=='"),
    ("weight > 1 && weight < 3", "write 'and'"),
    ("1 < weight < 3", "do not chain"),
    ("(weight > 1", "expected ')'"),
    ("Jet_pt[MissingET_MET > 2]", "a mask needs a condition on the same collection"),
    ("", "is empty"),
    ("hypot(1) > 2", "write hypot(x, y)"),
    ("weight ?? 2 > 1", "needs an element before it"),
  ])
  func errorsPointIntoTheExpression(text: String, message: String) throws {
    do {
      _ = try ColumnExpression(parsing: text).mask(on: events())
      Issue.record("'\(text)' was accepted")
    } catch {
      #expect("\(error)".contains(message), "\(error)")
    }
  }

  @Test func theCaretsStandUnderTheCulprit() throws {
    do {
      _ = try ColumnExpression(parsing: "count(Jet_btg) >= 1").mask(on: events())
      Issue.record("a column that does not exist")
    } catch {
      #expect("\(error)" == "no column 'Jet_btg'; nearest: 'Jet_btag'\n  count(Jet_btg) >= 1\n        ^^^^^^^")
    }
  }

  /// Random trees print to text that parses to the same tree.
  @Test func printedExpressionsParseToTheSameTree() throws {
    var random = SeedTree(root: 11).child("trees").stream()
    func tree(_ depth: Int) -> SyntaxNode {
      func node(_ kind: SyntaxNode.Kind) -> SyntaxNode { SyntaxNode(kind: kind, range: 0..<0) }
      guard depth > 0 else {
        return random.integer(below: 2) == 0 ? node(.number(Double(random.integer(below: 9)))) : node(.column("Jet_pt"))
      }
      switch random.integer(below: 6) {
      case 0: return node(.unary(random.integer(below: 2) == 0 ? .minus : .not, tree(depth - 1)))
      case 1: return node(.call("max", [tree(depth - 1), tree(depth - 1)]))
      case 2: return node(.subscripted(tree(depth - 1), tree(depth - 1)))
      case 3: return node(.fallback(node(.subscripted(tree(0), tree(0))), tree(depth - 1)))
      default:
        let all: [BinaryOperator] = [.or, .and, .less, .equal, .plus, .minus, .times, .divide, .power]
        return node(.binary(all[random.integer(below: all.count)], tree(depth - 1), tree(depth - 1)))
      }
    }
    for _ in 0..<500 {
      let made = tree(4)
      #expect(try ExpressionParser.parse(made.description).withoutPlaces == made, "\(made)")
    }
  }

  /// Whatever is typed gives an expression or an error, never a crash.
  @Test func randomTextNeverCrashes() throws {
    var random = SeedTree(root: 12).child("text").stream()
    let pieces = [
      "Jet_pt", "1", ".5", "1e", "(", ")", "[", "]", "and", "not", "??", "<", "==", "-", "+", "**", "count", ",", "é",
      " ", "\n", "&",
    ]
    let table = try events()
    for _ in 0..<5000 {
      let text = (0..<random.integer(below: 12)).map { _ in pieces[random.integer(below: pieces.count)] }.joined()
      if let expression = try? ColumnExpression(parsing: text) { _ = try? expression.evaluate(on: table) }
    }
    #expect(throws: ExpressionError.self) { try ColumnExpression(parsing: String(repeating: "(", count: 100_000)) }
  }
}

@Suite struct SelectionTests {
  private func selection() throws -> Selection {
    Selection(
      objects: [try ObjectDefinition(name: "central", parsing: "Jet[abs(Jet_eta) < 2.5]")],
      definitions: [NamedExpression(name: "HT", expression: try ColumnExpression(parsing: "sum(central_pt)"))],
      cuts: [
        NamedExpression(name: "jets", expression: try ColumnExpression(parsing: "count(central_pt) >= 1")),
        NamedExpression(name: "HT", expression: try ColumnExpression(parsing: "HT > 60")),
      ])
  }

  @Test func objectsDefinitionsAndCutFlow() throws {
    let outcome = try selection().apply(to: events())
    #expect(outcome.passes == [false, false, true])
    #expect(outcome.table["central_pt"]?.values == .float32([35, 90]))
    #expect(outcome.cutFlow.steps.map(\.sumW) == [7, 5, 4])
    #expect(outcome.cutFlow.steps.map(\.sumW2) == [21, 17, 16])
    #expect(outcome.cutFlow.steps.map(\.count) == [3, 2, 1])
    #expect(outcome.cutFlow.scaled(by: 2).steps.map(\.sumW2) == [84, 68, 64])
  }

  /// A selection of many rows is cut into chunks, and what no cut needs is computed afterwards, for what passes: that changes
  /// no value, no order of columns and no sum.
  @Test func chunksChangeNothing() throws {
    var random = SeedTree(root: 4).child("chunks").stream()
    let rows = 3 * SelectionPlan.chunkSize + 777
    let offsets = (0..<rows).reduce(into: [0]) { offsets, _ in
      offsets.append(offsets[offsets.count - 1] + random.integer(below: 4))
    }
    let pt = (0..<(offsets.last ?? 0)).map { _ in Float(random.uniform(in: 0..<100)) }
    let eta = pt.map { _ in random.normal() }
    let table = try Table([
      ("weight", Column((0..<rows).map { _ in random.normal() })), ("Jet_pt", Column(.float32(pt), offsets: offsets)),
      ("Jet_eta", Column(.float64(eta), offsets: offsets)), ("MET", Column((0..<rows).map { _ in random.uniform() })),
    ])
    func named(_ name: String, _ text: String) throws -> NamedExpression {
      NamedExpression(name: name, expression: try ColumnExpression(parsing: text))
    }
    let selection = Selection(
      objects: [try ObjectDefinition(name: "good", parsing: "Jet[Jet_pt > 30 and abs(Jet_eta) < 1.5]")],
      definitions: try [
        named("HT", "sum(good_pt)"), named("late", "HT / (1 + MET) + ngood"), named("MET", "MET * 2"),
        named("later", "late + MET + nJet"),
      ],
      cuts: try [named("two", "ngood >= 2"), named("HT", "HT > 90")])
    let outcome = try selection.apply(to: table)
    // The same, without chunks and all at once.
    let derived = try selection.derived(from: table)
    let masks = try selection.cuts.map { try $0.expression.mask(on: derived) }
    let passes = (0..<rows).map { masks[0][$0] && masks[1][$0] }
    #expect(outcome.passes == passes && passes.contains(true))
    #expect(outcome.table == derived.filtered(passes) && outcome.table.names == derived.names)
    let weights = try table.doubles("weight")
    for (step, mask) in zip(outcome.cutFlow.steps, [Array(repeating: true, count: rows), masks[0], passes]) {
      #expect(step.sumW == (0..<rows).reduce(0.0) { mask[$1] ? $0 + weights[$1] : $0 })
      #expect(step.count == mask.count { $0 })
    }
    let few = try selection.apply(to: table, keeping: ["later", "HT"])
    #expect(
      few.table == (try derived.filtered(passes).selecting(["later", "HT"])) && few.table.names == ["later", "HT"])
    #expect(few.cutFlow == outcome.cutFlow && few.passes == outcome.passes)
    #expect(throws: TableError.self) { try selection.apply(to: table, keeping: ["nope"]) }
  }

  /// Objects chosen from chosen ones, elements of them, and a name that is given anew, after events were removed.
  @Test func choicesOfChoicesAreTakenLate() throws {
    var random = SeedTree(root: 5).child("late").stream()
    let rows = SelectionPlan.chunkSize + 99
    let offsets = (0..<rows).reduce(into: [0]) { offsets, _ in
      offsets.append(offsets[offsets.count - 1] + random.integer(below: 6))
    }
    func members(_ scale: Double) -> ColumnValues {
      .float32((0..<(offsets.last ?? 0)).map { _ in Float(random.uniform() * scale) })
    }
    let table = try Table([
      ("Jet_pt", Column(members(100), offsets: offsets)), ("Jet_eta", Column(members(3), offsets: offsets)),
    ])
    func named(_ name: String, _ text: String) throws -> NamedExpression {
      NamedExpression(name: name, expression: try ColumnExpression(parsing: text))
    }
    let selection = Selection(
      objects: [
        try ObjectDefinition(name: "good", parsing: "Jet[Jet_pt > 30]"),
        try ObjectDefinition(name: "tight", parsing: "good[good_eta < 2]"),
        try ObjectDefinition(name: "both", parsing: "tight[tight_pt > 50] + good"),
      ],
      definitions: try [
        named("Jet_pt", "2 * Jet_pt"), named("last", "tight_pt[-1] - both_eta[1] + Jet_pt[0]"),
        named("rest", "good_eta[2] ?? -1"),
      ], cuts: try [named("tight", "ntight == 1"), named("both", "both_pt[0] > 60 and last > 0")])
    let outcome = try selection.apply(to: table)
    let derived = try selection.derived(from: table)
    let masks = try selection.cuts.map { try $0.expression.mask(on: derived) }
    let passes = (0..<rows).map { masks[0][$0] && masks[1][$0] }
    #expect(outcome.passes == passes && passes.contains(true))
    #expect(outcome.table == derived.filtered(passes))
    #expect(outcome.table["tight_pt"]?.offsets?.last == outcome.table.rowCount)
  }

  @Test func batchesAddUpToTheWhole() throws {
    let table = try events()
    var flow = CutFlow()
    for row in 0..<3 { try flow.add(selection().apply(to: table[rows: row..<row + 1]).cutFlow) }
    #expect(flow == (try selection().apply(to: table).cutFlow))
  }
}

@Suite struct FeatureSetTests {
  @Test func theSeedsFeaturesAreFiftyEight() throws {
    let set = try #require(FeatureSet(preset: "tz-transfer"))
    #expect(set.names.count == 58)
    #expect(Set(set.names).count == 58)
    #expect(["Jet1_PT", "FatJet5_Mass", "Electron2_Eta", "Muon1_Phi", "MissingET_MET"].allSatisfy(set.names.contains))
    #expect(set.features.count { $0.placeholder != nil } == 52)
    #expect(FeatureSet(preset: "nope") == nil)
  }

  @Test func rowsAreEventsAndMissingObjectsAreZero() throws {
    let set = FeatureSet(
      features: try ["Jet_pt[0]", "Muon_pt[0]", "count(Jet_pt)"].map {
        Feature(name: $0, expression: try ColumnExpression(parsing: $0))
      })
    #expect(try set.matrix(of: events()) == [50, 30, 2, 0, 0, 0, 35, 0, 2])
    let bad = FeatureSet(features: [
      Feature(name: "log", expression: try ColumnExpression(parsing: "log(count(Jet_pt))"))
    ])
    #expect(throws: FeatureError.self) { try bad.matrix(of: events()) }
  }
}
