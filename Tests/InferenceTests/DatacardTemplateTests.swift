import Foundation
import Histograms
import Inference
import StatisticalModels
import TestSupport
import Testing

/// Histograms made in tests.
struct MadeHistograms: HistogramSource {
  var contents: [String: [Double]]
  var relativeError = 0.1

  func histogram(_ name: String, in file: String) throws -> Histogram1D? {
    guard let sums = contents[name] else { return nil }
    return Histogram1D(
      axis: try Axis(binCount: sums.count, from: 0, to: 1), sumW: sums, sumW2: sums.map { pow($0 * relativeError, 2) },
      counts: sums.map { _ in 0 })
  }

  func histogramNames(in file: String) throws -> [String] { contents.keys.sorted() }
}

@Suite("Datacards: templates")
struct DatacardTemplateTests {
  private let histograms = MadeHistograms(contents: [
    "s": [1, 2, 1], "b": [10, 6, 4], "data_obs": [11, 7, 3], "b_jesUp": [12, 7, 5], "b_jesDown": [9, 5.5, 3.5],
    "empty": [0, 0, 0], "short": [1, 2], "negative": [3, -1, 2], "holes": [8, 0, 4],
  ])

  private func card(_ lines: String, shapes: String = "shapes * * f.root $PROCESS $PROCESS_$SYSTEMATIC") -> String {
    """
    imax 1
    jmax 1
    kmax *
    \(shapes)
    bin b1
    observation -1
    bin b1 b1
    process s b
    process 0 1
    rate -1 -1
    ------
    \(lines)
    """
  }

  private func converted(_ text: String, _ source: MadeHistograms? = nil) throws -> ConvertedWorkspace {
    try Datacard(text, file: "c.txt").converted(from: source ?? histograms)
  }

  private func complaint(_ text: String) -> String {
    do { return "no complaint: \(try converted(text).workspace.channels.count)" } catch { return "\(error)" }
  }

