import PhysicsObjects

/// A kinematic function of several numbers an event or object.
struct KinematicFunction: Sendable {
  var arguments: [String]
  /// Of one row's arguments, in their order.
  var value: @Sendable (UnsafePointer<Double>) -> Double
}

/// Functions whose definitions are those of `PhysicsObjects`: GeV, radians; visible objects are massless where no mass is
/// asked for.
extension ExpressionEvaluator {
  static let kinematic: [String: KinematicFunction] = [
    "neutrinoPz": KinematicFunction(arguments: ["pt", "eta", "phi", "missing", "missing_phi"]) {
      neutrinoLongitudinalMomentum(lepton: massless($0), missing: missing($0 + 3))
    },
    "MT2": KinematicFunction(
      arguments: ["pt1", "phi1", "m1", "pt2", "phi2", "m2", "missing", "missing_phi", "invisible_mass"]
    ) {
      stransverseMass(
        FourMomentum(pt: $0[0], eta: 0, phi: $0[1], mass: $0[2]),
        FourMomentum(pt: $0[3], eta: 0, phi: $0[4], mass: $0[5]), missing: missing($0 + 6), invisibleMass: $0[8])
    },
    "razorMR": razor { $0.mR }, "razorMTR": razor { $0.mTR }, "razorR": razor { $0.ratio },
    "superRazorSR": superRazor { $0.sR }, "superRazorMDeltaR": superRazor { $0.mDeltaR },
    "superRazorDeltaPhi": superRazor { $0.deltaPhiBeta }, "superRazorCosTheta": superRazor { $0.cosTheta },
  ]

  private static let pair = ["pt1", "eta1", "phi1", "pt2", "eta2", "phi2", "missing", "missing_phi"]

  private static func massless(_ values: UnsafePointer<Double>) -> FourMomentum {
    FourMomentum(pt: values[0], eta: values[1], phi: values[2], mass: 0)
  }

  private static func missing(_ values: UnsafePointer<Double>) -> MissingMomentum {
    MissingMomentum(magnitude: values[0], phi: values[1])
  }

  private static func razor(_ member: @escaping @Sendable (RazorVariables) -> Double) -> KinematicFunction {
    KinematicFunction(arguments: pair) {
      member(RazorVariables(massless($0), massless($0 + 3), missing: missing($0 + 6)))
    }
  }

  private static func superRazor(_ member: @escaping @Sendable (SuperRazorVariables) -> Double) -> KinematicFunction {
    KinematicFunction(arguments: pair) {
      member(SuperRazorVariables(massless($0), massless($0 + 3), missing: missing($0 + 6)))
    }
  }

  /// A kinematic function on whole columns; constants and one value an event go with each of an event's objects.
  func evaluate(
    _ function: KinematicFunction, _ values: [ExpressionValue], _ node: SyntaxNode
  ) throws -> ExpressionValue {
    var shape = values[0]
    for value in values.dropFirst() { shape = try matching(shape.combined(with: value) { first, _ in first }, node) }
    let columns = try values.map { value in
      try matching(shape.combined(with: value) { _, second in second }, node).numbers
    }
    var result = shape
    result.isBoolean = false
    result.isFlag = false
    result.present = []
    var row = [Double](repeating: 0, count: columns.count)
    for i in result.numbers.indices {
      for (argument, column) in columns.enumerated() { row[argument] = column[i] }
      result.numbers[i] = row.withUnsafeBufferPointer { $0.baseAddress.map(function.value) ?? 0 }
    }
    return result
  }
}
