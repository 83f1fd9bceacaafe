public import Cards
public import Foundation

extension DetectorCard {
  /// Reads and checks a detector card.
  /// - Throws: `FileError`, `CardError`.
  public static func read(_ url: URL) throws -> DetectorCard { try DetectorCard(CardValue.read(url)) }

  /// The card from YAML.
  public init(_ card: CardValue) throws {
    let fields = try card.fields([
      "schema", "name", "title", "magnet", "tracking_efficiency", "tracking_resolution", "ecal", "hcal", "electrons",
      "muons", "photons", "jets", "large_jets", "b_tagging",
    ])
    let schema = try fields["schema"].integer()
    guard schema == DetectorCard.schemaVersion else {
      throw fields["schema"].error("schema \(schema) is unknown; this program reads \(DetectorCard.schemaVersion)")
    }
    name = try fields["name"].string()
    title = try fields["title"].ifPresent?.string() ?? name
    magnet = try Magnet(fields["magnet"])
    trackingEfficiency = try BySpecies(fields["tracking_efficiency"]) { try $0.list().map(EfficiencyRegion.init) }
    trackingResolution = try BySpecies(fields["tracking_resolution"]) { try $0.list().map(TrackResolutionRegion.init) }
    ecal = try Calorimeter(fields["ecal"])
    hcal = try Calorimeter(fields["hcal"])
    electrons = try Identification(fields["electrons"])
    muons = try Identification(fields["muons"])
    photons = try Identification(fields["photons"])
    jets = try Jets(fields["jets"])
    largeJets = try LargeJets(fields["large_jets"])
    bTagging = try BTagging(fields["b_tagging"])
  }
}

private let positive = Double.leastNormalMagnitude...Double.greatestFiniteMagnitude

extension DetectorCard.Magnet {
  init(_ value: CardValue) throws {
    let fields = try value.fields(["field", "radius", "half_length"])
    field = try fields["field"].double(in: -20...20)
    radius = try fields["radius"].double(in: positive)
    halfLength = try fields["half_length"].double(in: positive)
  }
}

extension DetectorCard.BySpecies {
  init(_ value: CardValue, _ read: (CardValue) throws -> Value) throws {
    let fields = try value.fields(["hadrons", "electrons", "muons"])
    hadrons = try read(fields["hadrons"])
    electrons = try read(fields["electrons"])
    muons = try read(fields["muons"])
  }
}

extension DetectorCard.EfficiencyRegion {
  init(_ value: CardValue) throws {
    let fields = try value.fields(["eta", "pt", "value"])
    eta = try fields["eta"].double(in: positive)
    pt = try fields["pt"].ifPresent?.double(in: 0...) ?? 0
    self.value = try fields["value"].double(in: 0...1)
  }
}

extension DetectorCard.TrackResolutionRegion {
  init(_ value: CardValue) throws {
    let fields = try value.fields(["eta", "constant", "slope"])
    eta = try fields["eta"].double(in: positive)
    constant = try fields["constant"].double(in: 0...1)
    slope = try fields["slope"].double(in: 0...1)
  }
}

extension DetectorCard.Calorimeter {
  init(_ value: CardValue) throws {
    let fields = try value.fields(["threshold", "significance", "grid", "resolution"])
    threshold = try fields["threshold"].double(in: 0...)
    significance = try fields["significance"].double(in: 0...)
    var grid = [DetectorCard.Rings]()
    for entry in try fields["grid"].list() {
      let rings = try DetectorCard.Rings(entry)
      if let before = grid.last?.edges.last, before != rings.edges[0] {
        throw entry.error("rings begin at |η| = \(rings.edges[0]), those before end at \(before); they must meet")
      }
      grid.append(rings)
    }
    guard grid.first?.edges.first == 0 else { throw fields["grid"].error("the first rings must begin at |η| = 0") }
    self.grid = grid
    resolution = try fields["resolution"].list().map(DetectorCard.EnergyResolutionRegion.init)
  }
}

