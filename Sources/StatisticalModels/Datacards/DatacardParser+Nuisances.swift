import Foundation
import Records

extension DatacardParser {
  /// What Combine knows and this program does not, with what could be written instead.
  private static let unsupported = [
    "shapeN": "write 'shape', which interpolates the bins linearly and not their logarithms",
    "shapeN?": "write 'shape?', which interpolates the bins linearly and not their logarithms",
    "shapeU": "HistFactory constrains all of its shapes; write 'shape'",
    "gmM": "write 'gmN' with the events of the control region",
    "trG": "write 'lnN' with factors down/up",
    "unif": "write 'lnU', or a rateParam with a range",
    "dFD": "write 'lnU', or a rateParam with a range", "dFD2": "write 'lnU', or a rateParam with a range",
    "param": "it constrains parameters of RooFit shapes; write 'lnN' for a constrained rate",
    "flatParam": "it belongs to RooFit shapes; write 'rateParam' for a free rate",
    "extArg": "it belongs to RooFit workspaces", "discrete": "it belongs to RooFit's multi-pdfs",
    "constr": "HistFactory has no constraints on combinations of parameters",
  ]

  mutating func readNuisance(_ words: [String], _ line: Int) throws {
    guard words.count >= 2 else {
      throw error(line, "found '\(words[0])' alone; a nuisance is 'name type values', one value a column")
    }
    let (name, type) = (words[0], words[1])
    if name == "nuisance", type == "edit" { return try readEdit(words, line) }
    if name.hasSuffix("[nofloat]") { throw error(line, "'[nofloat]' is not supported") }
    switch type {
    case "lnN": try addNuisance(name, .logNormal, words.dropFirst(2), line)
    case "lnU": try addNuisance(name, .logUniform, words.dropFirst(2), line)
    case "shape": try addNuisance(name, .shape, words.dropFirst(2), line)
    case "shape?": try addNuisance(name, .shapeOrLogNormal, words.dropFirst(2), line)
    case "gmN":
      guard words.count > 2, let count = Int(words[2]), count >= 0, count < 1_000_000_000 else {
        throw error(
          line, "gmN: found '\(words.count > 2 ? words[2] : "nothing")'; expected the control region's events")
      }
      try addNuisance(name, .gamma(count: count), words.dropFirst(3), line)
    case "rateParam": try readRateParameter(words, line)
    case "autoMCStats": try readAutomaticErrors(words, line)
    case "group": break
    default:
      if let advice = Self.unsupported[type] { throw error(line, "'\(type)' is not supported: \(advice)") }
      throw error(
        line, "unknown type '\(type)' of '\(name)'; known: lnN, lnU, gmN, shape, shape?, rateParam, autoMCStats, group")
    }
  }

  private mutating func addNuisance(
    _ name: String, _ distribution: Datacard.Distribution, _ words: ArraySlice<String>, _ line: Int
  ) throws {
    let count = card.columns.count
    guard words.count >= count else {
      throw error(line, "'\(name)' has \(words.count) values for \(count) columns; write - where it has no effect")
    }
    if let next = words.dropFirst(count).first, Double(next) != nil || next.allSatisfy({ $0 == "-" || $0 == "/" }) {
      throw error(
        line, "'\(name)' has more values than the \(count) columns: '\(next)' follows them (begin a remark with #)")
    }
    let effects = try zip(words, card.columns).map { try effect($0, of: name, distribution, on: $1, line) }
    for other in card.nuisances where other.name == name {
      guard other.distribution.isGaussian, distribution.isGaussian else {
        throw error(line, "'\(name)' stands in line \(other.line) already, with another type")
      }
      if let both = effects.indices.first(where: { effects[$0] != nil && other.effects[$0] != nil }) {
        let column = card.columns[both]
        throw error(
          line, "'\(name)' has an effect on '\(column.process)' in '\(column.bin)' in line \(other.line) already")
      }
    }
    card.nuisances.append(.init(name: name, distribution: distribution, effects: effects, line: line))
  }

