import Records

/// What an event is used for.
public enum SplitPart: String, Hashable, Codable, Sendable, CaseIterable {
  case training, validation, test
}

/// Shares events among training, validation and test by a hash of their identity, so that a changed cut moves no event
/// from one part to another.
public struct EventSplit: Hashable, Codable, Sendable {
  /// Fractions of all events; what is left is ``SplitPart/test``.
  public var training, validation: Double
  /// Another salt makes another split.
  public var salt: UInt64

  /// - Throws: ``LearningError/invalidConfiguration(key:value:allowed:)``.
  public init(training: Double, validation: Double, salt: UInt64 = 0) throws {
    guard training >= 0, validation >= 0, training + validation <= 1 else {
      throw LearningError.invalidConfiguration(
        key: "split", value: "\(training) + \(validation)", allowed: "fractions that add up to at most 1")
    }
    self.training = training
    self.validation = validation
    self.salt = salt
  }

  /// The part of the event with this identity.
  /// - Parameter sample: the sample's name; events of equal numbers in other samples are independent.
  public func part(sample: String, slice: Int32, block: Int32, index: Int32) -> SplitPart {
    assigner(sample: sample)(slice, block, index)
  }

  /// The same for many events of one sample: the name is hashed once.
  public func assigner(sample: String) -> @Sendable (Int32, Int32, Int32) -> SplitPart {
    let key = Digest.of("searchlight split 1:\(salt):\(sample)").leadingBits
    let first = training, second = training + validation
    return { slice, block, index in
      let word = Philox.block(
        counter: SIMD4(UInt32(bitPattern: slice), UInt32(bitPattern: block), UInt32(bitPattern: index), 0),
        key: SIMD2(UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32)))
      let u = (Double(word[0]) + Double(word[1]) * 0x1p-32) * 0x1p-32
      return u < first ? .training : u < second ? .validation : .test
    }
  }
}
