import Histograms

/// A histogram as ROOT keeps it: TH1, TH2 and TH3 of any content type.
public struct ROOTHistogram: Hashable, Sendable {
  public var className: String
  public var name: String
  public var title: String
  /// One, two or three axes: x, y, z.
  public var axes: [Axis]
  /// Σw with underflow (slot 0) and overflow (the last slot) of each axis: [z, y, x], x fastest.
  public var sumW: [Double]
  /// Σw² in the layout of ``sumW``; `nil` where the histogram did not keep it, and the contents are its own variances.
  public var sumW2: [Double]?
  /// The number of times it was filled, weights of scalings aside.
  public var entries: Double

  /// √Σw² of each slot.
  public var errors: [Double] { variances.map { $0.squareRoot() } }
}

/// Points of a graph: TGraph, TGraphErrors, TGraphAsymmErrors.
public struct ROOTGraph: Hashable, Sendable {
  public var className: String
  public var name: String
  public var title: String
  public var x: [Double]
  public var y: [Double]
  /// How far the points' uncertainties reach down and up, as positive numbers; empty where the graph has none.
  public var xErrorsDown, xErrorsUp, yErrorsDown, yErrorsUp: [Double]
}

extension ROOTFile {
  /// A one-dimensional histogram (TH1C, TH1S, TH1I, TH1L, TH1F, TH1D), with underflow and overflow.
  ///
  /// ROOT keeps no raw counts of bins: they are the contents where the histogram is unweighted, else N_eff, rounded.
  /// - Throws: ``ROOTFileError``, also if the object is no such histogram.
  public func histogram(_ name: String) throws -> Histogram1D {
    let found = try rootHistogram(name)
    guard found.axes.count == 1 else {
      throw ROOTFileError(.wrongClass(found: found.className, expected: "TH1"), path: path, object: name)
    }
    return Histogram1D(
      axis: found.axes[0], sumWWithFlow: found.sumW, sumW2WithFlow: found.variances, countsWithFlow: found.counts)
  }

  /// A two-dimensional histogram (TH2C … TH2D), with underflow and overflow.
  public func histogram2D(_ name: String) throws -> Histogram2D {
    let found = try rootHistogram(name)
    guard found.axes.count == 2 else {
      throw ROOTFileError(.wrongClass(found: found.className, expected: "TH2"), path: path, object: name)
    }
    return Histogram2D(
      x: found.axes[0], y: found.axes[1], sumWWithFlow: found.sumW, sumW2WithFlow: found.variances,
      countsWithFlow: found.counts)
  }

  /// A histogram with the details that ROOT keeps.
  public func rootHistogram(_ name: String) throws -> ROOTHistogram {
    let key = try key(name)
    let types = "CSILFDK".flatMap { type in (1...3).map { "TH\($0)\(type)" } }
    guard types.contains(key.className) else {
      throw ROOTFileError(
        .wrongClass(found: key.className, expected: "histogram (TH1, TH2 or TH3)"), path: path, object: key.path)
    }
    let object = try object(key)
    return try locating(path: path, object: key.path) { try ROOTHistogram(object) }
  }

  /// The points of a TGraph, TGraphErrors or TGraphAsymmErrors.
  public func graph(_ name: String) throws -> ROOTGraph {
    let key = try key(name)
    guard ["TGraph", "TGraphErrors", "TGraphAsymmErrors", "TCutG"].contains(key.className) else {
      throw ROOTFileError(.wrongClass(found: key.className, expected: "TGraph"), path: path, object: key.path)
    }
    let object = try object(key)
    return try locating(path: path, object: key.path) { try ROOTGraph(object) }
  }
}

extension ROOTHistogram {
  /// Raw counts as far as they can be known: the contents of an unweighted histogram, else N_eff, rounded.
  fileprivate var counts: [Int] {
    let variances = variances
    return sumW.indices.map { slot in
      let weight = sumW[slot], square = variances[slot]
      let effective = square > 0 ? weight * weight / square : 0
      return Int(exactly: effective.rounded()) ?? 0
    }
  }

  fileprivate var variances: [Double] { sumW2 ?? sumW.map { $0.magnitude } }

  init(_ object: StreamedObject) throws {
    className = object.className
    name = object.text("fName") ?? ""
    title = object.text("fTitle") ?? ""
    entries = object.real("fEntries") ?? 0
    sumW = try object.required("contents", object.reals("array"))
    let rank = Int(className.dropFirst(2).prefix(1)) ?? 1
    let objects = try ["fXaxis", "fYaxis", "fZaxis"].prefix(rank).map { try object.required($0, object.object($0)) }
    // The number of slots is compared before edges are made: a damaged number of bins may be huge.
    var slots = 1
    for axis in objects {
      let bins = axis.integer("fNbins") ?? 0
      guard bins > 0, bins <= sumW.count else { throw Self.damaged("an axis of \(bins) bins") }
      slots *= bins + 2
      guard slots <= sumW.count else { throw Self.damaged("more bins than its \(sumW.count) contents") }
    }
    guard slots == sumW.count else { throw Self.damaged("\(sumW.count) contents for \(slots) slots") }
    axes = try objects.map(Axis.init)
    let squares = object.object("fSumw2")?.reals("array") ?? []
    guard squares.isEmpty || squares.count == slots else {
      throw Self.damaged("\(squares.count) squares for \(slots) slots")
    }
    sumW2 = squares.isEmpty ? nil : squares
  }

  fileprivate static func damaged(_ reason: String) -> ROOTFileError { ROOTFileError(.damaged("it has \(reason)")) }
}

extension Axis {
  fileprivate init(_ object: StreamedObject) throws {
    let bins = object.integer("fNbins") ?? 0
    let edges = object.object("fXbins")?.reals("array") ?? []
    let title = object.text("fTitle") ?? ""
    do {
      if edges.isEmpty {
        try self.init(
          binCount: bins, from: object.real("fXmin") ?? 0, to: object.real("fXmax") ?? 0, title: title)
      } else if edges.count == bins + 1 {
        try self.init(edges: edges, title: title)
      } else {
        throw ROOTHistogram.damaged("\(edges.count) edges for \(bins) bins")
      }
    } catch let error as HistogramError {
      throw ROOTFileError(.damaged(error.description))
    }
  }
}

extension ROOTGraph {
  init(_ object: StreamedObject) throws {
    className = object.className
    name = object.text("fName") ?? ""
    title = object.text("fTitle") ?? ""
    let x = try object.required("fX", object.reals("fX"))
    let y = try object.required("fY", object.reals("fY"))
    guard x.count == y.count else { throw ROOTHistogram.damaged("\(x.count) x and \(y.count) y") }
    self.x = x
    self.y = y
    func errors(_ name: String) throws -> [Double] {
      guard let values = object.reals(name) else { return [] }
      guard values.count == x.count else { throw ROOTHistogram.damaged("\(values.count) errors for \(x.count) points") }
      return values
    }
    let asymmetric = object.reals("fEXlow") != nil
    xErrorsDown = try errors(asymmetric ? "fEXlow" : "fEX")
    xErrorsUp = try errors(asymmetric ? "fEXhigh" : "fEX")
    yErrorsDown = try errors(asymmetric ? "fEYlow" : "fEY")
    yErrorsUp = try errors(asymmetric ? "fEYhigh" : "fEY")
  }
}
