// selection-benchmark FILE TREE RUNS: so many times reads the muons of a NanoAOD-like file, selects events with two good muons of
// opposite charge and fills their mass into a histogram. Prints the seconds of reading and of selecting of each run, and of the
// last the cut flow and the histogram with its flows.
import Columns
import EventFiles
import EventSelection
import Foundation
import Histograms

let selection = Selection(
  objects: [
    try ObjectDefinition(
      name: "good",
      parsing: "Muon[Muon_pt > 5 and abs(Muon_eta) < 2.4 and Muon_pfRelIso04_all < 0.25 and abs(Muon_dxy) < 0.1]")
  ],
  definitions: [
    NamedExpression(
      name: "mass",
      expression: try ColumnExpression(
        parsing: """
          sqrt(2 * good_pt[0] * good_pt[1] * (cosh(good_eta[0] - good_eta[1]) - cos(good_phi[0] - good_phi[1])))
          """))
  ],
  cuts: try [
    ("two muons", "count(good_pt) == 2"), ("opposite charge", "good_charge[0] * good_charge[1] < 0"),
    ("one hard", "good_pt[0] > 20 or good_pt[1] > 20"),
  ].map { NamedExpression(name: $0.0, expression: try ColumnExpression(parsing: $0.1)) })
let columns = ["pt", "eta", "phi", "charge", "pfRelIso04_all", "dxy"].map { "Muon_\($0)" }

let arguments = CommandLine.arguments
guard arguments.count == 4, let runs = Int(arguments[3]), runs > 0 else {
  FileHandle.standardError.write(Data("usage: selection-benchmark FILE TREE RUNS\n".utf8))
  exit(2)
}

struct Answer: Encodable {
  var read: [Double] = []
  var select: [Double] = []
  var flow: [Int] = []
  var histogram: [Int] = []
}

func seconds(since start: ContinuousClock.Instant) -> Double {
  Double((ContinuousClock.now - start) / .nanoseconds(1)) / 1e9
}

var answer = Answer()
for _ in 0..<runs {
  let start = ContinuousClock.now
  let source = try ROOTTable(URL(fileURLWithPath: arguments[1]), path: arguments[2])
  let muons = try source.read(columns: columns)
  answer.read.append(seconds(since: start))
  let middle = ContinuousClock.now
  let outcome = try selection.apply(to: muons, keeping: ["mass"])
  var histogram = Histogram1D(axis: try Axis(binCount: 120, from: 0, to: 120, unit: "GeV"))
  try histogram.fill(contentsOf: outcome.table.doubles("mass"))
  answer.select.append(seconds(since: middle))
  answer.flow = outcome.cutFlow.steps.map(\.count)
  answer.histogram = histogram.sumWWithFlow.map { Int($0) }
}
print(String(decoding: try JSONEncoder().encode(answer), as: UTF8.self))
