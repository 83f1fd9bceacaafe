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
