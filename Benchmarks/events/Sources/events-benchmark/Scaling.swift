import DetectorSimulation
import EventFiles
import EventGeneration
import Foundation
import PhysicsObjects
import Records

func wallSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
}

extension EventsBenchmark {
  /// Generates a block and nothing else; the sum of all final energies says which events they were.
  static func energySum(block: Int, events: Int) throws -> Double {
    var sum = 0.0
    try generator.generateBlock(block, count: events) { event in
      for row in 0..<event.count where event.status[row] == ParticleRole.final { sum += event.energy[row] }
    }
    return sum
  }

  /// Two workers of one process and two processes make the same two blocks by Pythia alone, alternating.
  static func scaling(events: Int) throws {
    var (threads, processes) = ([Double](), [Double]())
    for _ in 0..<5 {
      var start = wallSeconds()
      var sums: [Double] = []
      try BlockRunner(workers: 2).run((0..<2).map { BlockIdentity(slice: 0, block: $0) }) { block, _ in
        try energySum(block: block.block, events: events)
      } deliver: {
        sums.append($1)
      }
      threads.append(wallSeconds() - start)
      start = wallSeconds()
      let others = try twoProcesses(events: events)
      processes.append(wallSeconds() - start)
      guard sums == others else {
        print("FAILED: workers and processes generated different events: \(sums) and \(others)")
        exit(1)
      }
    }
    let ratio = median(processes) / median(threads)
    print("Pythia \(try Generator.version()), tt̄ at 13 TeV, two blocks of \(events) events, medians of five")
    print("two processes         \(String(format: "%7.2f", median(processes))) s")
    print("two workers           \(String(format: "%7.2f", median(threads))) s")
    print("workers / processes   \(String(format: "%7.1f", 100 * ratio)) % of the rate")
    if ratio < 0.95 {
      print("FAILED: less than 95 %")
      exit(1)
    }
  }

  private static func twoProcesses(events: Int) throws -> [Double] {
    let children = try (0..<2).map { block in
      let child = Process()
      child.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      child.arguments = ["block", "\(block)", "\(events)"]
      let pipe = Pipe()
      child.standardOutput = pipe
      try child.run()
      return (child, pipe)
    }
    return children.map { child, pipe in
      let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      child.waitUntilExit()
      return Double(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? .nan
    }
  }

  /// Block after block with detector and file: the peak must not grow once all code paths were used.
  static func memory(_ card: DetectorCard, events: Int) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("events-benchmark-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var peaks: [(blocks: Int, megabytes: Double)] = []
    for block in 0..<12 {
      _ = try pass(generator, card, events: events, folder: folder)
      var usage = rusage()
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      if [2, 5, 11].contains(block) { peaks.append((block + 1, Double(usage.ru_maxrss) / 1024)) }
    }
    for peak in peaks { print("peak after \(peak.blocks) blocks of \(events) events: \(Int(peak.megabytes)) MB") }
    if peaks[2].megabytes > 1.05 * peaks[0].megabytes {
      print("FAILED: it grows by more than 5 %")
      exit(1)
    }
  }
}