  private func effect(
    _ word: String, of name: String, _ distribution: Datacard.Distribution, on column: Datacard.Column, _ line: Int
  ) throws -> Datacard.Effect? {
    if word.allSatisfy({ $0 == "-" }) { return nil }
    let what = "'\(name)' on '\(column.process)' in '\(column.bin)'"
    let parts = word.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    if parts.count > 1 {
      guard parts.count == 2, distribution != .shape, !distribution.isGamma else {
        throw error(line, "\(what): found '\(word)'; expected one number, or two of lnN as down/up")
      }
      let (down, up) = (try number(parts[0], what, line), try number(parts[1], what, line))
      guard down > 0, up > 0 else { throw error(line, "\(what): found '\(word)'; factors are positive") }
      return down == 1 && up == 1 ? nil : .init(down: down, up: up, isAsymmetric: true)
    }
    let value = try number(word, what, line)
    guard value >= 0 else { throw error(line, "\(what): found \(word); it cannot be negative (- for no effect)") }
    if value == 0 { return nil }
    switch distribution {
    case .logNormal, .logUniform: return value == 1 ? nil : .init(down: 1 / value, up: value, isAsymmetric: false)
    case .shape, .shapeOrLogNormal: return .init(down: value, up: value, isAsymmetric: false)
    case .gamma(let count):
      try checkGamma(count, value, column, what, line)
      return .init(down: value, up: value, isAsymmetric: false)
    }
  }

  /// The rate is α·N, up to rounding: Combine's own tolerance.
  private func checkGamma(
    _ count: Int, _ alpha: Double, _ column: Datacard.Column, _ what: String, _ line: Int
  ) throws {
    guard let rate = column.rate else { return }
    let expected = alpha * Double(count)
    guard abs(expected - rate) <= max(0.05 * max(rate, 1), alpha) else {
      throw error(line, "\(what): \(count) events times \(alpha) are \(expected), but its rate is \(rate)")
    }
  }

  // MARK: Rates

  private mutating func readRateParameter(_ words: [String], _ line: Int) throws {
    guard (5...6).contains(words.count) else {
      throw error(
        line, "a rateParam is 'name rateParam bin process start [low,high]', or with a formula and its arguments")
    }
    let columns = card.columns.indices.filter {
      matches(words[2], card.columns[$0].bin) && matches(words[3], card.columns[$0].process)
    }
    guard !columns.isEmpty else {
      throw error(line, "there is no process '\(words[3])' in a bin '\(words[2])'")
    }
    if words[4].contains(".root") {
      throw error(line, "a rateParam from a RooFit workspace ('\(words[4])') is not supported; write its value")
    }
    if words.count == 6, !words[5].hasPrefix("[") { return try readProduct(words, columns, line) }
    let initial = try number(words[4], "the rateParam '\(words[0])'", line)
    var bounds: ClosedRange<Double>?
    if words.count == 6 {
      let ends = words[5].dropFirst().prefix { $0 != "]" }.split(separator: ",").compactMap { Double($0) }
      guard words[5].hasSuffix("]"), ends.count == 2, ends[0] < ends[1], ends[0].isFinite, ends[1].isFinite,
        (ends[0]...ends[1]).contains(initial)
      else {
        throw error(line, "found the range '\(words[5])'; expected [low,high] around the start \(words[4])")
      }
      bounds = ends[0]...ends[1]
    }
    if let index = card.rateParameters.firstIndex(where: { $0.name == words[0] }) {
      let other = card.rateParameters[index]
      guard other.initial == initial, other.bounds == bounds else {
        throw error(line, "the rateParam '\(words[0])' starts or ends elsewhere in line \(other.line)")
      }
      card.rateParameters[index].columns += columns.filter { !other.columns.contains($0) }
      return
    }
    if let other = card.nuisances.first(where: { $0.name == words[0] }) {
      throw error(line, "'\(words[0])' is a nuisance in line \(other.line); a rateParam needs a name of its own")
    }
    card.rateParameters.append(
      .init(name: words[0], columns: columns, initial: initial, bounds: bounds, line: line))
  }

