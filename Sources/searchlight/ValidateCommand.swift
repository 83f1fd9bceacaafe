import ArgumentParser
import ByteIO
import DetectorSimulation
import EventGeneration
import Figures
import Foundation
import Records
import Searches

/// `searchlight validate DETECTOR`
struct ValidateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate", abstract: "Measure a detector card: efficiencies, resolutions, jets, tags and Z peaks.",
    discussion: """
      Single particles are shot at the detector and compared with the card's formulas, bin by bin. With --processes, \
      collisions are generated too; their leptons, jets and tags are measured. Tables go to standard output, figures to --output.

      Examples:
        searchlight validate Detectors/cms.yaml
        searchlight validate Detectors/cms.yaml --processes Detectors/validation/z-to-leptons.yaml,Detectors/validation/top-pairs.yaml
      """)

  @Argument(help: "The detector card.", completion: .file(extensions: ["yaml"])) var card: String
  @Option(help: "Process cards, separated by commas; their first slices are generated.") var processes: String?
  @Option(help: "Particles shot in each bin of transverse momentum and pseudorapidity.") var particles = 2000
  @Option(help: "Collisions of each process.") var events = 4000
  @Option(help: "The root of all randomness.") var seed: UInt64 = 1
  @Option(help: "The folder for the figures.") var output = "runs/detector"
  @Option(help: "Formats of the figures, separated by commas: pdf, png, svg.") var figures = FigureFormats(formats: [
    .svg
  ])

  func validate() throws {
    guard particles >= 20 else { throw ValidationError("--particles needs at least 20, got \(particles)") }
    guard events >= 1 else { throw ValidationError("--events needs a positive number, got \(events)") }
  }

  mutating func run() async throws {
    let detector = try DetectorCard.read(URL(fileURLWithPath: card))
    let cards =
      try processes.map { list in
        try list.split(separator: ",").map { try ProcessCard(contentsOf: URL(fileURLWithPath: String($0))) }
      } ?? []
    let check = DetectorCheck(
      detector, seed: SeedTree(root: seed), particlesPerBin: particles, eventsPerProcess: events)
    let outcome = try check.run(
      processes: cards, progress: ProgressPrinter().handler, cancellation: interruptibleToken())
    print(outcome.text)
    for figure in try outcome.figures() {
      for format in figures.formats {
        let url = URL(fileURLWithPath: output).appendingPathComponent("\(figure.name).\(format.rawValue)")
        try AtomicFile.write(try figure.figure.render(as: format), to: url)
        remark(url.relativePath)
      }
    }
  }
}
