import Foundation
import Records
import Synchronization

/// Progress on standard error: one line that is drawn over on a terminal, plain lines now and then elsewhere.
final class ProgressPrinter: Sendable {
  private struct State {
    var stage = ""
    var startTime = 0.0
    var startCount = 0
    var lastDrawn = 0.0
    var lineOpen = false
  }

  private let state = Mutex(State())
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let isQuiet: Bool

  init(quiet: Bool = false) { isQuiet = quiet }

  var handler: ProgressHandler { { [self] in show($0) } }

  private func show(_ update: ProgressUpdate) {
    guard !isQuiet else { return }
    state.withLock { state in
      let now = ProcessInfo.processInfo.systemUptime
      if state.stage != update.stage {
        if state.lineOpen { write("\n") }
        state = State(stage: update.stage, startTime: now, startCount: update.completed)
      }
      let finished = update.completed >= update.total
      guard finished || now - state.lastDrawn >= (isTerminal ? 0.1 : 10) else { return }
      state.lastDrawn = now
      let line = describe(update, elapsed: now - state.startTime, since: state.startCount)
      if isTerminal {
        write("\r\u{1B}[K\(line)\(finished ? "\n" : "")")
        state.lineOpen = !finished
      } else {
        write(line + "\n")
      }
      if finished { state.stage = "" }
    }
  }

  private func describe(_ update: ProgressUpdate, elapsed: Double, since start: Int) -> String {
    var parts = ["\(update.stage): \(update.completed)/\(update.total) \(update.unit)"]
    let rate = elapsed > 0 ? Double(update.completed - start) / elapsed : 0
    if rate > 0 {
      parts.append(String(format: rate < 10 ? "%.2f/s" : "%.0f/s", rate))
      if update.completed < update.total {
        parts.append("\(clock(Double(update.total - update.completed) / rate)) left")
      }
    }
    if !update.detail.isEmpty { parts.append(update.detail) }
    if isTerminal, update.total > 0 {
      let filled = min(24, 24 * update.completed / update.total)
      parts.insert("[\(String(repeating: "█", count: filled))\(String(repeating: "·", count: 24 - filled))]", at: 0)
    }
    return parts.joined(separator: "  ")
  }

  private func clock(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    return whole >= 3600
      ? String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
      : String(format: "%d:%02d", whole / 60, whole % 60)
  }

  private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}

/// Prints a remark on standard error.
func remark(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

/// A token that the first Ctrl-C or SIGTERM cancels; a second one ends the program at once.
func interruptibleToken() -> CancellationToken {
  let token = CancellationToken()
  for number in [SIGINT, SIGTERM] {
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
    source.setEventHandler {
      if token.isCancelled { exit(128 + number) }
      interruption.withLock { $0 = number }
      token.cancel()
      remark("\nstopping at the next safe point; what is done is kept (once more to stop at once)")
    }
    source.resume()
    signalSources.withLock { $0.append(SignalSource(source)) }
  }
  return token
}

/// The signal that cancelled the token; nil without one.
let interruption = Mutex<Int32?>(nil)

/// Dispatch sources are safe to hold from any thread; they are kept for the life of the process.
private struct SignalSource: @unchecked Sendable {
  let source: any DispatchSourceSignal
  init(_ source: any DispatchSourceSignal) { self.source = source }
}

private let signalSources = Mutex([SignalSource]())

enum OutputFormat: String, CaseIterable, Sendable { case text, json }
