import Foundation
import Inference
import StatisticalModels

// Times what compare.py asks for and prints one line of JSON: the seconds of the best of several rounds, and the result,
// so that the script can see that both programs computed the same thing.

func best(rounds: Int, _ body: () throws -> [Double]) rethrows -> (seconds: Double, result: [Double]) {
  var fastest = Double.infinity
  var result: [Double] = []
  for _ in 0..<rounds {
    let start = ContinuousClock.now
    result = try body()
    let parts = (ContinuousClock.now - start).components
    fastest = min(fastest, Double(parts.seconds) + Double(parts.attoseconds) * 1e-18)
  }
  return (fastest, result)
}

let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
  print("usage: statistics-benchmark (limit|single|test|grid) WORKSPACE [PATCHSET [PATCH]]")
  exit(2)
}
let workspace = URL(fileURLWithPath: arguments[2])
let outcome: (seconds: Double, result: [Double])
switch arguments[1] {
case "limit":
  let model = try Model(Workspace(readingFrom: workspace))
  outcome = try best(rounds: 20) {
    let limit = try model.upperLimit()
    return [limit.observed] + limit.expected
  }
case "single":
  let model = try Model(Workspace(readingFrom: workspace))
  outcome = try best(rounds: 20) {
    let test = try AsymptoticCalculator(model).test(1)
    return [test.cls] + test.expected
  }
case "test":
  let source = WorkspaceSource(workspace: workspace, patch: URL(fileURLWithPath: arguments[3]), patchName: arguments[4])
  let model = try Model(source.load().workspace)
  outcome = try best(rounds: 20) {
    let test = try AsymptoticCalculator(model).test(1)
    return [test.cls] + test.expected
  }
default:
  let document = try JSONValue.parse(Data(contentsOf: workspace), file: arguments[2])
  let set = try PatchSet(readingFrom: URL(fileURLWithPath: arguments[3]))
  outcome = try best(rounds: 3) {
    try set.patches.map { try AsymptoticCalculator(Model(Workspace($0.patch.applied(to: document)))).test(1).cls }
  }
}
let result = outcome.result.map { "\($0)" }.joined(separator: ", ")
print("{\"seconds\": \(outcome.seconds), \"result\": [\(result)]}")
