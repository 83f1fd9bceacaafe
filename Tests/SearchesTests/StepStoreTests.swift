import Foundation
import ByteIO
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

  /// What no finished run used last goes, with what is damaged and what was left; without a list all that is whole stays.
  @Test func pruningKeepsWhatTheLastRunUsed() throws {
    try withTemporaryFolder { folder in
      func make(_ seeds: [Int], listed name: String?) throws {
        let store = StepStore(root: folder)
        for seed in seeds {
          _ = try store.result(for: key(seed)) { try Data("\(seed)".utf8).write(to: $0.appendingPathComponent("out")) }
        }
        if let name { try store.recordUse(by: name) }
      }
      let store = StepStore(root: folder)
      try make([1, 2], listed: nil)
      let leftover = folder.appendingPathComponent("demo/\(String(repeating: "0", count: 64)).partial")
      try FileManager.default.createDirectory(at: leftover, withIntermediateDirectories: true)
      #expect(try store.list().map(\.isUsed) == [nil, nil, nil])
      #expect(try store.prune() == .init(removed: 1, kept: 2, freedBytes: 0))
      // Another run of the same card takes the place of the former one; that of another sample does not.
      try make([1, 2], listed: "run")
      try make([2, 3], listed: "run")
      try make([4], listed: "other")
      try make([5], listed: nil)
      #expect(try store.list().filter { $0.isUsed == false }.count == 2)
      let done = try store.prune()
      #expect(done.removed == 2 && done.kept == 3 && done.freedBytes > 0)
      let seeds = try store.list().compactMap { $0.configuration["seed"] }.sorted()
      #expect(seeds == ["2", "3", "4"])
      #expect(try store.list().allSatisfy { $0.isUsed == true })
      let damaged = try #require(try store.find(key(3)))
      try Data("x".utf8).write(to: damaged.file("out"))
      #expect(try store.prune().removed == 1)
      // A list that cannot be read is not taken for an empty one.
      try Data("{".utf8).write(to: folder.appendingPathComponent("used/run.json"))
      #expect(throws: FileError.self) { try store.prune() }
      #expect(FileManager.default.fileExists(atPath: folder.appendingPathComponent("demo").path))
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
