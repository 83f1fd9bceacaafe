import Foundation
import Inference
import Records
import StatisticalModels

// Times what compare.py asks for and prints one line of JSON: wall-clock and processor seconds of the best of several rounds, and
// the result, so that the script can see that both programs computed the same thing. Processor seconds count all threads;
// they alone mean something on a machine that does other work too.

struct Outcome {
  var seconds = Double.infinity
  var processor = Double.infinity
  var result: [Double] = []
}

func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
}

/// The best of `rounds` rounds of `repeats` calls each, so that a round is long beside the clocks' steps.
func best(rounds: Int, repeats: Int = 1, _ body: () throws -> [Double]) rethrows -> Outcome {
  var outcome = Outcome()
  for _ in 0..<rounds {
    let (start, used) = (ContinuousClock.now, processorSeconds())
    for _ in 0..<repeats { outcome.result = try body() }
    let parts = (ContinuousClock.now - start).components
    let seconds = Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
    outcome.seconds = min(outcome.seconds, seconds / Double(repeats))
    outcome.processor = min(outcome.processor, (processorSeconds() - used) / Double(repeats))
  }
  return outcome
}

func test(_ model: Model) throws -> [Double] {
  let test = try AsymptoticCalculator(model).test(1)
  return [test.cls] + test.expected
}

let arguments = CommandLine.arguments
let usage = """
  usage: statistics-benchmark single|limit|statistic WORKSPACE
         statistics-benchmark toys WORKSPACE COUNT
         statistics-benchmark test|minimum WORKSPACE PATCHSET PATCH
         statistics-benchmark grid WORKSPACE PATCHSET
  """
let needed = ["single": 3, "limit": 3, "statistic": 3, "toys": 4, "test": 5, "minimum": 5, "grid": 4]
guard arguments.count > 1, let count = needed[arguments[1]], arguments.count == count else {
  print(usage)
  exit(2)
}
let workspace = URL(fileURLWithPath: arguments[2])
var outcome = Outcome()
switch arguments[1] {
case "single":
  let model = try Model(Workspace(readingFrom: workspace))
  outcome = try best(rounds: 10, repeats: 100) { try test(model) }
case "limit":
  let model = try Model(Workspace(readingFrom: workspace))
  outcome = try best(rounds: 10, repeats: 50) {
    let limit = try model.upperLimit()
    return [limit.observed] + limit.expected
  }
case "statistic":
  let model = try Model(Workspace(readingFrom: workspace))
  outcome = try best(rounds: 3) { [try AsymptoticCalculator(model).test(1).observedStatistic] }
case "toys":
  let model = try Model(Workspace(readingFrom: workspace))
  let toys = Int(arguments[3]) ?? 1000
  outcome = try best(rounds: 1) {
    let result = try ToyCalculator(model, seed: SeedTree(root: 1)).test(1, toys: toys)
    return [result.cls.value, result.cls.error, result.clsb.value, result.clb.value]
  }
case "test", "minimum":
  let source = WorkspaceSource(workspace: workspace, patch: URL(fileURLWithPath: arguments[3]), patchName: arguments[4])
  let model = try Model(source.load().workspace)
  if arguments[1] == "minimum" {
    outcome = try best(rounds: 1) { [try AsymptoticCalculator(model).bestFit.twiceNLL] }
  } else {
    outcome = try best(rounds: 10, repeats: 10) { try test(model) }
  }
default:
  let document = try JSONValue.parse(Data(contentsOf: workspace), file: arguments[2])
  let set = try PatchSet(readingFrom: URL(fileURLWithPath: arguments[3]))
  outcome = try best(rounds: 3) {
    try set.patches.map { try AsymptoticCalculator(Model(Workspace($0.patch.applied(to: document)))).test(1).cls }
  }
}
let result = outcome.result.map { "\($0)" }.joined(separator: ", ")
print("{\"seconds\": \(outcome.seconds), \"processor\": \(outcome.processor), \"result\": [\(result)]}")
