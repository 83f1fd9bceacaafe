import Foundation
import Histograms
import StatisticalModels

/// The workspaces that pyhf was asked about: built here, written to `Tests/Reference/pyhf`, and compared byte by byte.
enum ReferenceWorkspaces {
  static let all: [(file: String, make: @Sendable () throws -> Workspace)] = [
    ("workspace_twenty_bins.json", twentyBins), ("workspace_statistical_only.json", statisticalOnly),
    ("workspace_tiny_limit.json", tinyLimit), ("workspace_huge_limit.json", hugeLimit),
    ("workspace_all_modifiers.json", allModifiers),
  ]

  /// Falling backgrounds and a peak, from rational functions, so that every machine has the same digits.
  private static func histogram(_ bins: Int, events: Double, raw: Double, _ shape: (Double) -> Double) throws
    -> Histogram1D
  {
    let axis = try Axis(binCount: bins, from: 0, to: 1)
    let values = (0..<bins).map { shape((Double($0) + 0.5) / Double(bins)) }
    let total = values.reduce(0, +)
    let sumW = values.map { $0 / total * events }
    return Histogram1D(
      axis: axis, sumW: sumW, sumW2: sumW.map { $0 * events / raw }, counts: sumW.map { Int($0 / events * raw) })
  }

  private static func peak(_ x: Double) -> Double { 1 / (1 + 60 * (x - 0.7) * (x - 0.7)) }
  private static func falling(_ x: Double) -> Double { 1 / ((0.2 + x) * (0.2 + x)) }
  private static func flat(_ x: Double) -> Double { 1 + 0.5 * x }

  /// Twenty bins, three samples, normsys, histosys, staterror and lumi.
  static func twentyBins() throws -> Workspace {
    var builder = WorkspaceBuilder(name: "twenty bins")
    builder.luminosityUncertainty = 0.02
    let first = try histogram(20, events: 400, raw: 9000, falling)
    let second = try histogram(20, events: 150, raw: 4000, flat)
    try builder.addChannel(
      "SR",
      signal: .init(
        name: "signal", histogram: try histogram(20, events: 30, raw: 8000, peak),
        normalisation: ["signal_acceptance": 0.04]),
      backgrounds: [
        .init(
          name: "ttbar", histogram: first, normalisation: ["xs_ttbar": 0.06, "trigger": 0.02],
          shapes: [
            "jes": (
              try histogram(20, events: 385, raw: 9000) { falling($0 * 0.98) },
              try histogram(20, events: 418, raw: 9000) { falling($0 * 1.03) }
            )
          ]),
        .init(
          name: "zjets", histogram: second, normalisation: ["xs_zjets": 0.1, "trigger": 0.02],
          shapes: [
            "jes": (
              try histogram(20, events: 140, raw: 4000) { flat($0 * 0.9) },
              try histogram(20, events: 161, raw: 4000) { flat($0 * 1.1) }
            )
          ]),
      ],
      observed: (0..<20).map { bin in
        (first.sumW[bin] + second.sumW[bin]).rounded() + Double((bin * 7) % 5 - 2)
      })
    return try bounded(builder.build(), upTo: 10)
  }

  /// As in a study without systematic uncertainties: only those of simulation, Asimov data.
  static func statisticalOnly() throws -> Workspace {
    var builder = WorkspaceBuilder(name: "statistical only")
    try builder.addChannel(
      "SR", signal: .init(name: "signal", histogram: try histogram(8, events: 1.3, raw: 5000, peak)),
      backgrounds: [
        .init(name: "ttbar", histogram: try histogram(8, events: 90, raw: 300, falling)),
        .init(name: "diboson", histogram: try histogram(8, events: 12, raw: 200, flat)),
      ])
    return try bounded(builder.build(), upTo: 200)
  }

