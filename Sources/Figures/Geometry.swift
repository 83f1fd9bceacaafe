/// A place on the page in points (1/72 inch), y downwards.
public struct Point: Hashable, Codable, Sendable {
  public var x, y: Double
  public init(_ x: Double, _ y: Double) {
    self.x = x
    self.y = y
  }
}

/// A rectangle on the page in points, y downwards: `top < bottom`.
public struct Rect: Hashable, Codable, Sendable {
  public var left, top, right, bottom: Double

  public init(left: Double, top: Double, right: Double, bottom: Double) {
    self.left = left
    self.top = top
    self.right = right
    self.bottom = bottom
  }

  public var width: Double { right - left }
  public var height: Double { bottom - top }
  public var center: Point { Point((left + right) / 2, (top + bottom) / 2) }

  /// The rectangle with each side moved inwards by `margin` (outwards when negative).
  public func inset(by margin: Double) -> Rect {
    Rect(left: left + margin, top: top + margin, right: right - margin, bottom: bottom - margin)
  }

  public func intersects(_ other: Rect) -> Bool {
    left < other.right && other.left < right && top < other.bottom && other.top < bottom
  }

  public func contains(_ other: Rect) -> Bool {
    left <= other.left && other.right <= right && top <= other.top && other.bottom <= bottom
  }

  public func contains(_ point: Point) -> Bool {
    left <= point.x && point.x <= right && top <= point.y && point.y <= bottom
  }

  /// Whether the straight line from `a` to `b` has a point inside, by Liang and Barsky's clipping.
  public func meetsSegment(from a: Point, to b: Point) -> Bool {
    var enter = 0.0, leave = 1.0
    let bounds = [
      (-(b.x - a.x), a.x - left), (b.x - a.x, right - a.x), (-(b.y - a.y), a.y - top), (b.y - a.y, bottom - a.y),
    ]
    for (step, room) in bounds {
      if step == 0 {
        if room < 0 { return false }
      } else if step < 0 {
        enter = max(enter, room / step)
      } else {
        leave = min(leave, room / step)
      }
    }
    return enter <= leave
  }
}

/// A colour in sRGB with opacity, components in [0, 1].
public struct Color: Hashable, Codable, Sendable {
  public var red, green, blue, alpha: Double

  public init(red: Double, green: Double, blue: Double, alpha: Double = 1) {
    self.red = red
    self.green = green
    self.blue = blue
    self.alpha = alpha
  }

  /// A colour from its hexadecimal code, `Color(0xD55E00)`.
  public init(_ code: UInt32, alpha: Double = 1) {
    self.init(
      red: Double(code >> 16 & 0xFF) / 255, green: Double(code >> 8 & 0xFF) / 255, blue: Double(code & 0xFF) / 255,
      alpha: alpha)
  }

  public static let black = Color(0x000000)
  public static let white = Color(0xFFFFFF)

  public func opacity(_ alpha: Double) -> Color { Color(red: red, green: green, blue: blue, alpha: alpha) }

  /// The colour a fraction of the way to `other`, linear in sRGB components.
  public func mixed(with other: Color, fraction: Double) -> Color {
    func mix(_ a: Double, _ b: Double) -> Double { a + (b - a) * fraction }
    return Color(
      red: mix(red, other.red), green: mix(green, other.green), blue: mix(blue, other.blue),
      alpha: mix(alpha, other.alpha))
  }

  /// Relative luminance in [0, 1] (WCAG 2.1), for choosing black or white text on it.
  public var luminance: Double {
    func linear(_ c: Double) -> Double { c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055).power(2.4) }
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  }

  /// Black or white, whichever contrasts more with this colour as a background.
  public var readableText: Color { luminance > 0.179 ? .black : .white }
}
