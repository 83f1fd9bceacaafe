import Records

/// Which part of the work an event serves.
public enum Membership: UInt8, Hashable, Codable, Sendable, CaseIterable {
  case train, validation, test
}

/// An event's identity: the same through every step, whatever is cut or reordered.
public struct EventIdentity: Hashable, Sendable {
  public var slice, block, index: Int32

  public init(slice: Int32, block: Int32, index: Int32) {
    self.slice = slice
    self.block = block
    self.index = index
  }
}

extension SearchCard.Split {
  /// Assigns events of one sample by a hash of their identity, so that no cut moves an event between parts.
  public func membership(sample: String) -> (EventIdentity) -> Membership {
    let tree = SeedTree(root: UInt64(bitPattern: Int64(key))).child("split").child(sample)
    let base = tree.derivedSeed
    let (train, validation) = (self.train, self.validation)
    return { identity in
      let counter = SIMD4(
        UInt32(bitPattern: identity.slice), UInt32(bitPattern: identity.block), UInt32(bitPattern: identity.index), 0)
      let words = Philox.block(
        counter: counter, key: SIMD2(UInt32(truncatingIfNeeded: base), UInt32(truncatingIfNeeded: base >> 32)))
      let position = Double(UInt64(words[0]) << 21 | UInt64(words[1] >> 11)) * 0x1p-53
      return position < train ? .train : position < train + validation ? .validation : .test
    }
  }

  /// The fraction of events in a part.
  public func fraction(of part: Membership) -> Double {
    switch part {
    case .train: train
    case .validation: validation
    case .test: 1 - train - validation
    }
  }
}
