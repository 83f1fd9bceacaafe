import Foundation
import Testing

@testable import ROOTFiles

/// What names, titles and comments of the file mean.
@Suite struct DescriptionTests {
  private func leaf(_ title: String, length: Int) -> LeafRecord {
    let object = StreamedObject(className: "TLeafD")
    object.set("fTitle", .text(title))
    object.set("fLen", .integer(length))
    return LeafRecord(object)
  }

  @Test func dimensionsOfLeaves() {
    #expect(leaf("x", length: 1).dimensions == [])
    #expect(leaf("x[nJet]", length: 1).dimensions == [])
    #expect(leaf("x[nJet][3]", length: 3).dimensions == [3])
    #expect(leaf("x[2][3]/D", length: 6).dimensions == [2, 3])
    #expect(leaf("[2][3]", length: 6).dimensions == [2, 3])
    #expect(leaf("Tau_[Jet_]", length: 5).dimensions == [5])
    #expect(leaf("x[-4]", length: -4).dimensions == [0])
  }

  @Test func rangesOfNarrowNumbers() {
    #expect(NumberCoding.double32("a comment").form == .widened)
    #expect(NumberCoding.float16("").form == .truncated(bits: 12))
    #expect(NumberCoding.double32("[0,0,14]").form == .truncated(bits: 14))
    // Fifteen bits of mantissa and more mean none are cut: ROOT's own rule.
    #expect(NumberCoding.float16("f[0,0,16]").form == .truncated(bits: 12))
    #expect(NumberCoding.double32("d[3]/d[0,1,8]").form == .ranged(minimum: 0, factor: 256))
    #expect(NumberCoding.double32("[-pi,pi]").form == .ranged(minimum: -.pi, factor: Double(UInt32.max) / (2 * .pi)))
  }

  @Test func namesOfTypes() throws {
    let map = try #require(CppTypeName("std::map<std::string, vector<unsigned int> >"))
    #expect(map.text == "map<string,vector<unsigned int>>")
    #expect(map.arguments[1].arguments[0].number == .plain(.uint32))
    #expect(try #require(CppTypeName("const Foo*")).isPointer)
    #expect(CppTypeName("vector<int") == nil)
    #expect(CppTypeName("") == nil)
    #expect(CppTypeName(String(repeating: "vector<", count: 100)) == nil)
  }
}
