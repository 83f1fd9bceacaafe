import ByteIO
import Foundation
import HyperparameterSearch
import Records
import TestSupport
import Testing

@testable import TrialStores

private func search(seed: String = "7", upper: Double = 1) throws -> StoredSearch {
  StoredSearch(
    title: "x of y", objective: "loss", direction: .minimize,
    space: try SearchSpace([
      SearchParameter("x", .real(0...upper)), SearchParameter("n", .integer(1...9)),
      SearchParameter("norm", .choice([.none, .real(1), .real(10)])),
      SearchParameter("word", .choice([.text("a"), .text("b")])),
      SearchParameter("momentum", .real(0...1), when: .init(parameter: "word", values: [.text("b")])),
    ]), conditions: ["seed": seed, "data": Digest.of("events").hex])
}

private let sample = [
  Trial(
    number: 0, point: ["x": .real(0.1), "n": .integer(3), "norm": .none, "word": .text("a")], status: .complete,
    value: 0.25, reports: [.init(step: 1, value: 0.5), .init(step: 2, value: .infinity)]),
  // 1.0 is no whole number, 0.1 + 0.2 keeps its last digit.
  Trial(
    number: 1,
    point: ["x": .real(1), "n": .integer(9), "norm": .real(1), "word": .text("b"), "momentum": .real(0.1 + 0.2)],
    status: .failed, failure: "the loss is not finite: \"x\"; it's 'π'"),
  Trial(number: 2, point: ["x": .real(0), "n": .integer(1), "norm": .real(10), "word": .text("a")]),
]

@Suite struct TrialStoreTests {
  private func write(_ count: Int, to url: URL) throws {
    let store = try TrialStore(url, of: search())
    for number in 0..<count {
      var trial = sample[0]
      trial.number = number
      try store.save(trial)
    }
  }

  private func complaint(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no complaint"
    } catch { return "\(error)" }
  }

  @Test func whatIsSavedIsRead() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("below/a.sqlite")
      do {
        let store = try TrialStore(url, of: search())
        #expect(try store.trials() == [])
        for trial in sample.reversed() { try store.save(trial) }
        #expect(try store.trials() == sample)
        var changed = sample[2]
        (changed.status, changed.value) = (.complete, 3)
        changed.reports = [.init(step: 4, value: 1)]
        try store.save(changed)
        #expect(try store.trials() == Array(sample.prefix(2)) + [changed])
        try store.save(sample[2])
      }
      #expect(try TrialStore(reading: url).trials() == sample)
      #expect(try TrialStore(reading: url).search == search())
      var other = try search()
      other.title = "another title"
      #expect(try TrialStore(url, of: other).trials() == sample)
    }
  }

  /// A search that is killed in the midst of a batch goes on in the file to what it would have been.
  @Test func aSearchGoesOnInTheFile() async throws {
    try await withTemporaryFolder { folder in
      struct Stop: Error {}
      @Sendable func value(_ trial: Trial) -> Double {
        guard case .real(let x)? = trial.point["x"], case .integer(let n)? = trial.point["n"] else { return .nan }
        return (x - 0.3) * (x - 0.3) + Double(n)
      }
      func run(_ name: String, until stop: Int = .max) async throws -> [Trial] {
        let store = try TrialStore(folder.appendingPathComponent(name), of: search())
        return try await HyperparameterSearch(
          space: search().space, strategy: BayesianSearch(initialCount: 8), direction: .minimize,
          seed: SeedTree(root: 7), trialCount: 22
        ).run(store: store) { trial, _, reporter in
          if trial.number >= stop { throw TrialInterruption(Stop()) }
          if try reporter.report(step: 1, value: value(trial)) { return 0 }
          return value(trial)
        }
      }
      let whole = try await run("whole.sqlite")
      for stop in [3, 9, 21] { await #expect(throws: Stop.self) { _ = try await run("stopped.sqlite", until: stop) } }
      let between = try TrialStore(reading: folder.appendingPathComponent("stopped.sqlite")).trials()
      #expect(between.count == 22 && between[21].status == .running)
      #expect(try await run("stopped.sqlite") == whole)
      #expect(try TrialStore(reading: folder.appendingPathComponent("stopped.sqlite")).trials() == whole)
    }
  }

  @Test func oneWritesOthersRead() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.sqlite")
      let store = try TrialStore(url, of: search())
      #expect(complaint { _ = try TrialStore(url, of: search()) }.contains("another tuning is at work"))
      try store.save(sample[0])
      #expect(try TrialStore(reading: url).trials() == [sample[0]])
      withExtendedLifetime(store) {}
    }
  }

  @Test func otherSearchesAreRefused() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.sqlite")
      do { try TrialStore(url, of: search()).save(sample[0]) }
      #expect(
        complaint { _ = try TrialStore(url, of: search(seed: "8")) }.contains(
          "belongs to another search: seed is 7 there, 8 here. Choose another file"))
      #expect(complaint { _ = try TrialStore(url, of: search(upper: 2)) }.contains("the space differs in x."))
      var other = try search()
      other.conditions["data"] = Digest.of("others").hex
      other.direction = .maximize
      #expect(
        complaint { _ = try TrialStore(url, of: other) }.contains(
          "direction is minimize there, maximize here; data differs."))
      #expect(try TrialStore(reading: url).trials() == [sample[0]])
    }
  }

  @Test func foreignAndDamagedFilesAreTold() throws {
    try withTemporaryFolder { folder in
      func file(_ name: String) -> URL { folder.appendingPathComponent(name) }
      #expect(complaint { _ = try TrialStore(reading: file("none")) }.contains("no such store"))
      try Data("no database, but a text that is long enough to be taken for one".utf8).write(to: file("text"))
      #expect(complaint { _ = try TrialStore(reading: file("text")) }.contains("is no store of trials: no SQLite"))
      #expect(complaint { _ = try TrialStore(file("text"), of: search()) }.contains("is no store of trials"))
      #expect(try String(contentsOf: file("text"), encoding: .utf8).hasPrefix("no database"))

      try write(400, to: file("a"))
      let whole = try Data(contentsOf: file("a"))
      // Application id and user version are at bytes 68 and 60 of the header.
      for (name, place, complaintPart) in [
        ("foreign", 68, "of something else"), ("newer", 60, "schema 16777217; this program reads 1"),
      ] {
        var changed = whole
        changed[place] = 1
        try changed.write(to: file(name))
        #expect(complaint { _ = try TrialStore(reading: file(name)) }.contains(complaintPart))
      }
      try whole.prefix(whole.count / 2).write(to: file("cut"))
      #expect(complaint { _ = try TrialStore(reading: file("cut")) }.contains("damaged"))
    }
  }

  /// Never a crash: an error that names the file, or trials that are in the space.
  @Test func scratchedPagesAreTold() throws {
    try withTemporaryFolder { folder in
      let (whole, scratched) = (folder.appendingPathComponent("whole"), folder.appendingPathComponent("scratched"))
      try write(400, to: whole)
      let bytes = try Data(contentsOf: whole)
      var random = SeedTree(root: 1).stream()
      var complaints = 0
      for _ in 0..<40 {
        var changed = bytes
        let start = 4096 + random.integer(below: bytes.count - 8192)
        for place in start..<start + 512 { changed[place] = UInt8(random.integer(below: 256)) }
        try changed.write(to: scratched)
        let said = complaint { _ = try TrialStore(reading: scratched).trials() }
        #expect(said == "no complaint" || said.contains("scratched: "), "\(said)")
        complaints += said == "no complaint" ? 0 : 1
      }
      #expect(complaints > 10)
    }
  }
}
