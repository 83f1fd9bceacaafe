extension HeavyGluonPairProduction {
  /// `hardProcess: {name: heavyGluonPair, …}` in process cards.
  public static let kind = HardProcessKind(
    name: "heavyGluonPair",
    parameters: [
      HardProcessParameter("mass", default: 3000, in: 500...10_000, "mass of the octet in GeV"),
      HardProcessParameter(
        "width", default: 0, in: 0...5000, "total width at the octet's mass in GeV; 0 for the sum of partial widths"),
      HardProcessParameter(
        "lightQuarkCoupling", default: -0.5, in: -10...10, "coupling to u, d, s, c, b in units of g_s(mass)"),
      HardProcessParameter("topLeftCoupling", default: -0.5, in: -10...10, "coupling to t_L in units of g_s(mass)"),
      HardProcessParameter("topRightCoupling", default: 2, in: -10...10, "coupling to t_R in units of g_s(mass)"),
      HardProcessParameter("partnerCoupling", default: 2, in: -10...10, "coupling to T in units of g_s(mass)"),
      HardProcessParameter("partnerMass", default: 1000, in: 200...5000, "mass of T in GeV"),
      HardProcessParameter(
        "withGluon", default: 0, in: 0...1, "1: add the gluon exchange and its interference; 0: the octet alone"),
    ],
    settings: { values in settings(for: octet(from: values)) },
    make: { values in
      let isInterfering = values["withGluon", default: 0] >= 0.5
      return HeavyGluonPairProduction(
        octet: octet(from: values), interference: isInterfering ? .withGluon : .resonanceOnly)
    })

  private static func octet(from values: [String: Double]) -> HeavyGluon {
    let defaults = HeavyGluon()
    let width = values["width", default: 0]
    return HeavyGluon(
      mass: values["mass", default: defaults.mass],
      lightQuarkCoupling: values["lightQuarkCoupling", default: defaults.lightQuarkCoupling],
      topLeftCoupling: values["topLeftCoupling", default: defaults.topLeftCoupling],
      topRightCoupling: values["topRightCoupling", default: defaults.topRightCoupling],
      partnerCoupling: values["partnerCoupling", default: defaults.partnerCoupling],
      partnerMass: values["partnerMass", default: defaults.partnerMass],
      givenWidth: width > 0 ? width : nil)
  }

  /// The octet as a particle that shapes the sampling of ŝ and is never produced on its own, and T's mass.
  static func settings(for octet: HeavyGluon) -> [String] {
    [
      // spin type 3 (vector), no charge, colour type 2 (octet)
      "\(octetID):all = HeavyGluon void 3 0 2 \(octet.mass) \(octet.width) 0 0 0",
      "\(octetID):isResonance = off",
      "\(octetID):mayDecay = off",
      "\(partnerID):m0 = \(octet.partnerMass)",
    ]
  }
}
