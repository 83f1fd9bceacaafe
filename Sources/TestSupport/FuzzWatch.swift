import Foundation

/// Says which input a crash or a hang belongs to: the process writes this line to standard error before it ends.
///
/// Targets may run side by side, each in a slot of its own; the lines of all that run are written then.
enum FuzzWatch {
  private static let slots = 32
  private static let capacity = 256
  // Each slot is written by the one thread that holds it, and read by signal handlers, which can call next to nothing.
  nonisolated(unsafe) private static let lines: UnsafeMutablePointer<CChar> = {
    let lines = UnsafeMutablePointer<CChar>.allocate(capacity: slots * capacity)
    lines.initialize(repeating: 0, count: slots * capacity)
    return lines
  }()
  nonisolated(unsafe) private static var used = [Bool](repeating: false, count: slots)
  private static let lock = NSLock()

  /// Seconds after which an input counts as hanging, on a machine that is busy.
  private static let patience: UInt32 = 300
  private static let signals = [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGALRM]

  /// Begins to watch a target.
  /// - Returns: its slot, to be handed back by ``stop(_:)``.
  static func start() -> Int {
    lock.withLock {
      _ = lines
      if !used.contains(true) { for number in signals { signal(number, report) } }
      guard let free = used.firstIndex(of: false) else { preconditionFailure("more than \(slots) targets at once") }
      used[free] = true
      return free
    }
  }

  private static let report: @convention(c) (Int32) -> Void = { number in
    for slot in 0..<FuzzWatch.slots {
      let line = FuzzWatch.lines + slot * FuzzWatch.capacity
      if line[0] != 0 { _ = write(2, line, strlen(line)) }
    }
    signal(number, SIG_DFL)
    raise(number)
  }

  /// What is run next. Where nothing else runs in the process, an input that takes longer than five minutes ends it.
  static func note(_ text: String, in slot: Int, endsHangs: Bool) {
    text.withCString { source in _ = strncpy(lines + slot * capacity, source, capacity - 1) }
    if endsHangs { alarm(patience) }
  }

  static func stop(_ slot: Int) {
    lock.withLock {
      alarm(0)
      lines[slot * capacity] = 0
      used[slot] = false
      if !used.contains(true) { for number in signals { signal(number, SIG_DFL) } }
    }
  }

  /// From here on the process may take so many bytes more than it has: whatever takes more ends it.
  static func limitMemory(toMore bytes: UInt) {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
      let pages = text.split(separator: " ").first.flatMap({ UInt($0) })
    else { return }
    var limit = rlimit(rlim_cur: pages * UInt(sysconf(Int32(_SC_PAGESIZE))) + bytes, rlim_max: rlim_t.max)
    var present = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &present) == 0 else { return }
    limit.rlim_max = present.rlim_max
    _ = setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
  }
}