  private mutating func readProduct(_ words: [String], _ columns: [Int], _ line: Int) throws {
    let names = words[5].split(separator: ",").map(String.init)
    var constant = 1.0
    var factors: [String] = []
    let formula = words[4].filter { $0 != "(" && $0 != ")" }
    for part in formula.split(separator: "*", omittingEmptySubsequences: false) {
      if part.hasPrefix("@"), let index = Int(part.dropFirst()), names.indices.contains(index) {
        factors.append(names[index])
      } else if let value = Double(part), value.isFinite, value > 0 {
        constant *= value
      } else {
        throw error(
          line, "the formula '\(words[4])' is not supported: HistFactory's rates are products, such as 2*@0*@1")
      }
    }
    card.rateProducts.append(
      .init(name: words[0], columns: columns, constant: constant, factors: factors, line: line))
  }

  func checkRateProducts() throws {
    let names = card.rateParameters.map(\.name)
    for product in card.rateProducts {
      for factor in product.factors where !names.contains(factor) {
        let near = nearestName(to: factor, in: names).map { "; nearest: '\($0)'" } ?? ""
        throw error(product.line, "no rateParam with a value is named '\(factor)'\(near)")
      }
    }
    if let poi = card.rateParameters.first(where: { $0.name == "r" }) {
      throw error(poi.line, "'r' is the signal's strength; give the rateParam another name")
    }
    if let poi = card.nuisances.first(where: { $0.name == "r" }) {
      throw error(poi.line, "'r' is the signal's strength; give the nuisance another name")
    }
    for name in card.frozen where !(names + card.nuisances.map(\.name)).contains(name) {
      let near = nearestName(to: name, in: names + card.nuisances.map(\.name)).map { "; nearest: '\($0)'" } ?? ""
      throw error(nil, "'nuisance edit freeze \(name)': there is no such nuisance\(near)")
    }
  }

  // MARK: The rest

  private mutating func readAutomaticErrors(_ words: [String], _ line: Int) throws {
    guard (3...5).contains(words.count) else {
      throw error(line, "autoMCStats is 'bin autoMCStats threshold [include-signal [mode]]'")
    }
    let threshold = try number(words[2], "autoMCStats", line)
    let flags = try words.dropFirst(3).map { word in
      guard let flag = Int(word), (0...2).contains(flag) else {
        throw error(line, "autoMCStats: found '\(word)'; expected include-signal as 0 or 1 and the mode as 1 or 2")
      }
      return flag
    }
    let bins = card.bins.filter { matches(words[0], $0) }
    guard !bins.isEmpty else {
      throw error(line, "there is no bin '\(words[0])'; there are \(card.bins.joined(separator: ", "))")
    }
    for bin in bins {
      card.automaticErrors[bin] = .init(
        threshold: threshold, includesSignal: flags.first.map { $0 != 0 } ?? false,
        morphsNormalisation: flags.count > 1 && flags[1] == 2, line: line)
    }
  }

  private mutating func readEdit(_ words: [String], _ line: Int) throws {
    guard words.count >= 4, words[2] == "freeze" else {
      throw error(
        line,
        "'nuisance edit \(words.count > 2 ? words[2] : "")' is not supported ('nuisance edit freeze NAME' is); "
          + "write the nuisances as they are to be")
    }
    card.frozen += words[3...].filter { $0 != "ifexists" }
  }

  /// Whether a name fits a pattern with `*` and `?`.
  func matches(_ pattern: String, _ name: String) -> Bool {
    let (p, n) = (Array(pattern.unicodeScalars), Array(name.unicodeScalars))
    var (i, j) = (0, 0)
    var (star, mark) = (-1, 0)
    while j < n.count {
      if i < p.count, p[i] == "?" || (p[i] == n[j] && p[i] != "*") {
        i += 1
        j += 1
      } else if i < p.count, p[i] == "*" {
        (star, mark) = (i, j)
        i += 1
      } else if star >= 0 {
        mark += 1
        (i, j) = (star + 1, mark)
      } else {
        return false
      }
    }
    return p[i...].allSatisfy { $0 == "*" }
  }
}

extension Datacard.Distribution {
  /// Whether its parameter is constrained to 0 ± 1.
  var isGaussian: Bool { self == .logNormal || self == .shape || self == .shapeOrLogNormal }

  var isGamma: Bool {
    if case .gamma = self { return true }
    return false
  }
}
