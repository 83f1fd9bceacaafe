import DetectorSimulation
import EventFiles
import EventGeneration
import Foundation
import PhysicsObjects
import Records

/// Processor seconds of this thread, which other work on the machine does not change much.
func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// What one pass over the block cost in milliseconds an event, and a sum over all momenta that says which events they were.
struct Pass {
  var generation = 0.0
  var detector = 0.0
  var writing = 0.0
  var checksum = 0.0
  var particles = 0.0
}

func pass(_ generator: EventGenerator, _ card: DetectorCard?, events: Int, folder: URL) throws -> Pass {
  var result = Pass()
  let detector = try card.map(Detector.init)
  var buffer = ReconstructedEventBuffer()
  let node = SeedTree(root: 1).child("detector")
  var index: UInt64 = 0
  let start = processorSeconds()
  try generator.generateBlock(0, count: events) { event in
    for row in 0..<event.count where event.status[row] == ParticleRole.final {
      result.checksum += event.energy[row]
      result.particles += 1
    }
    guard let detector else { return }
    let before = processorSeconds()
    var random = node.stream(index)
    index += 1
    try detector.simulate(event, random: &random, into: &buffer)
    result.detector += processorSeconds() - before
  }
  result.generation = processorSeconds() - start - result.detector
  if card != nil {
    let before = processorSeconds()
    let url = folder.appendingPathComponent("events.h5")
    let writer = try EventTableWriter(url, metadata: SampleMetadata(name: "benchmark"))
    try writer.append(try buffer.makeTable())
    try writer.finish(record: RunRecord(command: "events-benchmark", seed: 1))
    result.writing = processorSeconds() - before
  }
  let scale = 1000 / Double(events)
  result.generation *= scale
  result.detector *= scale
  result.writing *= scale
  result.particles /= Double(events)
  return result
}

@main
struct EventsBenchmark {
  static let usage = """
    usage: events-benchmark cost DETECTOR-CARD [EVENTS]      what detector, jets and writing add to Pythia's time
           events-benchmark scaling [EVENTS]                 two workers against two processes
           events-benchmark memory DETECTOR-CARD [EVENTS]    peak memory against the number of blocks
    such as: events-benchmark cost ../../Detectors/cms.yaml 300
    """

  static var generator: EventGenerator {
    let process = ProcessCard(
      name: "ttbar", crossSectionNote: "top pairs", settings: ["Top:gg2ttbar = on", "Top:qqbar2ttbar = on"])
    return EventGenerator(card: process, slice: 0, seed: SeedTree(root: 1).child("benchmark"))
  }

  static func main() throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    let events = arguments.last.flatMap(Int.init) ?? 300
    switch (arguments.first, arguments.dropFirst().first) {
    case ("cost", let card?): try cost(DetectorCard.read(URL(fileURLWithPath: card)), events: events)
    case ("memory", let card?): try memory(DetectorCard.read(URL(fileURLWithPath: card)), events: events)
    case ("scaling", _): try scaling(events: events)
    case ("block", let block?): print(try energySum(block: Int(block) ?? 0, events: events))
    default:
      print(usage)
      exit(2)
    }
  }

  static func cost(_ card: DetectorCard, events: Int) throws {
    let generator = generator
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("events-benchmark-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var (plain, full) = ([Pass](), [Pass]())
    for _ in 0..<3 {
      plain.append(try pass(generator, nil, events: events, folder: folder))
      full.append(try pass(generator, card, events: events, folder: folder))
    }
    guard Set((plain + full).map(\.checksum)).count == 1 else {
      print("FAILED: the passes generated different events")
      exit(1)
    }
    let generation = median(plain.map(\.generation))
    let (detector, writing) = (median(full.map(\.detector)), median(full.map(\.writing)))
    let share = (detector + writing) / generation
    print(
      "Pythia \(try Generator.version()), tt̄ at 13 TeV, \(events) events, \(Int(plain[0].particles)) final particles an event"
    )
    print("generation            \(String(format: "%7.3f", generation)) ms an event (median of three)")
    print("detector and jets     \(String(format: "%7.3f", detector))")
    print("table and HDF5        \(String(format: "%7.3f", writing))")
    print("added to generation   \(String(format: "%7.1f", 100 * share)) %")
    if share > 0.25 {
      print("FAILED: more than 25 %")
      exit(1)
    }
  }
}
