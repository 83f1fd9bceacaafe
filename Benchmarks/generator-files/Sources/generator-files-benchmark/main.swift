import Foundation
import GeneratorFiles

// generator-files-benchmark FILE: reads all events, and prints seconds, events, particles and the sum modulo 2^64 of the
// words of all momenta, energies and masses.
guard CommandLine.arguments.count == 2 else {
  FileHandle.standardError.write(Data("usage: generator-files-benchmark FILE\n".utf8))
  exit(2)
}
let url = URL(fileURLWithPath: CommandLine.arguments[1])
var (particles, words) = (0, UInt64(0))
let clock = ContinuousClock()
let start = clock.now
let events: Int
if try GeneratorFileKind.detected(in: url) == .hepMC {
  events = try HepMCReader(url).forEach { event in
    particles += event.particles.count
    for p in event.particles {
      for value in [p.px, p.py, p.pz, p.energy, p.mass] { words &+= value.bitPattern }
    }
  }
} else {
  events = try LesHouchesReader(url).forEach { event in
    particles += event.particles.count
    for p in event.particles {
      for value in [p.px, p.py, p.pz, p.energy, p.mass] { words &+= value.bitPattern }
    }
  }
}
let seconds = (clock.now - start) / .seconds(1)
print("{\"seconds\": \(seconds), \"events\": \(events), \"particles\": \(particles), \"words\": \(words)}")
