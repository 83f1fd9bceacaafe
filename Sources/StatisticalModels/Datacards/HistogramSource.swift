public import Histograms

/// Where the template histograms of datacards and HistFactory XML come from: files by the names that they have there.
public protocol HistogramSource {
  /// The one-dimensional histogram of a name; `nil` if the file has nothing of that name.
  /// - Parameters:
  ///   - name: a path within the file, folders separated by `/`.
  ///   - file: as the card or the XML names it.
  /// - Throws: where the file cannot be read, or what has the name is no such histogram.
  func histogram(_ name: String, in file: String) throws -> Histogram1D?

  /// The names of the file's histograms, for errors.
  func histogramNames(in file: String) throws -> [String]
}

/// The source of counting experiments, which have no histograms.
public struct NoHistograms: HistogramSource {
  public init() {}
  public func histogram(_ name: String, in file: String) throws -> Histogram1D? { nil }
  public func histogramNames(in file: String) throws -> [String] { [] }
}
