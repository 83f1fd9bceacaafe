/// A demand on the hard process, tested after its resonances decayed and before showers, so that events that cannot
/// pass a selection cost microseconds instead of milliseconds.
///
/// The cross-section of the events counts what the veto refused as not produced. Cuts must be loose: showers, decays
/// and the detector change momenta afterwards.
public struct ProcessVeto: Hashable, Codable, Sendable {
  /// `leptons.count` (integer, 0, 0...8): electrons and muons of the hard process with the cuts below.
  public var leptonCount = 0
  /// `leptons.taus` (boolean, true): a τ counts as well, because it may decay to an electron or a muon.
  public var countsTaus = true
  /// `leptons.pt` (number, 0, 0...10000): transverse momentum of each counted lepton above this, in GeV.
  public var leptonPtMinimum = 0.0
  /// `leptons.eta` (number, 10, 0...20): |η| of each counted lepton below this.
  public var leptonEtaMaximum = 10.0
  /// `scalarSum` (number, 0, 0...100000): scalar sum of the transverse momenta of the outgoing particles of the hard
  /// process, neutrinos left out, above this, in GeV.
  public var scalarSumMinimum = 0.0
  /// `decays`: decays of resonances that must be there.
  public var decays: [DecayRule] = []

  public init() {}

  /// At least `atLeast` and at most `atMost` resonances that decay to the two products, antiparticles included.
  public struct DecayRule: Hashable, Codable, Sendable {
    /// `parent` (integer, required): PDG id without sign.
    public var parent: Int
    /// `products` (two integers, required): PDG ids without sign, in any order.
    public var products: [Int]
    /// `atLeast` (integer, 1, 0...8)
    public var atLeast: Int
    /// `atMost` (integer, 8, 0...8)
    public var atMost: Int

    public init(parent: Int, products: [Int], atLeast: Int = 1, atMost: Int = 8) {
      precondition(products.count == 2, "need two products, got \(products)")
      self.parent = parent
      self.products = products
      self.atLeast = atLeast
      self.atMost = atMost
    }
  }
}