extension DetectorCard.Rings {
  init(_ value: CardValue) throws {
    let fields = try value.fields(["to", "step", "edges", "phi"])
    phi = try fields["phi"].integer(in: 1...3600)
    if let edges = fields["edges"].ifPresent {
      self.edges = try edges.list().map { try $0.double(in: 0...10) }
    } else {
      let (to, step) = (try fields["to"].double(in: positive), try fields["step"].double(in: 0.001...1))
      let count = Int((to / step).rounded())
      edges = (0...count).map { $0 == count ? to : Double($0) * step }
    }
    guard edges.count >= 2, zip(edges, edges.dropFirst()).allSatisfy(<) else { throw value.error("edges must rise") }
  }
}

extension DetectorCard.EnergyResolutionRegion {
  init(_ value: CardValue) throws {
    let fields = try value.fields(["eta", "constant", "stochastic", "noise", "shape"])
    eta = try fields["eta"].double(in: positive)
    constant = try fields["constant"].double(in: 0...)
    stochastic = try fields["stochastic"].double(in: 0...)
    noise = try fields["noise"].double(in: 0...)
    shape = try fields["shape"].ifPresent?.list().map { try $0.double() } ?? [1, 0, 0]
    guard shape.count == 3 else { throw fields["shape"].error("three numbers are needed: f0, f1, f2") }
  }
}

extension DetectorCard.Identification {
  init(_ value: CardValue) throws {
    let fields = try value.fields(["efficiency", "isolation", "isolation_radius", "isolation_pt"])
    efficiency = try fields["efficiency"].list().map(DetectorCard.EfficiencyRegion.init)
    isolation = try fields["isolation"].double(in: positive)
    isolationRadius = try fields["isolation_radius"].ifPresent?.double(in: positive) ?? 0.5
    isolationPt = try fields["isolation_pt"].ifPresent?.double(in: 0...) ?? 0.5
  }
}

extension DetectorCard.Jets {
  init(_ value: CardValue) throws {
    let fields = try value.fields(["radius", "pt_min", "scale", "scale_uncertainty"])
    radius = try fields["radius"].ifPresent?.double(in: positive) ?? 0.4
    ptMin = try fields["pt_min"].ifPresent?.double(in: 1...) ?? 20
    let scale = try fields["scale"].fields(["offset", "slope"])
    scaleOffset = try scale["offset"].double()
    scaleSlope = try scale["slope"].double()
    scaleUncertainty =
      try fields["scale_uncertainty"].ifPresent?.list().map { entry in
        let fields = try entry.fields(["eta", "constant", "low"])
        return DetectorCard.ScaleUncertaintyRegion(
          eta: try fields["eta"].double(in: positive), constant: try fields["constant"].double(in: 0...0.5),
          low: try fields["low"].double(in: 0...10))
      } ?? []
  }
}

extension DetectorCard.LargeJets {
  init(_ value: CardValue) throws {
    let fields = try value.fields(["radius", "pt_min", "trim_radius", "trim_fraction"])
    radius = try fields["radius"].ifPresent?.double(in: positive) ?? 0.8
    ptMin = try fields["pt_min"].ifPresent?.double(in: 1...) ?? 200
    trimRadius = try fields["trim_radius"].ifPresent?.double(in: positive) ?? 0.2
    trimFraction = try fields["trim_fraction"].ifPresent?.double(in: 0..<1) ?? 0.05
  }
}

extension DetectorCard.BTagging {
  init(_ value: CardValue) throws {
    let fields = try value.fields(["eta_max", "match_radius", "b", "c", "light"])
    etaMax = try fields["eta_max"].ifPresent?.double(in: positive) ?? 2.5
    matchRadius = try fields["match_radius"].ifPresent?.double(in: positive) ?? 0.4
    b = try DetectorCard.TagCurve(fields["b"])
    c = try DetectorCard.TagCurve(fields["c"])
    let light = try fields["light"].fields(["constant", "slope"])
    lightConstant = try light["constant"].double(in: 0...1)
    lightSlope = try light["slope"].double(in: 0...1)
  }
}

extension DetectorCard.TagCurve {
  init(_ value: CardValue) throws {
    let fields = try value.fields(["amplitude", "rise", "fall"])
    amplitude = try fields["amplitude"].double(in: 0...1000)
    rise = try fields["rise"].double(in: 0...10)
    fall = try fields["fall"].double(in: 0...10)
  }
}
