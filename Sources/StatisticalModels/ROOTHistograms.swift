import Foundation
public import Histograms
import ROOTFiles
import Synchronization

/// Histograms of ROOT files, whose paths are relative to a folder. Each file is opened once.
public final class ROOTHistograms: HistogramSource {
  private struct Opened {
    var file: ROOTFile
    /// Classes of the objects by their paths.
    var classes: [String: String]
  }

  private let folder: URL
  private let opened = Mutex<[String: Opened]>([:])

  public init(folder: URL) { self.folder = folder }

  /// - Throws: `FileError`, `ROOTFileError`; also where the name is that of a two-dimensional histogram or another object, but not
  ///   for a directory, beside which a histogram may have the same name in another place.
  public func histogram(_ name: String, in file: String) throws -> Histogram1D? {
    let found = try open(file)
    guard let type = found.classes[name], !type.hasPrefix("TDirectory") else { return nil }
    return try found.file.histogram(name)
  }

  public func histogramNames(in file: String) throws -> [String] {
    try open(file).classes.filter { $0.value.hasPrefix("TH1") }.keys.sorted()
  }

  private func open(_ file: String) throws -> Opened {
    if let known = opened.withLock({ $0[file] }) { return known }
    let root = try ROOTFile(folder.resolving(file))
    let classes = Dictionary(try root.keys().map { ($0.path, $0.className) }, uniquingKeysWith: { first, _ in first })
    let made = Opened(file: root, classes: classes)
    opened.withLock { $0[file] = made }
    return made
  }
}

extension URL {
  /// A path in this folder; an absolute one stays what it is.
  func resolving(_ path: String) -> URL {
    path.hasPrefix("/") ? URL(fileURLWithPath: path) : appendingPathComponent(path)
  }
}
