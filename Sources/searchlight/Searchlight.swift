import ArgumentParser
import Foundation
import Records

@main
struct Searchlight: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "searchlight", abstract: "Searches for new physics at colliders with machine learning.",
    version: searchlightVersion,
    subcommands: [
      RunCommand.self, GenerateCommand.self, FeaturesCommand.self, TrainCommand.self, TuneCommand.self,
      TrialsCommand.self, ReportCommand.self,
      LimitCommand.self,
      ClsCommand.self, FitCommand.self, SignificanceCommand.self, ScanCommand.self, RankCommand.self, GridCommand.self,
      WorkspaceCommand.self, InspectCommand.self, ConvertCommand.self, ScoreCommand.self, ExportCommand.self,
      ValidateCommand.self, StoreCommand.self, DoctorCommand.self,
    ])

  /// Exits with 0 when it is done, 1 when it failed, 2 when it was called wrongly (ArgumentParser's own number for that
  /// is 64), and, as shells count it, with 130 after Ctrl-C and 143 after SIGTERM.
  static func main() async {
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      try finishOutput()
    } catch RecordError.cancelled {
      remark("stopped; the same command goes on from here")
      Foundation.exit(128 + (interruption.withLock { $0 } ?? SIGINT))
    } catch {
      let code = exitCode(for: error)
      let message = fullMessage(for: error)
      if !message.isEmpty { code.isSuccess ? print(message) : remark(message) }
      // Codes of 128 and more say which signal ended it.
      Foundation.exit(code.isSuccess ? 0 : code == .validationFailure ? 2 : code.rawValue >= 128 ? code.rawValue : 1)
    }
  }
}
