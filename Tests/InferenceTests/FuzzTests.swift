import Foundation
import TestSupport
import Testing

/// Mutated files against the readers of JSON, patches, datacards and XML; settings by ``FuzzSettings``.
@Suite("Fuzzing of statistical models", .serialized)
struct ModelFuzzTests {
  @Test("values or errors, never a crash or a hang", arguments: FuzzTarget.allCases)
  func readers(_ target: FuzzTarget) throws {
    let mutator = Mutator(corpus: try target.files())
    try withTemporaryFolder { folder in
      try FileManager.default.copyItem(
        at: referenceURL("histfactory-xml/config"), to: folder.appendingPathComponent("config"))
      let faults = fuzz(target.rawValue, input: { mutator.input(&$0) }, run: { target.run($0, &$1, in: folder) })
      for fault in faults { Issue.record("\(fault)") }
    }
  }
}
