extension TopZProduction {
  /// `hardProcess: {name: topZ, …}` in process cards.
  public static let kind = HardProcessKind(
    name: "topZ",
    parameters: [
      HardProcessParameter(
        "upBranchingRatio", default: 1e-4, in: 0...1, "BR(t → uZ) = Γ(t → uZ)/Γ(t → bW) at leading order"),
      HardProcessParameter(
        "charmBranchingRatio", default: 0, in: 0...1, "BR(t → cZ) = Γ(t → cZ)/Γ(t → bW) at leading order"),
      HardProcessParameter("topMass", default: 173, in: 150...200, "top mass in GeV"),
    ],
    settings: { values in ["6:m0 = \(values["topMass", default: 173])"] },
    make: { values in
      var parameters = GaugeCouplings.pythia
      parameters.topMass = values["topMass", default: 173]
      func vertex(_ name: String, default ratio: Double) -> TopZVertex {
        TopZVertex(branchingRatio: values[name, default: ratio], parameters: parameters)
      }
      return TopZProduction(
        upVertex: vertex("upBranchingRatio", default: 1e-4), charmVertex: vertex("charmBranchingRatio", default: 0))
    })
}
