import ArgumentParser

@main
struct Searchlight: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "searchlight", abstract: "Searches for new physics at colliders with machine learning.",
    subcommands: [
      GenerateCommand.self, LimitCommand.self, InspectCommand.self, DoctorCommand.self,
    ])
}
