import ByteIO
import Foundation

/// Reads workspaces in any format that this program knows: pyhf's JSON, and datacards of CMS Combine.
public struct WorkspaceReader: Hashable, Codable, Sendable {
  /// *(text, default 120)*: what `$MASS` stands for in a datacard's names of histograms.
  public var mass = "120"
  /// *(words, default none)*: what other `$WORD`s stand for there.
  public var keywords: [String: String] = [:]

  public init() {}

  /// What a file holds, as its first characters show.
  public enum Format: Hashable, Sendable {
    case json, datacard

    /// JSON where nothing else fits, so that its errors say what is wrong.
    public init(of data: Data) {
      let text = String(decoding: data.prefix(65536), as: UTF8.self)
      let first = text.first { !$0.isWhitespace }
      self = first != "{" && first != "[" && Datacard.looksLike(text) ? .datacard : .json
    }
  }

  /// The document of a file, pyhf's JSON, as it stands there or converted, with the interpolations that go with it.
  /// - Throws: ``JSONSyntaxError``, ``DatacardError``, ``WorkspaceError``, `FileError`.
  public func document(_ url: URL) throws -> (json: JSONValue, codes: InterpolationCodes, warnings: [String]) {
    let data = try Data(readingFrom: url)
    switch Format(of: data) {
    case .json: return (try JSONValue.parse(data, file: url.lastPathComponent), .init(), [])
    case .datacard:
      let made = try Datacard(readingFrom: url).converted(mass: mass, keywords: keywords)
      return (made.workspace.document, made.workspace.codes, made.warnings)
    }
  }
}
