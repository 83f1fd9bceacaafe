import ByteIO
import Foundation
import Records

/// A ROOT file, read natively: its keys, histograms, graphs, trees and ntuples.
///
/// The file is mapped into memory; only what is asked for is read and decompressed. It may be used from several threads.
/// ```swift
/// let file = try ROOTFile(url)
/// for key in try file.keys() { print(key.path, key.className) }
/// let histogram = try file.histogram("nominal/ttbar")
/// ```
public final class ROOTFile: Sendable {
  public let url: URL
  let region: ByteRegion
  let header: FileHeader
  let streamers: Result<StreamerRegistry, ROOTFileError>

  var path: String { url.path }

  /// Opens a file and reads its header and its descriptions of classes.
  /// - Throws: ``ROOTFileError``.
  public init(_ url: URL) throws {
    self.url = url
    let region: ByteRegion
    do {
      region = ByteRegion(try MappedFile(url))
    } catch let error as FileError {
      guard case .cannotRead(let reason) = error.problem else { throw error }
      throw ROOTFileError(.cannotRead(reason), path: url.path)
    }
    self.region = region
    let header = try locating(path: url.path, object: "") { try FileHeader(region) }
    self.header = header
    do {
      streamers = .success(try Self.streamers(region, header))
    } catch let error as ROOTFileError {
      // Objects that need no description are still read.
      streamers = .failure(error.locating(path: url.path, object: "the descriptions of classes"))
    }
  }

  private static func streamers(_ region: ByteRegion, _ header: FileHeader) throws -> StreamerRegistry {
    guard header.streamersOffset > 0 else { return StreamerRegistry() }
    var cursor = ByteCursor(try region.part(from: header.streamersOffset, count: header.streamersBytes))
    let key = try KeyRecord(&cursor)
    return try StreamerRegistry(try key.content(in: region), keyBytes: key.headerBytes)
  }

  /// ROOT's version that wrote the file: 62208 is 6.22/08.
  public var version: Int { header.version }
  /// Bytes of the file.
  public var byteCount: Int { region.count }

  /// The keys of the file and, unless told otherwise, of its directories, in the file's order.
  /// - Throws: ``ROOTFileError`` if a list of keys is damaged.
  public func keys(recursive: Bool = true) throws -> [ROOTKey] {
    try locating(path: path, object: "the top directory") {
      var cursor = ByteCursor(try region.part(from: 0, count: header.end))
      try cursor.move(to: header.firstRecord + header.nameBytes)
      let directory = try DirectoryRecord(&cursor)
      var seen = Set<Int>()
      return try keys(of: directory, prefix: "", recursive: recursive, seen: &seen)
    }
  }

  private func keys(
    of directory: DirectoryRecord, prefix: String, recursive: Bool, seen: inout Set<Int>
  ) throws -> [ROOTKey] {
    var result = [ROOTKey]()
    for record in try directory.keys(in: region) {
      let key = ROOTKey(
        path: prefix + record.name, cycle: record.cycle, className: record.className, title: record.title,
        objectBytes: record.objectBytes, storedBytes: record.storedBytes, record: record)
      result.append(key)
      // A damaged file may name a directory as its own part.
      guard recursive, record.className.hasPrefix("TDirectory"), seen.insert(record.offset).inserted else { continue }
      result += try locating(path: path, object: key.path) {
        var cursor = ByteCursor(try record.content(in: region))
        return try keys(of: try DirectoryRecord(&cursor), prefix: key.path + "/", recursive: true, seen: &seen)
      }
    }
    return result
  }

  /// The key of a path, `dir/name` or `dir/name;cycle`; without a cycle the newest.
  /// - Throws: ``ROOTFileError`` with the nearest name if there is none.
  public func key(_ name: String) throws -> ROOTKey {
    let keys = try keys()
    var wanted = name
    var cycle: Int?
    if let mark = name.lastIndex(of: ";") {
      let number = String(name[name.index(after: mark)...])
      if number == "*" || Int(number) != nil {
        wanted = String(name[..<mark])
        cycle = Int(number)
      }
    }
    if wanted.hasPrefix("/") { wanted.removeFirst() }
    let found = keys.filter { $0.path == wanted && (cycle == nil || $0.cycle == cycle) }
    if let newest = found.max(by: { $0.cycle < $1.cycle }) { return newest }
    let names = cycle == nil ? keys.map(\.path) : keys.map { "\($0.path);\($0.cycle)" }
    throw ROOTFileError(
      .noObject(name: name, nearest: nearestName(to: wanted, in: names), available: names), path: path)
  }

  /// The object of a key, by the file's descriptions of its class.
  func object(_ key: ROOTKey) throws -> StreamedObject {
    try locating(path: path, object: key.path) {
      let content = try key.record.content(in: region)
      let reader = ObjectReader(content, origin: key.record.headerBytes, streamers: try streamers.get())
      return try reader.object(ofClass: key.className)
    }
  }
}
