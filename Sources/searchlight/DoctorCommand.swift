import ArgumentParser
import Foundation
import Records
import Searches

extension OutputFormat: ExpressibleByArgument {}

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Prints what is present, versions, the device, and what to do about what is missing.",
    discussion: """
      Examples:
        searchlight doctor
        searchlight doctor --output-format json

      Exits with 0 when everything that every command needs is there; LibTorch and Pythia may be missing, because only \
      'train' and 'run' need the first and only 'generate' needs the second.
      """)

  @Option(help: "How to print it: \(OutputFormat.allCases.map(\.rawValue).joined(separator: " or ")).")
  var outputFormat: OutputFormat = .text

  func run() async throws {
    let installation = await Installation.examine()
    switch outputFormat {
    case .text: print(installation.description)
    case .json: print(String(decoding: try JSONEncoder.canonical.encode(installation), as: UTF8.self))
    }
    if !installation.isUsable { throw ExitCode.failure }
  }
}
