import ArgumentParser
import Foundation
import Records
import Searches

/// `searchlight generate CARD`
struct GenerateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Generate, simulate and pre-select the samples of a search card.",
    discussion: """
      Events are made in blocks over the workers; what is finished is kept, so that the same command goes on after a kill. \
      The result is the same for any number of workers.

      Example:
        searchlight generate Studies/tz-transfer/card.yaml --samples ttbar,zjets --workers 2
      """)

  @Argument(help: "The search card.", completion: .file(extensions: ["yaml"])) var card: String
  @Option(help: "The samples to make, separated by commas; all where not given.") var samples: String?
  @Option(help: "Threads; each makes one block at a time.") var workers = ProcessInfo.processInfo.activeProcessorCount
  @Option(help: "The folder for the joined files; where not given, the paths of the card.") var output: String?
  @Option(help: "The folder in which finished blocks are kept.") var store = "runs/generation"

  mutating func run() async throws {
    let url = URL(fileURLWithPath: card)
    let search = try SearchCard.read(url)
    let wanted = try chosen(search)
    guard workers > 0 else { throw ValidationError("--workers needs a positive number") }
    let root = URL(fileURLWithPath: store)
    let lock = try RunLock(folder: root)
    let printer = ProgressPrinter()
    let token = interruptibleToken()
    for sample in wanted {
      let production = try SampleProduction(card: search, cardURL: url, sample: sample)
      let place =
        output.map { URL(fileURLWithPath: $0).appendingPathComponent("\(sample.name).h5") }
        ?? URL(fileURLWithPath: sample.events ?? "\(sample.name).h5", relativeTo: url.deletingLastPathComponent())
      try production.run(
        into: place, store: StepStore(root: root), workers: workers, progress: printer.handler, cancellation: token)
      print(place.relativePath)
    }
    withExtendedLifetime(lock) {}
  }

  private func chosen(_ search: SearchCard) throws -> [SearchCard.Sample] {
    // Samples of files are there already; one that is named is refused by what would make it.
    guard let samples else { return search.samples.filter { $0.files == nil } }
    return try samples.split(separator: ",").map { name in
      guard let sample = search.samples.first(where: { $0.name == name }) else {
        let near = nearestName(to: String(name), in: search.samples.map(\.name)).map { "; nearest: '\($0)'" } ?? ""
        throw ValidationError(
          "no sample '\(name)'\(near). The card has \(search.samples.map(\.name).joined(separator: ", "))")
      }
      return sample
    }
  }
}
