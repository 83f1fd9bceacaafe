import Foundation
import HyperparameterSearch
import Records
import Synchronization
import TrialStores

/// What a worker says, a line of JSON each.
enum WorkerMessage: Codable, Sendable {
  /// It has read card and events: the digest of what its trials depend on.
  case ready(identity: Digest)
  /// A result on the way; it waits for a ``WorkerReply``.
  case report(step: Int, value: Double)
  case value(Double)
  /// The trial failed by its point.
  case failed(String)
  /// It cannot go on.
  case broken(String)
}

/// What it is told after a report.
enum WorkerReply: Codable, Sendable { case goOn, stop }

/// A worker that ended, or that sees other data.
public struct WorkerError: Error, Hashable, Sendable, CustomStringConvertible {
  public var problem: String
  public var description: String { "a worker of the tuning \(problem); the trials that are done are kept" }
}

/// A trial's own failure, in a worker.
struct TrialFailure: Error, CustomStringConvertible {
  var description: String
}

extension TuningRun {
  /// Works for another process: trials come by standard input, reports and results go to standard output.
  /// - Throws: as ``execute()``; errors of a trial are told to the other process.
  public func serve() async throws {
    // Ctrl-C goes to all processes of a terminal; the one that is worked for says when to end.
    signal(SIGINT, SIG_IGN)
    let problem: TuningProblem
    do {
      problem = try await TuningProblem.load(
        options.subject, isWorker: true, progress: progress, cancellation: cancellation)
      Self.say(.ready(identity: try WorkerPool.identity(of: problem.storedSearch())))
    } catch {
      Self.say(.broken("\(error)"))
      return
    }
    let search = HyperparameterSearch(
      space: problem.tuning.space, strategy: problem.tuning.strategy.strategy,
      direction: problem.tuning.objective.direction, seed: problem.seed, trialCount: 1)
    while let line = readLine() {
      do {
        let trial = try JSONLine.decode(Trial.self, line)
        let value = try await problem.evaluate(
          trial, search.seed(ofTrial: trial.number), cancellation: cancellation
        ) { step, value in
          Self.say(.report(step: step, value: value))
          guard let answer = readLine() else { throw RecordError.cancelled }
          return try JSONLine.decode(WorkerReply.self, answer) == .stop
        }
        Self.say(.value(value))
      } catch let error as TrialInterruption {
        Self.say(.broken("\(error.cause)"))
      } catch let error as RecordError where error == .cancelled {
        return
      } catch {
        Self.say(.failed("\(error)"))
      }
    }
  }

  /// Nobody may be listening any more: the next line is then the end.
  private static func say(_ message: WorkerMessage) {
    try? FileHandle.standardOutput.write(contentsOf: Data((JSONLine.encode(message) + "\n").utf8))
  }
}

/// Values as one line of JSON; numbers keep all their digits, and may be infinite or none.
enum JSONLine {
  static func encode(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  static func decode<Value: Decodable>(_ type: Value.Type, _ line: String) throws -> Value {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try decoder.decode(type, from: Data(line.utf8))
  }
}

/// Processes that evaluate trials, each one at a time.
final class WorkerPool: Sendable {
  private let workers: [WorkerProcess]
  private let idle: Mutex<[Int]>
  private let watcher: Task<Void, Never>

  static func identity(of search: StoredSearch) throws -> Digest { Digest.of(JSONLine.encode(search)) }

  /// Starts the processes; they read their events while the first trials wait for them.
  init(command: [String], count: Int, identity: Digest, cancellation: CancellationToken) throws {
    precondition(!command.isEmpty, "need a command that starts a worker")
    let threads = max(1, ProcessInfo.processInfo.activeProcessorCount / count)
    let workers = try (0..<count).map { _ in
      try WorkerProcess(command, threads: threads, identity: identity)
    }
    self.workers = workers
    idle = Mutex(Array(0..<count))
    watcher = Task.detached {
      while !Task.isCancelled, !cancellation.isCancelled { try? await Task.sleep(for: .milliseconds(50)) }
      if cancellation.isCancelled { workers.forEach { $0.kill() } }
    }
  }

  /// Has a free worker evaluate a trial; no more calls at a time than there are workers.
  func evaluate(_ trial: Trial, _ reporter: any TrialReporting) async throws -> Double {
    let index = idle.withLock { $0.popLast() }
    guard let index else { preconditionFailure("more trials than workers") }
    defer { idle.withLock { $0.append(index) } }
    do {
      return try await withCheckedThrowingContinuation { continuation in
        // A conversation blocks its thread: it has one of its own.
        Thread.detachNewThread { [worker = workers[index]] in
          continuation.resume(with: Result { try worker.evaluate(trial, reporter) })
        }
      }
    } catch let failure as TrialFailure {
      throw failure
    } catch {
      // The other conversations end too, or the search would wait for them.
      end()
      throw TrialInterruption(error)
    }
  }

  func end() {
    watcher.cancel()
    workers.forEach { $0.kill() }
  }
}

/// One process. Sendable because its pipes are used by one conversation at a time, and `kill` only sends a signal.
private final class WorkerProcess: @unchecked Sendable {
  private let process = Process()
  private let input = Pipe(), output = Pipe()
  private let identity: Digest
  private var isReady = false
  private var buffer = Data()

  init(_ command: [String], threads: Int, identity: Digest) throws {
    self.identity = identity
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = Array(command.dropFirst())
    process.environment = ProcessInfo.processInfo.environment.merging(["OMP_NUM_THREADS": "\(threads)"]) { $1 }
    process.standardInput = input
    process.standardOutput = output
    // A worker that is gone is told by its silence, not by a signal to this process.
    signal(SIGPIPE, SIG_IGN)
    do {
      try process.run()
    } catch {
      throw WorkerError(problem: "cannot be started: \(error.localizedDescription)")
    }
  }

  /// A worker has nothing to put in order, and inherits that this program's SIGTERM is handled.
  func kill() { if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) } }

  func evaluate(_ trial: Trial, _ reporter: any TrialReporting) throws -> Double {
    if !isReady {
      guard case .ready(let theirs) = try listen() else { throw WorkerError(problem: "did not begin") }
      guard theirs == identity else {
        throw WorkerError(problem: "sees other data or another card: did a file change since the tuning began?")
      }
      isReady = true
    }
    try tell(trial)
    while true {
      switch try listen() {
      case .ready: throw WorkerError(problem: "began twice")
      case .report(let step, let value):
        try tell(try reporter.report(step: step, value: value) ? WorkerReply.stop : .goOn)
      case .value(let value): return value
      case .failed(let reason): throw TrialFailure(description: reason)
      case .broken(let reason): throw WorkerError(problem: "stopped: \(reason)")
      }
    }
  }

  private func tell(_ value: some Encodable) throws {
    do {
      try input.fileHandleForWriting.write(contentsOf: Data((JSONLine.encode(value) + "\n").utf8))
    } catch {
      throw WorkerError(problem: "ended")
    }
  }

  private func listen() throws -> WorkerMessage {
    while true {
      if let end = buffer.firstIndex(of: 0x0A) {
        let line = String(decoding: buffer[buffer.startIndex..<end], as: UTF8.self)
        buffer = Data(buffer[(end + 1)...])
        let message = try JSONLine.decode(WorkerMessage.self, line)
        if case .broken(let reason) = message { throw WorkerError(problem: "stopped: \(reason)") }
        return message
      }
      let more = output.fileHandleForReading.availableData
      guard !more.isEmpty else { throw WorkerError(problem: "ended before its trial did (was it killed?)") }
      buffer.append(more)
    }
  }
}
