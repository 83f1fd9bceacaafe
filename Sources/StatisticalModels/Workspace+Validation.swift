extension Workspace {
  /// Checks what the schema cannot say: lengths, signs, names.
  /// - Throws: ``WorkspaceError`` at the first fault.
  public func validated() throws -> Workspace {
    guard !channels.isEmpty else { throw fault("channels", "is empty; at least one channel is needed") }
    guard !measurements.isEmpty else { throw fault("measurements", "is empty; at least one measurement is needed") }
    try unique(channels.map(\.name), "channels")
    try unique(observations.map(\.name), "observations")
    try unique(measurements.map(\.name), "measurements")
    for (index, channel) in channels.enumerated() { try check(channel, at: "channels[\(index)]") }
    try checkObservations()
    for (index, measurement) in measurements.enumerated() {
      let place = "measurements[\(index)].config.parameters"
      try unique(measurement.parameters.map(\.name), place)
      for (number, settings) in measurement.parameters.enumerated() {
        for (key, values) in [("inits", settings.inits), ("auxdata", settings.auxdata)] {
          if let bad = values?.first(where: { !$0.isFinite }) {
            throw fault("\(place)[\(number)].\(key)", "found \(bad)")
          }
        }
        for (key, values) in [("sigmas", settings.sigmas), ("factors", settings.factors)] {
          if let bad = values?.first(where: { !($0 > 0 && $0.isFinite) }) {
            throw fault("\(place)[\(number)].\(key)", "found \(bad); must be positive")
          }
        }
      }
    }
    return self
  }

  private func fault(_ path: String, _ message: String) -> WorkspaceError {
    WorkspaceError(file: file, path: path, message: message)
  }

  private func unique(_ names: [String], _ path: String) throws {
    var seen: [String: Int] = [:]
    for (index, name) in names.enumerated() {
      if let first = seen.updateValue(index, forKey: name) {
        throw fault("\(path)[\(index)].name", "'\(name)' is also the name of \(path)[\(first)]; names must differ")
      }
    }
  }

  private func check(_ channel: Channel, at path: String) throws {
    guard let first = channel.samples.first else {
      throw fault("\(path).samples", "is empty; at least one sample is needed")
    }
    guard !first.data.isEmpty else { throw fault("\(path).samples[0].data", "is empty; at least one bin is needed") }
    try unique(channel.samples.map(\.name), "\(path).samples")
    for (index, sample) in channel.samples.enumerated() {
      let place = "\(path).samples[\(index)]"
      try checkBins(sample.data, count: first.data.count, at: "\(place).data", of: "the channel's first sample")
      var seen: Set<String> = []
      for (number, modifier) in sample.modifiers.enumerated() {
        let spot = "\(place).modifiers[\(number)]"
        guard seen.insert("\(modifier.kind.type)/\(modifier.name)").inserted else {
          throw fault(spot, "the sample has the \(modifier.kind.type) '\(modifier.name)' twice")
        }
        try check(modifier, bins: first.data.count, at: spot)
      }
    }
  }

  private func check(_ modifier: Modifier, bins: Int, at path: String) throws {
    switch modifier.kind {
    case .normfactor, .shapefactor: break
    case .lumi:
      guard modifier.name == "lumi" else {
        throw fault("\(path).name", "found '\(modifier.name)'; a lumi is named 'lumi'")
      }
    case .normsys(let low, let high):
      for (key, value) in [("lo", low), ("hi", high)] where !(value > 0 && value.isFinite) {
        throw fault("\(path).data.\(key)", "found \(value); a factor must be positive")
      }
    case .histosys(let low, let high):
      try checkBins(low, count: bins, at: "\(path).data.lo_data", of: "the sample", signed: true)
      try checkBins(high, count: bins, at: "\(path).data.hi_data", of: "the sample", signed: true)
    case .staterror(let errors), .shapesys(let errors):
      try checkBins(errors, count: bins, at: "\(path).data", of: "the sample")
    }
  }

  private func checkBins(_ data: [Double], count: Int, at path: String, of owner: String, signed: Bool = false) throws {
    guard data.count == count else { throw fault(path, "found \(data.count) bins; \(owner) has \(count)") }
    for (bin, value) in data.enumerated() where !(value.isFinite && (signed || value >= 0)) {
      throw fault("\(path)[\(bin)]", "found \(value); must be \(signed ? "finite" : "finite and not negative")")
    }
  }

  private func checkObservations() throws {
    for (index, observation) in observations.enumerated() {
      guard let channel = channels.first(where: { $0.name == observation.name }) else {
        throw fault(
          "observations[\(index)].name",
          "there is no channel '\(observation.name)'; there are \(channels.map(\.name).joined(separator: ", "))")
      }
      try checkBins(
        observation.data, count: channel.samples[0].data.count, at: "observations[\(index)].data",
        of: "the channel '\(channel.name)'")
    }
    for (index, channel) in channels.enumerated() where !observations.contains(where: { $0.name == channel.name }) {
      throw fault("channels[\(index)]", "there is no observation named '\(channel.name)'")
    }
  }
}
