import ArgumentParser
import Foundation
import StatisticalModels

extension WorkspaceCommand {
  struct Convert: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "convert", abstract: "Makes pyhf's JSON of a CMS Combine datacard or of HistFactory's XML.",
      discussion: """
        Examples:
          searchlight workspace convert Tests/Reference/datacards/counting.txt --output w.json
          searchlight workspace convert card.txt --mass 125 --keyword ERA=2018
          searchlight workspace convert config/combination.xml --base-folder . --output w.json

        XML: the workspace of 'pyhf xml2json'; what it leaves out is a warning. \
        Its paths are relative to the working directory, its folder or one above it, whichever has the first channel.

        Datacards: counting experiments and templates in ROOT files, lnN, lnU, gmN, shape, shape?, rateParam (values and \
        products), autoMCStats, nuisance edit freeze. The signal's strength is r. Anything else is an error that names the line. limit, cls and the \
        other commands read datacards as they are, with Combine's own interpolation; other programs read the JSON with \
        HistFactory's, which differs within ±1 sigma of asymmetric uncertainties.
        """)

    @Argument(help: "The datacard, or the XML file with the combination.", completion: .file()) var input: String
    @Option(
      help: ArgumentHelp(
        "What paths are relative to (default: the datacard's folder; for XML where its first channel is found).",
        valueName: "folder"), completion: .directory)
    var baseFolder: String?
    @Option(help: "What $MASS stands for in a datacard's names of histograms.") var mass = "120"
    @Option(help: ArgumentHelp("What another $WORD stands for there; may be given again.", valueName: "word=value"))
    var keyword: [Keyword] = []
    @OptionGroup var output: Output

    struct Keyword: ExpressibleByArgument {
      var word, value: String

      init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty, !["MASS", "CHANNEL", "PROCESS", "SYSTEMATIC"].contains(parts[0])
        else { return nil }
        (word, value) = (parts[0], parts[1])
      }
    }

    func run() throws {
      var reader = WorkspaceReader()
      reader.mass = mass
      reader.baseFolder = baseFolder.map { URL(fileURLWithPath: $0, isDirectory: true) }
      reader.keywords = Dictionary(keyword.map { ($0.word, $0.value) }, uniquingKeysWith: { _, last in last })
      let url = URL(fileURLWithPath: input)
      let (document, _, warnings) = try reader.document(url)
      for warning in warnings { remark("\(url.lastPathComponent): \(warning)") }
      try output.write(WorkspaceDocument(document, file: url.lastPathComponent))
    }
  }
}