  // f(θ) = N(θ) [fractions + shifts]: at ±1 the varied histograms themselves.
  @Test("at ±1σ a shape is its histogram", arguments: [1.0, -1.0])
  func meetsTemplates(_ alpha: Double) throws {
    let made = try converted(card("jes shape - 1"))
    let model = try Model(made.workspace)
    var point = model.parameters.map(\.initial)
    point[try #require(model.index(of: "jes"))] = alpha
    let expected = model.asimovData(at: point).main
    let varied = try #require(histograms.contents[alpha > 0 ? "b_jesUp" : "b_jesDown"])
    for (ours, (b, s)) in zip(expected, zip(varied, [1.0, 2, 1])) { #expect(abs(ours - b - s) < 1e-12) }
  }

  @Test("a shape whose sum changes by less than a thousandth has no factor; half a scale moves half as far")
  func scales() throws {
    var same = histograms
    same.contents["b_jesUp"] = [11, 5.5, 3.5]
    same.contents["b_jesDown"] = [9, 6.5, 4.5]
    let whole = try converted(card("jes shape - 1"), same).workspace.channels[0].samples[1].modifiers
    #expect(whole == [.init(name: "jes", kind: .histosys(low: [9, 6.5, 4.5], high: [11, 5.5, 3.5]))])
    let half = try converted(card("jes shape - 0.5"), same).workspace.channels[0].samples[1].modifiers
    #expect(half == [.init(name: "jes", kind: .histosys(low: [9.5, 6.25, 4.25], high: [10.5, 5.75, 3.75]))])
    let inside = try converted(card("jes shape - 1\n* autoMCStats -1 0 2")).workspace.channels[0].samples[1].modifiers
    #expect(inside == [.init(name: "jes", kind: .histosys(low: [9, 5.5, 3.5], high: [12, 7, 5]))])
  }

  @Test("a rate scales its histogram, unless autoMCStats takes the histogram itself")
  func rates() throws {
    let text = card("").replacingOccurrences(of: "rate -1 -1", with: "rate -1 20.1")
    #expect(abs(try converted(text).workspace.channels[0].samples[1].data[0] - 10 * 20.1 / 20) < 1e-12)
    let automatic = card("* autoMCStats 0").replacingOccurrences(of: "rate -1 -1", with: "rate -1 20.1")
    #expect(try converted(automatic).workspace.channels[0].samples[1].data == [10, 6, 4])
    let far = card("").replacingOccurrences(of: "rate -1 -1", with: "rate -1 21")
    #expect(complaint(far).contains("the rate of 'b' in 'b1' is 21.0, but its histogram holds 20.0"))
  }

  @Test("autoMCStats: Gaussian above the threshold, Poisson below, a shift where a bin is empty")
  func automaticErrors() throws {
    let gaussian = try converted(card("* autoMCStats 10")).workspace.channels[0].samples[1].modifiers
    #expect(gaussian.map(\.name) == ["mcstat_b1_b"] && gaussian[0].kind.type == "staterror")
    // A relative error of 0.1 is 100 effective events.
    let poisson = try converted(card("* autoMCStats 100")).workspace.channels[0].samples[1].modifiers
    #expect(poisson.map(\.name) == ["mcstat_b1_b_poisson"] && poisson[0].kind.type == "shapesys")
    guard case .shapesys(let errors) = poisson[0].kind else { return }
    for (error, events) in zip(errors, [10.0, 6, 4]) { #expect(abs(pow(events / error, 2) - 100) < 1e-9) }
  }

  @Test("negative contents are taken as none, with a warning")
  func negative() throws {
    let text = card("", shapes: "shapes b * f.root negative\nshapes * * f.root $PROCESS")
    let made = try converted(text)
    #expect(made.workspace.channels[0].samples[1].data == [3, 0, 2])
    #expect(made.warnings == ["'b' in 'b1': negative contents taken as 0 in bin 1"])
  }

  @Test(
    "faults of histograms",
    arguments: [
      ("shapes b * f.root bb\nshapes * * f.root $PROCESS", "c.txt:4: f.root has no histogram 'bb'; nearest: 'b'"),
      (
        "shapes b * f.root short\nshapes * * f.root $PROCESS",
        "c.txt:4: the histogram of 'b' in 'b1' has 2 bins; that of 's' 3"
      ),
      ("shapes b * f.root empty\nshapes * * f.root $PROCESS", "c.txt:4: the histogram of 'b' in 'b1' is empty"),
      (
        "shapes data_obs * f.root short\nshapes * * f.root $PROCESS",
        "c.txt:4: the observed histogram of 'b1' has 2 bins; the expected ones 3"
      ),
      ("shapes b * f.root $PROCESS", "no 'shapes' line is for 's' in 'b1'; write 'shapes s b1 FAKE' to count it"),
      (
        "shapes * * f.root $PROCESS\nshapes * * g.root $PROCESS",
        "c.txt:5: the shapes of '*' in '*' stand in line 4 already"
      ),
      ("shapes * f.root", "c.txt:4: a shapes line is 'shapes process bin file histogram [varied histogram]'"),
    ])
  func faults(_ shapes: String, _ expected: String) {
    let found = complaint(card("", shapes: shapes))
    #expect(found.contains(expected), "\(found)")
  }

  @Test("a shape without its histograms, and shape? that falls back to a factor")
  func missingVariations() throws {
    #expect(complaint(card("res shape - 1")).contains("f.root has no histogram 'b_resUp'; nearest: 'b_jesUp'"))
    let fallback = try converted(card("res shape? - 1.2")).workspace.channels[0].samples[1].modifiers
    #expect(fallback == [.init(name: "res", kind: .normsys(low: 1 / 1.2, high: 1.2))])
    let plain = card("jes shape - 1", shapes: "shapes * * f.root $PROCESS")
    #expect(complaint(plain).contains("needs histograms, but the 'shapes' line 4 names no varied one"))
  }
}

@Suite("Interpolations of factors and shifts")
struct InterpolationTests {
  /// A model of one factor, to reach the interpolation through what everybody uses.
  private func factor(_ alpha: Double, low: Double, high: Double, _ code: Interpolation) throws -> Double {
    let workspace = Workspace(
      channels: [
        .init(
          name: "c",
          samples: [.init(name: "s", data: [1], modifiers: [.init(name: "a", kind: .normsys(low: low, high: high))])])
      ], observations: [.init(name: "c", data: [1])], measurements: [.init(name: "m", poi: "")])
    let model = try Model(workspace, codes: InterpolationCodes(normsys: code))
    return model.asimovData(at: [alpha]).main[0]
  }

  @Test("Combine's log-normal: exact powers where symmetric, its halves outside, no kink at 0 and ±1/2")
  func joined() throws {
    for alpha in [-2.0, -0.5, -0.3, 0, 0.2, 0.49, 0.5, 1.7] {
      #expect(abs(try factor(alpha, low: 1 / 1.3, high: 1.3, .joinedExponential) - pow(1.3, alpha)) < 1e-14)
    }
    #expect(abs(try factor(0.6, low: 0.8, high: 1.1, .joinedExponential) - pow(1.1, 0.6)) < 1e-14)
    #expect(abs(try factor(-0.6, low: 0.8, high: 1.1, .joinedExponential) - pow(0.8, 0.6)) < 1e-14)
    for place in [-0.5, 0, 0.5] {
      let h = 1e-4
      let values = try (-2...2).map { try factor(place + Double($0) * h, low: 0.8, high: 1.1, .joinedExponential) }
      let (left, right) = ((values[2] - values[1]) / h, (values[3] - values[2]) / h)
      #expect(abs(left - right) < 1e-4, "a kink at \(place)")
    }
  }
}
