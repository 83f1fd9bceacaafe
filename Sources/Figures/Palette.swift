import Foundation

extension Double {
  func power(_ exponent: Double) -> Double { pow(self, exponent) }
}

/// Colours that stay apart for every common kind of colour vision.
public enum Palette: String, Hashable, Codable, Sendable, CaseIterable {
  /// Ten colours for filled areas and lines, by M. Petroff, arXiv:2107.02270; the CMS and ATLAS recommendation.
  case petroff
  /// Eight colours of M. Okabe and K. Ito (2008), strong enough for thin lines.
  case okabeIto

  public var colors: [Color] {
    switch self {
    case .petroff:
      [
        0x3F90DA, 0xFFA90E, 0xBD1F01, 0x94A4A2, 0x832DB6, 0xA96B59, 0xE76300, 0xB9AC70, 0x717581, 0x92DADD,
      ].map { Color($0) }
    case .okabeIto:
      [0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0x000000, 0xF0E442].map { Color($0) }
    }
  }

  /// The colour of series `index`; past the end the colours begin again, with other dashes (see `LineStyle.cycle`).
  public subscript(index: Int) -> Color { colors[index % colors.count] }
}

/// A colour scale for heat maps, perceptually even and readable in grey.
public enum ColorMap: String, Hashable, Codable, Sendable, CaseIterable {
  /// matplotlib's viridis: dark blue to yellow.
  case viridis
  /// cividis (Nuñez, Anderton, Renslow 2018): the same for red-green blind and full colour vision.
  case cividis
  /// White to dark blue, for few counts on empty ground.
  case blues
  /// Blue through white to red, of equal strength at equal distance from the middle (ColorBrewer's RdBu, reversed).
  case diverging

  var anchors: [UInt32] {
    switch self {
    case .viridis:
      [
        0x440154, 0x48186A, 0x472D7B, 0x424086, 0x3B528B, 0x33638D, 0x2C728E, 0x26828E, 0x21918C, 0x1F9F88, 0x27AD81,
        0x3DBC74, 0x5CC863, 0x81D34D, 0xAADC32, 0xD5E21A, 0xFDE725,
      ]
    case .cividis:
      [
        0x00224E, 0x002E6A, 0x1A386F, 0x32436D, 0x434E6C, 0x535A6D, 0x61656F, 0x6F7073, 0x7D7C78, 0x8B8778, 0x9A9376,
        0xAAA073, 0xBBAD6D, 0xCCBA64, 0xDDC858, 0xEFD748, 0xFEE838,
      ]
    case .blues: [0xF7FBFF, 0xDEEBF7, 0xC6DBEF, 0x9ECAE1, 0x6BAED6, 0x4292C6, 0x2171B5, 0x08519C, 0x08306B]
    case .diverging: [0x2166AC, 0x4393C3, 0x92C5DE, 0xD1E5F0, 0xFFFFFF, 0xFDDBC7, 0xF4A582, 0xD6604D, 0xB2182B]
    }
  }

  /// The colour at `fraction` in [0, 1] (clamped) of the scale, linear between the anchors.
  public func color(at fraction: Double) -> Color {
    let position = min(max(fraction, 0), 1) * Double(anchors.count - 1)
    let index = min(Int(position), anchors.count - 2)
    return Color(anchors[index]).mixed(with: Color(anchors[index + 1]), fraction: position - Double(index))
  }
}
