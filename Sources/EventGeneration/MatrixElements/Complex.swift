/// A complex number in double precision: the little arithmetic that amplitudes need.
struct Complex: Hashable, Sendable {
  var real, imaginary: Double

  init(_ real: Double, _ imaginary: Double = 0) {
    self.real = real
    self.imaginary = imaginary
  }

  static let zero = Complex(0)
  static let one = Complex(1)
  static let i = Complex(0, 1)

  var conjugate: Complex { Complex(real, -imaginary) }
  /// |z|²
  var squaredModulus: Double { real * real + imaginary * imaginary }
  /// |z|
  var modulus: Double { squaredModulus.squareRoot() }

  static func + (a: Complex, b: Complex) -> Complex { Complex(a.real + b.real, a.imaginary + b.imaginary) }
  static func - (a: Complex, b: Complex) -> Complex { Complex(a.real - b.real, a.imaginary - b.imaginary) }
  static prefix func - (a: Complex) -> Complex { Complex(-a.real, -a.imaginary) }
  static func * (a: Complex, b: Complex) -> Complex {
    Complex(a.real * b.real - a.imaginary * b.imaginary, a.real * b.imaginary + a.imaginary * b.real)
  }
  static func * (a: Double, b: Complex) -> Complex { Complex(a * b.real, a * b.imaginary) }
  static func / (a: Double, b: Complex) -> Complex { (a / b.squaredModulus) * b.conjugate }
  static func += (a: inout Complex, b: Complex) { a = a + b }
}
