import CoreNumerics
import Foundation
import Records
public import StatisticalModels

/// A profile-likelihood scan of one or two parameters, asked of a workspace file.
public struct ScanRequest: Hashable, Codable, Sendable {
  /// A parameter and where it is scanned.
  public struct Axis: Hashable, Codable, Sendable {
    public var parameter: String
    /// `nil`: ±3.5 uncertainties about the best fit, within the parameter's bounds.
    public var range: ClosedRange<Double>?
    /// *(integer, default 41; 31 in two dimensions; at least 3)*: values, in equal steps with the ends.
    public var count: Int

    public init(_ parameter: String, range: ClosedRange<Double>? = nil, count: Int) {
      self.parameter = parameter
      self.range = range
      self.count = count
    }
  }

  public var source: WorkspaceSource
  /// One or two.
  public var axes: [Axis]

  public init(_ source: WorkspaceSource, axes: [Axis]) {
    precondition(axes.count == 1 || axes.count == 2, "one or two parameters, got \(axes.count)")
    self.source = source
    self.axes = axes
  }

  /// Reads, fits and reports.
  /// - Throws: ``JSONSyntaxError``, ``WorkspaceError``, ``InferenceError``, ``UnknownParameterError``, ``ScanError``,
  ///   ``FileError``.
  public func run() throws -> ScanReport {
    let (model, digest) = try source.model()
    let fit = try model.fit()
    let values = try axes.map { try Self.values($0, model, fit) }
    let outcome: ScanReport.Outcome
    if axes.count == 1 {
      let scan = try model.profileScan(of: axes[0].parameter, at: values[0])
      outcome = .line(
        scan,
        intervals: try ScanReport.oneParameterLevels.map { level in
          try model.profileInterval(of: axes[0].parameter, level: level.twiceDeltaNLL)
        })
    } else {
      guard axes[0].parameter != axes[1].parameter else {
        throw ScanError(description: "two different parameters are needed, got '\(axes[0].parameter)' twice")
      }
      outcome = .plane(
        try model.profileGrid(of: axes[0].parameter, at: values[0], and: axes[1].parameter, at: values[1]))
    }
    return ScanReport(
      request: self, outcome: outcome,
      uncertainties: axes.map { axis in
        fit.parameters.first { $0.name == axis.parameter }?.uncertainty
      }, version: searchlightVersion, workspaceDigest: digest)
  }

  private static func values(_ axis: Axis, _ model: Model, _ fit: FitReport) throws -> [Double] {
    let index = try model.parameterIndex(axis.parameter)
    let parameter = model.parameters[index]
    guard !parameter.isFixed else { throw ScanError(description: "\(model.name): '\(axis.parameter)' is fixed") }
    let range: ClosedRange<Double>
    if let given = axis.range {
      range = given
    } else {
      let best = fit.parameters[index].value
      // At a bound the fit gives none: that of the parameter held there alone is not asked; a tenth of the box will do.
      let sigma = try fit.parameters[index].uncertainty ?? model.uncertainty(nearBound: index)
      let (low, high) = (max(best - 3.5 * sigma, parameter.lower), min(best + 3.5 * sigma, parameter.upper))
      guard low < high, (high - low).isFinite else {
        throw ScanError(
          description: "\(model.name): the fit gives '\(axis.parameter)' no uncertainty; give the range of the scan")
      }
      range = low...high
    }
    guard range.lowerBound >= parameter.lower, range.upperBound <= parameter.upper else {
      throw ScanError(
        description:
          "\(model.name): the scan of '\(axis.parameter)' from \(range.lowerBound) to \(range.upperBound) leaves "
          + "its bounds, \(parameter.lower) to \(parameter.upper)")
    }
    return (0..<axis.count).map {
      range.lowerBound + (range.upperBound - range.lowerBound) * Double($0) / Double(axis.count - 1)
    }
  }
}

/// A scan that cannot be made.
public struct ScanError: Error, Hashable, Sendable, CustomStringConvertible {
  public var description: String
}

/// Ends of a confidence interval.
public struct ProfileInterval: Hashable, Codable, Sendable {
  public struct End: Hashable, Codable, Sendable {
    public var value: Double
    /// Whether the parameter's bound came before the level was reached.
    public var isBound: Bool
  }

  public var lower, upper: End
}

extension Model {
  /// Where −2 ln λ of a parameter, all others fitted, reaches a level at both sides of the best fit (Minos's interval).
  /// - Parameter level: of −2 ln λ; 1 gives 68.27 %, χ² quantiles other coverages.
  /// - Throws: ``InferenceError``, ``UnknownParameterError``.
  public func profileInterval(of name: String, level: Double = 1, data: ModelData? = nil) throws -> ProfileInterval {
    precondition(level > 0, "need a positive level, got \(level)")
    let index = try parameterIndex(name)
    let fitter = Fitter(self)
    if let data { fitter.likelihood.setData(data) }
    let report = try fitter.minimize(name: "free fit")
    let best = fitter.values
    let sigma = try fitter.report(report).parameters[index].uncertainty ?? uncertainty(nearBound: index, data: data)
    func end(_ direction: Double) throws -> ProfileInterval.End {
      let bound = direction > 0 ? parameters[index].upper : parameters[index].lower
      fitter.start(at: best)
      /// √(−2 ln λ) − √level at a distance from the best fit: nearly a straight line.
      func excess(_ distance: Double) throws -> Double {
        let value = best[index] + direction * distance
        let held = try fitter.minimize(fixing: [index: value], name: "fit of \(name) = \(value)")
        return max(0, held.value - report.value).squareRoot() - level.squareRoot()
      }
      let room = abs(bound - best[index])
      var (inner, outer) = (0.0, 0.0)
      var step = max(sigma * level.squareRoot(), 1e-12)
      while true {
        guard outer < room else { return .init(value: bound, isBound: true) }
        outer = min(outer + step, room)
        if try excess(outer) >= 0 { break }
        inner = outer
        step *= 1.6
      }
      let distance = try RootFinding.brent(in: inner...outer, relativeTolerance: 1e-8, excess)
      return .init(value: best[index] + direction * distance, isBound: false)
    }
    return ProfileInterval(lower: try end(-1), upper: try end(1))
  }

  /// 1/√ of half the second derivative of −2 ln L by a parameter at a bound, all others as they are; a tenth of the box
  /// where the function does not bend.
  func uncertainty(nearBound index: Int, data: ModelData? = nil) throws -> Double {
    let fitter = Fitter(self)
    if let data { fitter.likelihood.setData(data) }
    try fitter.minimize(name: "free fit")
    let bend = fitter.minimizer.hessian[index * parameters.count + index] / 2
    return bend > 0 ? 1 / bend.squareRoot() : (parameters[index].upper - parameters[index].lower) / 10
  }
}
