import Foundation
import Records

/// What a reader made of an input.
public enum FuzzOutcome: Sendable {
  /// It gave values.
  case read
  /// It gave one of its own errors.
  case refused
  /// What is wrong with it: a law that its values break, or an error that is not its own.
  case fault(String)

  /// The outcome of `body`: a fault where it tells one, or throws what `isExpected` does not know.
  public static func of(isExpected: (any Error) -> Bool, _ body: () throws -> String?) -> FuzzOutcome {
    do {
      return try body().map(FuzzOutcome.fault) ?? .read
    } catch {
      if !isExpected(error) { return .fault("threw \(type(of: error)): \(error)") }
      return "\(error)".isEmpty ? .fault("an error without words") : .refused
    }
  }
}

/// What a fuzz run is told by the environment.
///
/// Without settings it is `inputs` inputs a target. SEARCHLIGHT_FUZZ_SECONDS runs each target for that long, SEARCHLIGHT_FUZZ_SEED with
/// other inputs, SEARCHLIGHT_FUZZ_INPUT=datacards that target only, and SEARCHLIGHT_FUZZ_INPUT=datacards:1234 one input of it, which is
/// kept as a file.
public struct FuzzSettings: Sendable {
  /// Of each target; `nil` runs a fixed number of inputs.
  public var seconds: Double?
  public var seed: UInt64 = 1
  public var target: String?
  /// Of the only input, if there is one.
  public var index: UInt64?

  public init() {
    let environment = ProcessInfo.processInfo.environment
    seconds = environment["SEARCHLIGHT_FUZZ_SECONDS"].flatMap { Double($0) }
    seed = environment["SEARCHLIGHT_FUZZ_SEED"].flatMap { UInt64($0) } ?? 1
    let parts = (environment["SEARCHLIGHT_FUZZ_INPUT"] ?? "").split(separator: ":")
    target = parts.first.map(String.init)
    index = parts.count == 2 ? UInt64(parts[1]) : nil
  }
}

/// Runs a reader on inputs that are nearly valid. Input i of a target depends on the seed, the corpus and i only.
///
/// A crash, a hang (with SEARCHLIGHT_FUZZ_SECONDS) and, there, an input that takes more than 4 GiB end the process, which prints the
/// input that it belongs to.
/// - Parameters:
///   - target: its name in messages and settings.
///   - inputs: how many where no seconds are set.
///   - input: makes one.
///   - run: reads it; it may draw on.
/// - Returns: the faults, at most 20, each with the settings that run its input again.
public func fuzz(
  _ target: String, inputs: UInt64 = 150, input: (inout RandomStream) throws -> [UInt8],
  run: ([UInt8], inout RandomStream) throws -> FuzzOutcome
) rethrows -> [String] {
  let settings = FuzzSettings()
  if let only = settings.target, only != target { return [] }
  let node = SeedTree(root: settings.seed).child("fuzz").child(target)
  let slot = FuzzWatch.start()
  defer { FuzzWatch.stop(slot) }
  if settings.seconds != nil { FuzzWatch.limitMemory(toMore: 4 << 30) }
  let start = Date.now
  var faults: [String] = []
  var (index, read) = (settings.index ?? 0, 0)
  func goesOn() -> Bool { settings.seconds.map { Date.now.timeIntervalSince(start) < $0 } ?? (index < inputs) }
  repeat {
    var random = node.stream(index)
    let bytes = try input(&random)
    let name = "SEARCHLIGHT_FUZZ_SEED=\(settings.seed) SEARCHLIGHT_FUZZ_INPUT=\(target):\(index)"
    FuzzWatch.note("fuzzing ended by \(name)\n", in: slot, endsHangs: settings.seconds != nil)
    if settings.index != nil { keep(bytes, as: "fuzz-\(target)-\(index)") }
    switch try run(bytes, &random) {
    case .read: read += 1
    case .refused: break
    case .fault(let text): faults.append("\(name): \(text)")
    }
    index += 1
  } while settings.index == nil && faults.count < 20 && goesOn()
  if settings.seconds != nil {
    let seconds = Int(Date.now.timeIntervalSince(start))
    print("fuzz: \(target): \(index) inputs in \(seconds) s, \(read) of them were read, \(faults.count) faults")
  }
  return faults
}

private func keep(_ bytes: [UInt8], as name: String) {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent(name)
  try? Data(bytes).write(to: url)
  print("fuzz: the input is \(url.path)")
}
