import Foundation
import Records
import TestSupport
import Testing

@testable import Searches

@Suite struct StepStoreTests {
  private func key(_ seed: Int) -> StepStore.Key {
    StepStore.Key(kind: "demo", version: 1, configuration: ["seed": "\(seed)"])
  }

  @Test func aResultIsMadeOnceAndFoundAgain() throws {
    try withTemporaryFolder { folder in
      let store = StepStore(root: folder)
      let first = try store.result(for: key(1)) { try Data("x".utf8).write(to: $0.appendingPathComponent("out")) }
      let second = try store.result(for: key(1)) { _ in Issue.record("made twice") }
      #expect(!first.reused && second.reused)
      #expect(first.digest == second.digest)
      #expect(try Data(contentsOf: second.file("out")) == Data("x".utf8))
      let other = try store.result(for: key(2)) { _ in }
      #expect(!other.reused)
      #expect(try store.list().count == 2)
    }
  }

  @Test func aFailedStepLeavesNothing() throws {
    struct Stop: Error {}
    try withTemporaryFolder { folder in
      let store = StepStore(root: folder)
      #expect(throws: Stop.self) {
        try store.result(for: key(1)) { partial in
          try Data("half".utf8).write(to: partial.appendingPathComponent("out"))
          throw Stop()
        }
      }
      let found = try store.find(key(1))
      #expect(found == nil)
      #expect(try store.list().isEmpty)
    }
  }

  @Test func damageIsFoundAndPruned() throws {
    try withTemporaryFolder { folder in
      let store = StepStore(root: folder)
      let kept = try store.result(for: key(1)) { try Data("x".utf8).write(to: $0.appendingPathComponent("out")) }
      let damaged = try store.result(for: key(2)) { try Data("y".utf8).write(to: $0.appendingPathComponent("out")) }
      try Data("z".utf8).write(to: damaged.file("out"))
      let damages = try store.check().map(\.damaged).sorted { $0.count < $1.count }
      #expect(damages == [[], ["out"]])
      let freed = try store.prune(keeping: [kept.digest])
      #expect(freed > 0)
      let (first, second) = (try store.find(key(1)), try store.find(key(2)))
      #expect(first != nil && second == nil)
      // A torn manifest is no result.
      try Data("{".utf8).write(to: kept.file("step.json"))
      let torn = try store.find(key(1))
      #expect(torn == nil)
      let remade = try store.result(for: key(1)) { _ in }
      #expect(!remade.reused)
    }
  }

  @Test func twoRunsDoNotMix() throws {
    try withTemporaryFolder { folder in
      let lock = try RunLock(folder: folder)
      #expect(throws: RunLockError.self) { try RunLock(folder: folder) }
      withExtendedLifetime(lock) {}
    }
  }
}
