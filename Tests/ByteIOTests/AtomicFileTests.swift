import Foundation
import TestSupport
import Testing

@testable import ByteIO

@Suite struct AtomicFileTests {
  @Test func writesAndReplaces() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("deep/down/file.txt")
      try AtomicFile.write(Data("one".utf8), to: url)
      try AtomicFile.write(Data("two".utf8), to: url)
      #expect(try Data(readingFrom: url) == Data("two".utf8))
      #expect(try FileManager.default.contentsOfDirectory(atPath: url.deletingLastPathComponent().path) == ["file.txt"])
    }
  }

  @Test func aFailureLeavesTheOldFileAndNoOther() throws {
    struct Stop: Error {}
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("file")
      try AtomicFile.write(Data("old".utf8), to: url)
      #expect(throws: Stop.self) {
        try AtomicFile.replace(url) { temporary in
          try Data("half".utf8).write(to: temporary)
          throw Stop()
        }
      }
      #expect(try Data(readingFrom: url) == Data("old".utf8))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
    }
  }

  /// A killed process leaves its temporary file: the next writer of that name removes it, and no other's.
  @Test func whatAKilledProcessLeftIsRemoved() throws {
    try withTemporaryFolder { folder in
      let dead = Process()
      dead.executableURL = URL(fileURLWithPath: "/bin/true")
      try dead.run()
      dead.waitUntilExit()
      let left = ".a.json.\(dead.processIdentifier).partial"
      let others = [
        ".a.json.\(getppid()).partial", ".b.json.\(dead.processIdentifier).partial", ".a.json.partial",
        ".a.json.x.partial",
      ]
      for name in [left] + others { try Data("half".utf8).write(to: folder.appendingPathComponent(name)) }
      try AtomicFile.write(Data("whole".utf8), to: folder.appendingPathComponent("a.json"))
      #expect(try Set(FileManager.default.contentsOfDirectory(atPath: folder.path)) == Set(others + ["a.json"]))
    }
  }

  @Test func errorsNameThePath() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("file")
      try Data().write(to: file)
      #expect(throws: FileError.self) { try AtomicFile.write(Data(), to: file.appendingPathComponent("below")) }
      do {
        _ = try Data(readingFrom: folder.appendingPathComponent("absent"))
        Issue.record("read a file that does not exist")
      } catch {
        #expect("\(error)".contains("absent: cannot be read: no such file"))
      }
    }
  }
}
