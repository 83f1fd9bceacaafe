import ByteIO
import Foundation

/// Reads workspaces in any format that this program knows: pyhf's JSON, datacards of CMS Combine, HistFactory's XML.
///
/// Histograms come from ROOT files, with paths relative to a base folder.
public struct WorkspaceReader: Hashable, Codable, Sendable {
  /// *(text, default 120)*: what `$MASS` stands for in a datacard's names of histograms.
  public var mass = "120"
  /// *(words, default none)*: what other `$WORD`s stand for there.
  public var keywords: [String: String] = [:]
  /// *(folder, default none)*: what paths are relative to. Without one those of a datacard are relative to its own folder,
  /// those of XML to the working directory, the folder of the file or one above it, whichever has the first channel's file.
  public var baseFolder: URL?

  public init() {}

  /// What a file holds, as its first characters show.
  public enum Format: Hashable, Sendable {
    case json, datacard, histFactory

    /// JSON where nothing else fits, so that its errors say what is wrong.
    public init(of data: Data) {
      let text = String(decoding: data.prefix(65536), as: UTF8.self)
      switch text.first(where: { !$0.isWhitespace && $0 != "\u{FEFF}" }) {
      case "{", "[": self = .json
      case "<": self = .histFactory
      default: self = Datacard.looksLike(text) ? .datacard : .json
      }
    }
  }

  /// The document of a file, pyhf's JSON, as it stands there or converted, with the interpolations that go with it.
  /// - Throws: ``JSONSyntaxError``, ``ModelFileError``, ``WorkspaceError``, `ROOTFileError`, `FileError`.
  public func document(_ url: URL) throws -> (json: JSONValue, codes: InterpolationCodes, warnings: [String]) {
    let data = try Data(readingFrom: url)
    let made: ConvertedWorkspace
    switch Format(of: data) {
    case .json: return (try JSONValue.parse(data, file: url.lastPathComponent), .init(), [])
    case .datacard:
      let folder = baseFolder ?? url.deletingLastPathComponent()
      made = try Datacard(readingFrom: url)
        .converted(from: ROOTHistograms(folder: folder), mass: mass, keywords: keywords)
    case .histFactory:
      let folder = try baseFolder ?? HistFactoryReader<ROOTHistograms>.folder(for: url)
      var reader = HistFactoryReader(folder: folder, histograms: ROOTHistograms(folder: folder))
      made = try reader.read(url)
    }
    return (made.workspace.document, made.workspace.codes, made.warnings)
  }
}
