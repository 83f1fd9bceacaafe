import ArgumentParser
import Foundation
import Inference
import Records

/// How toys are thrown and kept.
struct ToyOptions: ParsableArguments {
  @Option(help: "Toys of each hypothesis.") var toys = 2000
  @Option(help: "The seed of the toys.") var seed: UInt64 = 1
  @Option(help: "The file that keeps the toys.", completion: .file(extensions: ["json"])) var state: String?
  @Option(help: "Threads that work.") var workers = ProcessInfo.processInfo.activeProcessorCount

  func validate() throws {
    guard toys > 0 else { throw ValidationError("--toys needs a positive number, got \(toys)") }
    guard workers > 0 else { throw ValidationError("--workers needs a positive number, got \(workers)") }
  }

  func check(_ calculator: CalculatorKind) throws {
    guard state == nil || calculator == .toys else { throw ValidationError("--state needs --calculator toys") }
  }

  var stateURL: URL? { state.map { URL(fileURLWithPath: $0) } }

  /// Without a file to keep toys in, Ctrl-C ends the program as it ends others.
  func token() -> CancellationToken { state == nil ? CancellationToken() : interruptibleToken() }
}

/// `36,139,3000`
struct NumberList: ExpressibleByArgument {
  var values: [Double]

  init?(argument: String) {
    values = []
    for word in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let value = Double(word.trimmingCharacters(in: .whitespaces)), value.isFinite else { return nil }
      values.append(value)
    }
  }
}
