import Foundation
public import Records
public import StatisticalModels

/// The maximum-likelihood fit, asked of a workspace file.
public struct FitRequest: Hashable, Codable, Sendable {
  public var source: WorkspaceSource

  public init(_ source: WorkspaceSource) { self.source = source }

  /// Reads, fits and reports.
  /// - Throws: ``JSONSyntaxError``, ``WorkspaceError``, ``InferenceError``, ``FileError``.
  public func run() throws -> WorkspaceFit {
    let (model, digest) = try source.model()
    let fit = try model.fit()
    let pulls = fit.parameters.indices.map { index -> WorkspaceFit.Pull? in
      let fitted = fit.parameters[index]
      guard fitted.state != .fixed, let prior = model.prior(of: index) else { return nil }
      return .init(
        value: (fitted.value - prior.centre) / prior.sigma, constraint: fitted.uncertainty.map { $0 / prior.sigma })
    }
    let goodness = try model.goodnessOfFit()
    return WorkspaceFit(
      request: self, poi: model.poi.map { model.parameters[$0].name }, fit: fit, pulls: pulls,
      degreesOfFreedom: goodness.degreesOfFreedom, pValue: goodness.pValue, correlations: try model.correlations(),
      version: searchlightVersion, workspaceDigest: digest)
  }
}

/// A fit with what it rests on.
public struct WorkspaceFit: Hashable, Codable, Sendable {
  public struct Pull: Hashable, Codable, Sendable {
    /// (θ̂ − θ₀)/σ₀.
    public var value: Double
    /// σ̂/σ₀; `nil` where the fit gives no σ̂.
    public var constraint: Double?
  }

  public var request: FitRequest
  /// The parameter of interest, where the measurement names one.
  public var poi: String?
  public var fit: FitReport
  /// In the order of the fit's parameters; `nil` for those that are free or fixed.
  public var pulls: [Pull?]
  /// Of the saturated-model test; its statistic is the fit's deviance.
  public var degreesOfFreedom: Int
  public var pValue: Double
  /// `nil` where the Hessian is singular.
  public var correlations: CorrelationMatrix?
  public var version: String
  public var workspaceDigest: Digest

  /// A plain verdict first, then the numbers.
  public var text: String {
    let quality =
      pValue < 0.05
      ? pValue < 0.001 ? "The model does not describe the data" : "The model describes the data poorly"
      : "The model describes the data"
    var lines = [
      "\(quality) (p = \(number(pValue)): deviance \(number(fit.deviance)) for \(degreesOfFreedom) degrees of freedom).",
      "", "-2 ln L    \(String(format: "%.6f", fit.twiceNLL))",
      "fit        \(fit.minimizer.status.rawValue) after \(fit.minimizer.evaluations) evaluations, "
        + String(format: "estimated distance %.1e, ", fit.minimizer.estimatedDistance)
        + String(format: "scaled gradient %.1e, ", fit.minimizer.scaledGradient)
        + (fit.conditioning.map { String(format: "condition number %.3g", $0) } ?? "singular Hessian"),
    ]
    let bounds = fit.parametersAtBounds
    if !bounds.isEmpty { lines.append("at bounds  \(bounds.joined(separator: ", "))") }
    let width = max(9, fit.parameters.map(\.name.count).max() ?? 0)
    lines += ["", "\(padded("parameter", width))  \(padded("value ± uncertainty", 24))  pull    constraint"]
    for (parameter, pull) in zip(fit.parameters, pulls) {
      let value: String
      switch parameter.state {
      case .fixed: value = "\(number(parameter.value)) (fixed)"
      case .atLowerBound, .atUpperBound: value = "\(number(parameter.value)) (at its bound)"
      case .free:
        // What is nothing beside its uncertainty is rounding.
        let rounded = abs(parameter.value) < 1e-9 * (parameter.uncertainty ?? 0) ? 0 : parameter.value
        value = "\(number(rounded)) ± \(parameter.uncertainty.map(number) ?? "undetermined")"
      }
      let measured = pull.map { pull in
        String(format: "%+.3f  ", pull.value) + (pull.constraint.map { String(format: "%.3f", $0) } ?? "-")
      }
      lines.append("\(padded(parameter.name, width))  \(padded(value, 24))  \(measured ?? "")".trimmedAtEnd)
    }
    return lines.joined(separator: "\n")
  }

  private var minimizerDocument: JSONValue {
    .object([
      JSONMember("status", .string(fit.minimizer.status.rawValue)),
      JSONMember("evaluations", .integer(fit.minimizer.evaluations)),
      JSONMember("estimated_distance", finite(fit.minimizer.estimatedDistance)),
      JSONMember("scaled_gradient", finite(fit.minimizer.scaledGradient)),
      JSONMember("condition_number", finite(fit.conditioning)),
    ])
  }

  /// `{"parameters": [{"name", "value", "uncertainty", "state", "pull", "constraint"}], "twice_nll", …}`; null for what there
  /// is not.
  public var document: JSONValue {
    let parameters = zip(fit.parameters, pulls).map { parameter, pull in
      JSONValue.object([
        JSONMember("name", .string(parameter.name)), JSONMember("value", finite(parameter.value)),
        JSONMember("uncertainty", finite(parameter.uncertainty)),
        JSONMember("state", .string(parameter.state.rawValue)),
        JSONMember("pull", finite(pull?.value)), JSONMember("constraint", finite(pull?.constraint)),
      ])
    }
    let correlations = correlations.map { matrix in
      JSONValue.object([
        JSONMember("names", .array(matrix.names.map { .string($0) })),
        JSONMember("values", .array(matrix.values.map(numbers))),
      ])
    }
    return .object([
      JSONMember("poi", poi.map { .string($0) } ?? .null), JSONMember("twice_nll", finite(fit.twiceNLL)),
      JSONMember("deviance", finite(fit.deviance)), JSONMember("degrees_of_freedom", .integer(degreesOfFreedom)),
      JSONMember("p_value", finite(pValue)),
      JSONMember("minimizer", minimizerDocument),
      JSONMember("parameters_at_bounds", .array(fit.parametersAtBounds.map { .string($0) })),
      JSONMember("parameters", .array(parameters)), JSONMember("correlations", correlations ?? .null),
      JSONMember("workspace_sha256", .string(workspaceDigest.hex)), JSONMember("searchlight", .string(version)),
    ])
  }
}
