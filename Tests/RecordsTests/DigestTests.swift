import Foundation
import TestSupport
import Testing

@testable import Records

@Suite struct DigestTests {
  /// FIPS 180-2, appendix B.
  @Test func standardVectors() {
    #expect(Digest.of("abc").hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(Digest.of("").hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      Digest.of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").hex
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
  }

  @Test func filesAndBytesAgree() throws {
    try withTemporaryFolder { folder in
      let data = Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
      let url = folder.appendingPathComponent("data")
      try data.write(to: url)
      #expect(try Digest.of(fileAt: url) == Digest.of(data))
      #expect(throws: RecordError.self) { try Digest.of(fileAt: folder.appendingPathComponent("absent")) }
    }
  }

  @Test func piecesCannotRunIntoEachOther() {
    var a = DigestBuilder(), b = DigestBuilder()
    a.update("ab")
    a.update("c")
    b.update("a")
    b.update("bc")
    #expect(a.finish() != b.finish())
  }

  @Test func onlyHexadecimalIsADigest() throws {
    #expect(Digest(hex: "abc") == nil)
    #expect(Digest(hex: String(repeating: "G", count: 64)) == nil)
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(Digest.self, from: Data("\"zz\"".utf8)) }
  }
}

@Suite struct NearestNameTests {
  @Test func findsWhatWasMeant() {
    let names = ["Jet_pt", "Jet_eta", "MissingET_MET", "ScalarHT_HT"]
    #expect(nearestName(to: "jet_ppt", in: names) == "Jet_pt")
    #expect(nearestName(to: "ScalerHT_HT", in: names) == "ScalarHT_HT")
    #expect(nearestName(to: "zebra", in: names) == nil)
    #expect(editDistance(Array("abcd"), Array("acbd")) == 1)
    #expect(editDistance([], Array("abc")) == 3)
  }
}

@Suite struct RoomLoaderTests {
  @Test func aMissingRoomSaysWhatBringsIt() {
    let loader = RoomLoader(room: "CNowhere", remedy: "'./searchlight train' sets it up")
    #expect(!loader.isInstalled)
    do {
      _ = try loader.load(abi: 1, size: 8)
      Issue.record("a room that does not exist was loaded")
    } catch {
      #expect("\(error)".contains("./searchlight train"))
      #expect("\(error)".contains("libCNowhere.so"))
    }
  }
}
