import ArgumentParser
import Foundation
import Searches

/// `searchlight features CARD FILE`
struct FeaturesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "features", abstract: "Write the features of a card's selected events to one table.",
    discussion: """
      One row an event of any sample, in mixed order: label (1 signal, 0 background), the card's features, mass (of samples that have one), weight (expected \
      events at the card's luminosity). 'searchlight convert' makes CSV or NumPy files of it.

      Example:
        searchlight features Studies/higgs-benchmark/higgs.yaml higgs.h5
      """)

  @OptionGroup var options: RunOptions
  @Argument(help: "The table, an HDF5 file.") var file: String

  mutating func run() async throws {
    guard ["h5", "hdf5"].contains(URL(fileURLWithPath: file).pathExtension) else {
      throw ValidationError(
        "'\(file)': the table is an HDF5 file: call it .h5, and convert it with 'searchlight convert'")
    }
    let search = try options.run(fresh: false, token: interruptibleToken())
    let counts = try search.writeFeatures(to: URL(fileURLWithPath: file))
    print("\(file): " + counts.map { "\($0.rows) events of \($0.sample)" }.joined(separator: ", "))
  }
}
