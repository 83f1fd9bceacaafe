import Foundation
import StatisticalModels
import TestSupport
import Testing

@Suite("Datacards: what is read, and errors with their lines")
struct DatacardParserTests {
  static let card = """
    A title, and another line of it
    imax 1
    jmax 1
    kmax *
    # a remark
    bin b1
    observation 7
    bin b1 b1
    process s b
    process 0 1
    rate 2.5 6
    ------
    lumi lnN 1.02 - # nothing
    """

  private func complaint(_ text: String) -> String {
    do {
      let made = try Datacard(text, file: "c.txt").converted()
      return "no complaint: \(made.workspace.channels.count) channels"
    } catch { return "\(error)" }
  }

  private func replacing(_ old: String, _ new: String) -> String {
    precondition(Self.card.contains(old), "the card has no '\(old)'")
    return complaint(Self.card.replacingOccurrences(of: old, with: new))
  }

  @Test("a counting card")
  func counting() throws {
    let made = try Datacard(Self.card).converted()
    let workspace = made.workspace
    #expect(workspace.measurements[0].poi == "r" && made.warnings.isEmpty)
    #expect(workspace.observations == [.init(name: "b1", data: [7])])
    let samples = workspace.channels[0].samples
    #expect(samples.map(\.name) == ["s", "b"] && samples.map(\.data) == [[2.5], [6]])
    #expect(
      samples[0].modifiers == [
        .init(name: "r", kind: .normfactor), .init(name: "lumi", kind: .normsys(low: 1 / 1.02, high: 1.02)),
      ])
    #expect(samples[1].modifiers.isEmpty)
  }

  @Test("names and numbers of processes in either order, dashes of any length, factors of 1 and 0 without effect")
  func freedoms() throws {
    let swapped = Self.card.replacingOccurrences(of: "process s b\nprocess 0 1", with: "process 0 1\nprocess s b")
    #expect(try Datacard(swapped).columns == Datacard(Self.card).columns)
    for none in ["---", "1", "1.0", "0", "1/1"] {
      let text = Self.card + "\nnothing lnN \(none) -"
      #expect(try Datacard(text).nuisances[1].effects == [nil, nil])
      #expect(try Datacard(text).converted().workspace.channels == Datacard(Self.card).converted().workspace.channels)
    }
  }

  @Test("carriage returns and tabs")
  func whitespace() throws {
    let text = Self.card.replacingOccurrences(of: "\n", with: "\r\n").replacingOccurrences(of: " b1", with: "\tb1")
    #expect(try Datacard(text) == Datacard(Self.card))
  }

  @Test(
    "faults of the lines above the nuisances",
    arguments: [
      ("imax 1", "imax 2", "c.txt:2: imax 2, but there are 1 bins: b1; '*' counts them"),
      ("imax 1", "imax one", "c.txt:2: imax: found 'one'; expected a whole number or '*'"),
      ("jmax 1", "jmax 3", "c.txt:3: jmax 3, but there are 2 processes, less one 1; '*' counts them"),
      ("kmax *", "kmax 2", "c.txt:4: kmax 2, but there are 1 nuisances; '*' counts them"),
      ("kmax *", "jmax 1", "c.txt:4: a second line 'jmax'"),
      ("observation 7", "observaton 7", "c.txt:7: unknown word 'observaton'; nearest: 'observation'"),
      ("observation 7", "observation seven", "c.txt:7: observation: found 'seven'; expected a number"),
      ("observation 7", "observation -3", "c.txt:7: observation: found -3; expected events"),
      ("observation 7", "observation nan", "c.txt:7: observation: found 'nan'; expected a number"),
      ("observation 7", "observation 7 8", "c.txt:7: 2 observations for the 1 bins of line 6"),
      (
        "bin b1\nobservation", "bin b2\nobservation", "c.txt:7: the bin 'b2' is observed, but nothing is expected in it"
      ),
      ("observation 7\n", "\n", "there is no line 'observation'"),
      ("process s b", "process s b c", "c.txt:9: 3 processes for the 2 bins of line 8"),
      ("process s b", "process s s", "c.txt:10: 's' is a signal (0 or less) in one bin and a background in another"),
      ("process 0 1", "process 1 2", "c.txt:10: no process is a signal: the signal's number is 0 or less"),
      ("process 0 1", "process 0 x", "c.txt:10: one of the two lines 'process' has names, the other whole numbers"),
      ("rate 2.5 6", "rate 2.5", "c.txt:11: 1 rates for the 2 columns of line 8"),
      ("rate 2.5 6", "rate 2.5 -6", "c.txt:11: rate of 'b' in 'b1': found -6; expected events, or -1"),
      ("rate 2.5 6", "rate 2.5 inf", "c.txt:11: rate of 'b' in 'b1': found 'inf'; expected a number"),
      ("rate 2.5 6", "rate 2.5 -1", "the rate of 'b' in 'b1' is -1, but it has no histogram"),
      ("rate 2.5 6\n", "\n", "c.txt:13: the nuisance 'lumi' stands before the line 'rate'"),
      ("rate 2.5 6\n------\nlumi lnN 1.02 -", "", "c.txt:11: the card ends without its line 'rate'"),
      ("rate 2.5 6", "rate 0 0", "nothing is expected in the bin 'b1': all its rates are 0"),
    ])
  func faultsAbove(_ old: String, _ new: String, _ expected: String) {
    #expect(replacing(old, new).contains(expected), "\(replacing(old, new))")
  }

  @Test(
    "faults of nuisances, and what is not supported",
    arguments: [
      ("lumi lnN 1.02", "c.txt:13: 'lumi' has 1 values for 2 columns; write - where it has no effect"),
      ("lumi lnN 1.02 - 1.3", "c.txt:13: 'lumi' has more values than the 2 columns: '1.3' follows them"),
      ("lumi lnN 1.02 1,3", "c.txt:13: 'lumi' on 'b' in 'b1': found '1,3'; expected a number"),
      ("lumi lnN 1.02 -1.3", "c.txt:13: 'lumi' on 'b' in 'b1': found -1.3; it cannot be negative"),
      ("lumi lnN 1.02 0/1.3", "c.txt:13: 'lumi' on 'b' in 'b1': found '0/1.3'; factors are positive"),
      ("lumi lnn 1.02 -", "c.txt:13: unknown type 'lnn' of 'lumi'; known: lnN, lnU, gmN"),
      ("lumi", "c.txt:13: found 'lumi' alone; a nuisance is 'name type values', one value a column"),
      ("cr gmN 4 - 2.5", "c.txt:13: 'cr' on 'b' in 'b1': 4 events times 2.5 are 10.0, but its rate is 6.0"),
      ("cr gmN four - 2", "c.txt:13: gmN: found 'four'; expected the control region's events"),
      ("a shapeN 1 -", "c.txt:13: 'shapeN' is not supported: write 'shape'"),
      ("a param 1 0.1", "c.txt:13: 'param' is not supported: it constrains parameters of RooFit shapes"),
      ("a trG 0.1 -", "c.txt:13: 'trG' is not supported: write 'lnN'"),
      ("a discrete", "c.txt:13: 'discrete' is not supported"),
      ("a[nofloat] lnN 1.1 -", "c.txt:13: '[nofloat]' is not supported"),
      ("a shape 1 -", "c.txt:13: 'a' on 's' in 'b1' needs histograms, but there is no 'shapes' line"),
      ("nuisance edit rename * * a b", "c.txt:13: 'nuisance edit rename' is not supported"),
      ("nuisance edit freeze lumy", "'nuisance edit freeze lumy': there is no such nuisance"),
      ("n rateParam b1 c 1", "c.txt:13: there is no process 'c' in a bin 'b1'"),
      ("n rateParam b1 b 1 [2,3]", "c.txt:13: found the range '[2,3]'; expected [low,high] around the start 1"),
      (
        "n rateParam b1 b (@0/@1) x,y",
        "c.txt:13: the formula '(@0/@1)' is not supported: HistFactory's rates are products"
      ),
      ("n rateParam b1 b 2*@0 x", "c.txt:13: no rateParam with a value is named 'x'"),
      ("n rateParam b1 b f.root:w", "c.txt:13: a rateParam from a RooFit workspace"),
      ("r lnN 1.1 -", "c.txt:13: 'r' is the signal's strength; give the nuisance another name"),
      ("b1 autoMCStats ten", "c.txt:13: autoMCStats: found 'ten'; expected a number"),
      ("b2 autoMCStats 0", "c.txt:13: there is no bin 'b2'; there are b1"),
      ("b1 autoMCStats 0", "c.txt:13: autoMCStats of 'b1': all of its processes need histograms"),
      ("u lnU 1.2 1.3", "c.txt:13: lnU 'u' with different or asymmetric factors is not supported"),
    ])
  func faultsBelow(_ line: String, _ expected: String) {
    let found = replacing("lumi lnN 1.02 - # nothing", line)
    #expect(found.contains(expected), "\(found)")
  }

  @Test("one name on two lines: other columns, never the same twice")
  func twice() throws {
    let other = Self.card + "\nlumi lnN - 1.05"
    let samples = try Datacard(other).converted().workspace.channels[0].samples
    #expect(samples[1].modifiers == [.init(name: "lumi", kind: .normsys(low: 1 / 1.05, high: 1.05))])
    #expect(complaint(Self.card + "\nlumi lnN 1.1 -").contains("'s' in 'b1' in line 13 already"))
    #expect(complaint(Self.card + "\nlumi gmN 4 - 1.5").contains("'lumi' stands in line 13 already, with another type"))
  }

  @Test("products of rates, wildcards, and shapes in RooFit workspaces")
  func rates() throws {
    let text = Self.card + "\na rateParam * b 2 [0,4]\nb rateParam b? b 3\nc rateParam b1 s 0.5*(@0*@1) a,b"
    let workspace = try Datacard(text).converted().workspace
    #expect(workspace.channels[0].samples[1].modifiers.map(\.name) == ["a", "b"])
    #expect(workspace.channels[0].samples[0].modifiers.map(\.name) == ["r", "lumi", "a", "b"])
    #expect(workspace.channels[0].samples[0].data == [1.25])
    let settings = workspace.measurements[0].parameters
    #expect(settings.first { $0.name == "a" }?.bounds == [0...4])
    #expect(settings.first { $0.name == "b" }?.inits == [3])
    let shapes = replacing("kmax *", "kmax *\nshapes * * f.root w:$PROCESS")
    #expect(shapes.contains("c.txt:5: 'w:$PROCESS' lies in a RooFit workspace, which is not supported"))
  }

  @Test("a card is told from JSON and XML")
  func recognised() {
    #expect(Datacard.looksLike(Self.card))
    #expect(!Datacard.looksLike("{\"channels\": []}") && !Datacard.looksLike("<Combination/>"))
  }
}
