import Foundation
import TestSupport
import Testing

@testable import ROOTFiles

/// A file of the committed reference data.
func committed(_ name: String) -> URL { referenceURL("root/\(name)") }

/// A file of `SEARCHLIGHT_DATA`; only for tests that are enabled with it.
func real(_ name: String) throws -> URL { try #require(realDataURL).appendingPathComponent(name) }

/// What `body` complains of.
func complaint(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no complaint"
  } catch { return "\(error)" }
}

/// Reads all that a file has; what is wrong with it is thrown or, for single objects, counted.
@discardableResult func readAll(_ url: URL) throws -> Int {
  let file = try ROOTFile(url)
  var faults = 0
  for key in try file.keys() {
    do {
      if key.className.hasPrefix("TH") { _ = try file.rootHistogram("\(key.path);\(key.cycle)") }
      if key.className == "TTree" {
        let tree = try file.tree("\(key.path);\(key.cycle)")
        faults += try unreadable(tree.branches.map(\.path)) { try tree.array($0) }
      }
      if key.className == "ROOT::RNTuple" {
        let tuple = try file.ntuple(key.path)
        faults += try unreadable(tuple.fields.map(\.name)) { try tuple.array($0) }
      }
    } catch is ROOTFileError { faults += 1 }
  }
  return faults
}

/// How many of the names cannot be read, with an error that says so.
private func unreadable<Value>(_ names: [String], _ read: (String) throws -> Value) throws -> Int {
  var faults = 0
  for name in names {
    do { _ = try read(name) } catch is ROOTFileError { faults += 1 }
  }
  return faults
}

/// Each cut copy of a committed file is refused, whatever it is cut in.
func expectTruncationRefused(of name: String) throws {
  let whole = try Data(contentsOf: committed(name))
  try withTemporaryFolder { folder in
    let url = folder.appendingPathComponent("cut.root")
    for length in stride(from: 0, to: whole.count - 1, by: 1024) {
      try whole.prefix(length).write(to: url)
      #expect(complaint { try readAll(url) }.contains("is truncated"), "\(length) bytes")
    }
  }
}

/// Reads a file again and again with some of its bytes changed.
func flipBytes(of source: URL, rounds: Int, seed: UInt64) throws {
  let whole = try Data(contentsOf: source)
  var random = SplitMix(state: seed)
  var refused = 0
  try withTemporaryFolder { folder in
    let url = folder.appendingPathComponent("flipped.root")
    for _ in 0..<rounds {
      var bytes = whole
      for _ in 0...random.below(3) {
        bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
      }
      try bytes.write(to: url)
      do {
        refused += try readAll(url) > 0 ? 1 : 0
      } catch is ROOTFileError { refused += 1 }
    }
  }
  // A good part of the bytes matters.
  #expect(refused > rounds / 20, "\(refused) of \(rounds)")
}

/// Numbers that look random: SplitMix64.
struct SplitMix {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(bound, 1))) }
}
