import Columns
import EventFiles
import Foundation
import Records

/// The one-dimensional toy of arXiv:1601.07913: a signal with a normal distribution about θ on a flat background.
///
/// Each property says *(type, default, range): meaning* of its key under `toy`.
public struct GaussianToy: Hashable, Codable, Sendable {
  /// `points` *(list of numbers, required)*: the θ at which there is a signal, to learn from or to test.
  public var points: [Float]
  /// `width` *(number, 0.25, > 0)*: standard deviation of the signal.
  public var width = 0.25
  /// `range` *(two numbers, [-4, 4])*: of the background. Signal events may lie outside.
  public var range = [-4.0, 4.0]
  /// `signal` *(whole number, 4000, ≥ 10)*: events at each point.
  public var signal = 4000
  /// `background` *(whole number, 20000, ≥ 10)*: events in all.
  public var background = 20_000

  static let layout = ComparisonLayout(label: "label", groups: [.init(name: "x", columns: ["x"])])

  var source: ComparisonCard.Source {
    ComparisonCard.Source(
      file: "events.h5", tree: nil, layout: Self.layout, rows: nil, test: .fraction(0.4), validation: 0.15, key: 0)
  }

  /// `label`, `x`, `theta` (0 for the background). Each point and the background have streams of their own.
  func table(seed: SeedTree) throws -> Table {
    var labels: [Float] = [], x: [Float] = [], theta: [Float] = []
    for point in points {
      var random = seed.child("signal \(point)").stream()
      for _ in 0..<signal {
        labels.append(1)
        x.append(Float(Double(point) + width * random.normal()))
        theta.append(point)
      }
    }
    var random = seed.child("background").stream()
    for _ in 0..<background {
      labels.append(0)
      x.append(Float(random.uniform(in: range[0]..<range[1])))
      theta.append(0)
    }
    var table = Table()
    for (name, values) in [("label", labels), ("x", x), ("theta", theta)] { try table.add(name, Column(values)) }
    return table
  }

  /// - Throws: `EventFileError`, `FileError`.
  func write(to url: URL, seed: SeedTree, record: RunRecord) throws {
    let writer = try EventTableWriter(url, metadata: SampleMetadata(name: "toy"))
    do {
      try writer.append(table(seed: seed))
      try writer.finish(record: record)
    } catch {
      writer.abandon()
      throw error
    }
  }
}
