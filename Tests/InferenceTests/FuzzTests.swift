import Foundation
import Records
import StatisticalModels
import TestSupport
import Testing

/// Mutated files against the readers of JSON, patches, datacards and XML.
///
/// Without settings 150 inputs each. SEARCHLIGHT_FUZZ_SECONDS runs for that long, SEARCHLIGHT_FUZZ_SEED with other
/// inputs, and SEARCHLIGHT_FUZZ_INPUT=datacards:1234 with one, which is printed. A crash prints the input that it belongs to.
@Suite("Fuzzing of the readers", .serialized)
struct FuzzTests {
  private struct Settings {
    var seconds: Double?
    var seed: UInt64 = 1
    var only: (target: String, index: UInt64)?

    init() {
      let environment = ProcessInfo.processInfo.environment
      seconds = environment["SEARCHLIGHT_FUZZ_SECONDS"].flatMap { Double($0) }
      seed = environment["SEARCHLIGHT_FUZZ_SEED"].flatMap { UInt64($0) } ?? 1
      let parts = (environment["SEARCHLIGHT_FUZZ_INPUT"] ?? "").split(separator: ":")
      if parts.count == 2, let index = UInt64(parts[1]) { only = (String(parts[0]), index) }
    }
  }

  @Test("values or errors, never a crash or a hang", arguments: FuzzTarget.allCases)
  func readers(_ target: FuzzTarget) throws {
    let settings = Settings()
    if let only = settings.only, only.target != target.rawValue { return }
    let files = try target.files()
    let documents = files.compactMap { try? JSONValue.parse(Data($0), file: "corpus") }
    let node = SeedTree(root: settings.seed).child("fuzz").child(target.rawValue)
    try withTemporaryFolder { folder in
      try FileManager.default.copyItem(
        at: referenceURL("histfactory-xml/config"), to: folder.appendingPathComponent("config"))
      Crashes.watch(hangs: settings.seconds != nil)
      defer { Crashes.stop() }
      let end = settings.seconds.map { Date.now.addingTimeInterval($0 / Double(FuzzTarget.allCases.count)) }
      var (index, read, faults) = (settings.only?.index ?? 0, 0, 0)
      func goesOn() -> Bool { end.map { Date.now < $0 } ?? (index < 150) }
      repeat {
        var mutator = Mutator(corpus: files, documents: documents, random: node.stream(index))
        let input = mutator.input()
        let name = "SEARCHLIGHT_FUZZ_SEED=\(settings.seed) SEARCHLIGHT_FUZZ_INPUT=\(target.rawValue):\(index)"
        Crashes.note("fuzzing ended by \(name)\n")
        if settings.only != nil { print(String(decoding: input, as: UTF8.self)) }
        let (wasRead, fault) = target.run(input, &mutator.random, in: folder)
        if let fault {
          Issue.record("\(name): \(fault)")
          faults += 1
        }
        read += wasRead ? 1 : 0
        index += 1
      } while settings.only == nil && faults < 20 && goesOn()
      if settings.seconds != nil { print("fuzz: \(target.rawValue): \(index) inputs, \(read) of them were read") }
    }
  }
}