  /// A signal so large that μ is limited to some 1e-4.
  static func tinyLimit() throws -> Workspace {
    var builder = WorkspaceBuilder(name: "tiny limit")
    try builder.addChannel(
      "SR", signal: .init(name: "signal", histogram: try histogram(4, events: 120_000, raw: 5000, peak)),
      backgrounds: [
        .init(
          name: "background", histogram: try histogram(4, events: 60, raw: 900, falling), normalisation: ["norm": 0.1])
      ], observed: [38, 12, 5, 6])
    return try bounded(builder.build(), upTo: 1e-2)
  }

  /// A signal so small that only μ of some 1e6 is excluded; no events were seen.
  static func hugeLimit() throws -> Workspace {
    var builder = WorkspaceBuilder(name: "huge limit")
    try builder.addChannel(
      "SR", signal: .init(name: "signal", histogram: try histogram(3, events: 3e-6, raw: 5000, peak)),
      backgrounds: [
        .init(
          name: "background", histogram: try histogram(3, events: 2, raw: 400, falling), normalisation: ["norm": 0.3])
      ], observed: [0, 0, 0])
    return try bounded(builder.build(), upTo: 1e7)
  }

  /// Two regions with every kind of modifier, parameters shared between regions, a fixed one, and an empty bin.
  static func allModifiers() throws -> Workspace {
    let shared = Workspace.Modifier(name: "shared", kind: .normsys(low: 0.93, high: 1.12))
    let shape = Workspace.Modifier(name: "shared", kind: .histosys(low: [48, 61, 33], high: [55, 58, 38]))
    let workspace = Workspace(
      channels: [
        .init(
          name: "signal_region",
          samples: [
            .init(
              name: "signal", data: [4, 9, 6],
              modifiers: [
                .init(name: "mu", kind: .normfactor), .init(name: "lumi", kind: .lumi),
                .init(name: "theory", kind: .normsys(low: 0.9, high: 1.15)),
              ]),
            .init(
              name: "main", data: [50, 60, 35],
              modifiers: [
                shared, shape, .init(name: "norm_main", kind: .normfactor),
                .init(name: "stat_SR", kind: .staterror([3, 3.5, 2])),
              ]),
            .init(
              name: "fakes", data: [5, 0, 3],
              modifiers: [.init(name: "fakes", kind: .shapesys([2, 0, 1.5])), .init(name: "lumi", kind: .lumi)]),
            .init(
              name: "rare", data: [7, 8, 2],
              modifiers: [
                .init(name: "lumi", kind: .lumi), .init(name: "stat_SR", kind: .staterror([1, 0.8, 0.5])),
                .init(name: "off", kind: .normsys(low: 0.5, high: 1.5)),
              ]),
          ]),
        .init(
          name: "control_region",
          samples: [
            .init(
              name: "main", data: [240, 160],
              modifiers: [
                shared, .init(name: "norm_main", kind: .normfactor), .init(name: "stat_CR", kind: .staterror([6, 5])),
              ]),
            .init(
              name: "multijet", data: [20, 12], modifiers: [.init(name: "multijet_shape", kind: .shapefactor)]),
          ]),
        .init(
          name: "multijet_region",
          samples: [
            .init(
              name: "multijet", data: [400, 300], modifiers: [.init(name: "multijet_shape", kind: .shapefactor)])
          ]),
      ],
      observations: [
        .init(name: "signal_region", data: [66, 75, 38]), .init(name: "control_region", data: [265, 170]),
        .init(name: "multijet_region", data: [420, 290]),
      ],
      measurements: [
        .init(
          name: "all", poi: "mu",
          parameters: [
            .init(name: "lumi", inits: [1], bounds: [0.5...1.5], auxdata: [1], sigmas: [0.03], fixed: false),
            .init(name: "off", inits: [0.5], fixed: true),
          ])
      ])
    return try bounded(workspace.validated(), upTo: 10)
  }

  private static func bounded(_ workspace: Workspace, upTo maximum: Double) -> Workspace {
    workspace.settingParameterOfInterest(bounds: 0...maximum, start: maximum / 10)
  }
}
