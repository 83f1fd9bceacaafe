import Foundation

/// Says which input a crash or a hang belongs to: the process writes this line to standard error before it ends.
enum Crashes {
  private static let capacity = 256
  // Written before each input by the one thread that fuzzes, read by signal handlers, which can call next to nothing.
  nonisolated(unsafe) private static let line: UnsafeMutablePointer<CChar> = {
    let line = UnsafeMutablePointer<CChar>.allocate(capacity: capacity)
    line.initialize(repeating: 0, count: capacity)
    return line
  }()

  /// Seconds after which an input counts as hanging, on a machine that is busy; 0 for none.
  nonisolated(unsafe) private static var patience: UInt32 = 0

  /// Begins to watch: crashes, and, where nothing else runs in the process, inputs that take longer than five minutes.
  static func watch(hangs: Bool) {
    _ = line
    patience = hangs ? 300 : 0
    for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGALRM] {
      signal(number) { number in
        _ = write(2, Crashes.line, strlen(Crashes.line))
        signal(number, SIG_DFL)
        raise(number)
      }
    }
  }

  static func note(_ text: String) {
    text.withCString { source in
      _ = strncpy(line, source, capacity - 1)
    }
    if patience > 0 { alarm(patience) }
  }

  static func stop() {
    if patience > 0 { alarm(0) }
    for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGALRM] { signal(number, SIG_DFL) }
  }
}
