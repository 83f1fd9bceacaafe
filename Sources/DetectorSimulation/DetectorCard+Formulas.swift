import Foundation

/// The card's formulas: what a simulated detector does on average, and what measured curves are compared with.
extension DetectorCard {
  static func efficiency(_ regions: [EfficiencyRegion], pt: Double, eta: Double) -> Double {
    let eta = abs(eta)
    return regions.first { eta <= $0.eta && pt > $0.pt }?.value ?? 0
  }

  /// σ(p_T)/p_T of a track; `nil` outside the tracker.
  static func relativeResolution(_ regions: [TrackResolutionRegion], pt: Double, eta: Double) -> Double? {
    let eta = abs(eta)
    guard let region = regions.first(where: { eta <= $0.eta }) else { return nil }
    return (region.constant * region.constant + region.slope * region.slope * pt * pt).squareRoot()
  }

  /// The probability that a jet of a flavour (5, 4, else light) is tagged.
  public func tagEfficiency(flavour: Int, pt: Double, eta: Double) -> Double {
    guard abs(eta) <= bTagging.etaMax else { return 0 }
    let value =
      switch flavour {
      case 5: bTagging.b.value(pt)
      case 4: bTagging.c.value(pt)
      default: bTagging.lightConstant + bTagging.lightSlope * pt
      }
    return min(1, max(0, value))
  }
}

extension DetectorCard.TagCurve {
  func value(_ pt: Double) -> Double { amplitude * tanh(rise * pt) / (1 + fall * pt) }
}

extension DetectorCard.Calorimeter {
  /// σ(E) in GeV.
  public func sigma(energy: Double, eta: Double) -> Double {
    let eta = abs(eta)
    guard let region = resolution.first(where: { eta <= $0.eta }) else { return 0 }
    let shape = region.shape[0] + region.shape[1] * eta + region.shape[2] * eta * eta
    let (c, s, n) = (region.constant * energy, region.stochastic, region.noise)
    return shape * (c * c + s * s * energy + n * n).squareRoot()
  }
}

extension DetectorCard.Jets {
  /// What a jet's four-momentum is multiplied by.
  public func scale(pt: Double, eta: Double) -> Double {
    let offset = scaleOffset - scaleSlope * abs(eta)
    return (offset * offset / pt + 1).squareRoot()
  }

  /// The relative uncertainty of the energy scale; that of the last region beyond all.
  public func uncertainty(pt: Double, eta: Double) -> Double {
    let eta = abs(eta)
    guard let region = scaleUncertainty.first(where: { eta <= $0.eta }) ?? scaleUncertainty.last else { return 0 }
    let low = region.low / pt
    return (region.constant * region.constant + low * low).squareRoot()
  }
}
