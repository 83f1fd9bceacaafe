/// A particle species by its number in the Monte Carlo scheme of the Particle Data Group.
///
/// Digits as in the review "Monte Carlo particle numbering scheme": ± n n_r n_L n_q1 n_q2 n_q3 n_J.
public struct ParticleID: RawRepresentable, Hashable, Codable, Sendable {
  public var rawValue: Int32

  public init(rawValue: Int32) { self.rawValue = rawValue }
  public init(_ rawValue: Int32) { self.rawValue = rawValue }

  /// The species without regard to particle and antiparticle.
  @inlinable public var absolute: UInt32 { rawValue.magnitude }

  @inlinable public var isElectron: Bool { absolute == 11 }
  @inlinable public var isMuon: Bool { absolute == 13 }
  @inlinable public var isTau: Bool { absolute == 15 }
  @inlinable public var isPhoton: Bool { rawValue == 22 }
  @inlinable public var isGluon: Bool { rawValue == 21 }
  @inlinable public var isQuark: Bool { (1...8).contains(absolute) }

  @inlinable public var isChargedLepton: Bool { absolute == 11 || absolute == 13 || absolute == 15 }
  @inlinable public var isNeutrino: Bool { absolute == 12 || absolute == 14 || absolute == 16 || absolute == 18 }

  /// Leaves nothing in the detector: neutrinos, the lightest neutralino and sneutrinos, gravitino, dark-matter codes.
  @inlinable public var isInvisible: Bool {
    switch absolute {
    case 12, 14, 16, 18, 51...58, 1_000_012, 1_000_014, 1_000_016, 1_000_022, 1_000_039, 5_000_039: true
    default: false
    }
  }

  private var digit: (q1: UInt32, q2: UInt32, q3: UInt32) {
    (absolute / 1000 % 10, absolute / 100 % 10, absolute / 10 % 10)
  }

  private var isHadronCode: Bool {
    guard absolute >= 100, absolute < 1_000_000 || (9_000_000..<10_000_000).contains(absolute) else { return false }
    return absolute % 10 != 0 && digit.q3 != 0 && digit.q2 != 0 || absolute == 130 || absolute == 310
  }

  public var isMeson: Bool { isHadronCode && digit.q1 == 0 }
  public var isBaryon: Bool { isHadronCode && digit.q1 != 0 }
  public var isHadron: Bool { isHadronCode }

  /// The heaviest quark of a hadron (1 to 5); 0 for anything else.
  public var heaviestQuark: Int {
    guard isHadronCode else { return 0 }
    let digit = digit
    // Without the first digits of excited states; K_L and K_S have none but strange content.
    if absolute == 130 || absolute == 310 { return 3 }
    return Int(max(digit.q1, digit.q2, digit.q3))
  }

  /// A hadron with a b quark; bottomonium included.
  public var isBHadron: Bool { heaviestQuark == 5 }
  /// A hadron with a c quark and no b; charmonium included.
  public var isCHadron: Bool { heaviestQuark == 4 }

  /// Electric charge in units of e/3, from the code; 0 for codes the scheme gives no charge to.
  public var chargeThirds: Int {
    let sign = rawValue < 0 ? -1 : 1
    if isQuark { return sign * Self.quarkCharge(absolute) }
    switch absolute {
    case 11, 13, 15, 17: return -3 * sign
    case 24, 34, 37: return 3 * sign
    default: break
    }
    guard isHadronCode, absolute != 130, absolute != 310 else { return 0 }
    let digit = digit
    if digit.q1 != 0 {
      return sign * (Self.quarkCharge(digit.q1) + Self.quarkCharge(digit.q2) + Self.quarkCharge(digit.q3))
    }
    // A meson's heavier quark is a quark when it is up-type and an antiquark when it is down-type.
    let heavier = Self.quarkCharge(digit.q2) - Self.quarkCharge(digit.q3)
    return sign * (digit.q2 % 2 == 0 ? heavier : -heavier)
  }

  private static func quarkCharge(_ flavour: UInt32) -> Int { flavour % 2 == 0 ? 2 : -1 }
}

/// Masses that reconstructed objects are given, in GeV (PDG 2024).
public enum ParticleMass {
  public static let electron = 0.000_510_998_95
  public static let muon = 0.105_658_375_5
  public static let chargedPion = 0.139_570_39
  public static let zBoson = 91.1880
  public static let wBoson = 80.3692
}
