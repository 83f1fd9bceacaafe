import Foundation
import Histograms
import TestSupport
import Testing

@testable import StatisticalModels

@Suite("XML")
struct XMLTests {
  private func parse(_ text: String) throws -> XMLElement { try XMLElement.parse(Data(text.utf8), file: "f.xml") }

  private func complaint(_ text: String) -> String {
    do { return "no complaint: \(try parse(text).name)" } catch { return "\(error)" }
  }

  @Test("elements, attributes, text, comments, CDATA, references, declarations")
  func reads() throws {
    let root = try parse(
      """
      \u{FEFF}<?xml version="1.0"?>
      <!DOCTYPE a [ <!ELEMENT a (b)> <!ENTITY e "]>"> ]>
      <!-- > -->
      <a x="1" y='2 &lt; &#51;&#x34;'>one<!-- two --> &amp;<b/><![CDATA[<c>]]><?p?><b z=""></b>
      </a> <!-- end -->
      """)
    #expect(root.name == "a" && root["x"] == "1" && root["y"] == "2 < 34" && root["z"] == nil)
    #expect(root.children(named: "b").count == 2 && root.children.count == 2)
    #expect(root.text == "one &<c>\n")
    #expect(root.line == 4 && root.children[1].line == 4)
  }

  @Test(
    "faults",
    arguments: [
      ("", "f.xml:1: found the end of the file; expected an element"),
      ("{}", "f.xml:1: found '{'; expected an element"),
      ("<a>\n<b>\n</a>", "f.xml:3: found </a>; expected </b> for the one of line 2"),
      ("<a>\n", "f.xml:1: <a> has no end"),
      ("<a x=1/>", "<a>: the value of 'x' must stand in quotes, found '1'"),
      ("<a x/>", "found '/' after 'x'; expected '='"),
      ("<a x='1' x='2'/>", "has the attribute 'x' twice"),
      ("<a>\n<!-- ", "f.xml:2: the comment that begins here has no end"),
      ("<a>&nbsp;</a>", "'&nbsp;' is no known reference; write &amp; for the sign itself"),
      ("<a>&#0;</a>", "'&#0;' is no known reference"), ("<a/><b/>", "found '<' after the end of <a>"),
      ("<!DOCTYPE a [", "the <!DOCTYPE that begins here has no end"),
      ("<a x='1", "the value that begins here has no end"),
      ("< a/>", "found byte 32; expected a name"),
    ])
  func faults(_ text: String, _ expected: String) {
    #expect(complaint(text).contains(expected), "\(complaint(text))")
  }

  @Test("deep nesting and bytes that are no text are errors")
  func depth() {
    #expect(complaint(String(repeating: "<a>", count: 100_000)).contains("nested deeper than 64"))
    #expect(throws: ModelFileError.self) {
      try XMLElement.parse(Data([60, 97, 62, 0xFF, 60, 47, 97, 62]), file: "f.xml")
    }
  }
}

@Suite("HistFactory XML: faults")
struct HistFactoryFaultTests {
  private let combination = """
    <Combination OutputFilePrefix="x">
      <Input>channel.xml</Input>
      <Measurement Name="m" Lumi="1" LumiRelErr="0.1"><POI>mu</POI></Measurement>
    </Combination>
    """
  private let channel = """
    <Channel Name="c" InputFile="f.root">
      <Data HistoName="data"/>
      <Sample Name="s" HistoName="s"><NormFactor Name="mu" Val="1" Low="0" High="3"/></Sample>
      <Sample Name="b" HistoName="b"><OverallSys Name="o" Low="0.9" High="1.1"/></Sample>
    </Channel>
    """

  private func read(_ combination: String, _ channel: String) throws -> ConvertedWorkspace {
    try withTemporaryFolder { folder in
      let top = folder.appendingPathComponent("top.xml")
      try combination.write(to: top, atomically: true, encoding: .utf8)
      try channel.write(to: folder.appendingPathComponent("channel.xml"), atomically: true, encoding: .utf8)
      var reader = HistFactoryReader(folder: folder, histograms: Source())
      return try reader.read(top)
    }
  }

  private struct Source: HistogramSource {
    private static let contents: [String: [Double]] = ["data": [5, 6], "s": [1, 2], "b": [4, 4], "short": [1]]
    func histogram(_ name: String, in file: String) throws -> Histogram1D? {
      guard let sums = Self.contents[name] else { return nil }
      let axis = try Axis(binCount: sums.count, from: 0, to: 1)
      return Histogram1D(axis: axis, sumW: sums, sumW2: sums, counts: sums.map { Int($0) })
    }
    func histogramNames(in file: String) throws -> [String] { Self.contents.keys.sorted() }
  }

  private func complaint(_ combination: String, _ channel: String) -> String {
    do { return "no complaint: \(try read(combination, channel).warnings)" } catch { return "\(error)" }
  }

  @Test(
    "faults of the combination",
    arguments: [
      (
        "Combination", "Combinaton",
        "top.xml:1: found <Combinaton>; the first file of a HistFactory model is a <Combination>"
      ),
      ("<Input>channel.xml", "<Input>chanel.xml", "top.xml:2: <Input>: there is no file 'chanel.xml'"),
      ("<Input>channel.xml", "<Input>.", "top.xml:2: <Input>: there is no file '.'"),
      ("<Input>channel.xml</Input>", "", "top.xml:1: there is no <Input>"),
      ("Lumi=\"1\"", "Lumi=\"one\"", "top.xml:3: <Measurement>: Lumi is 'one'; expected a number"),
      ("Lumi=\"1\"", "Lumi=\"-1\"", "top.xml:3: <Measurement>: Lumi is -1.0 ± -0.1; it must be positive"),
      (" LumiRelErr=\"0.1\"", "", "top.xml:3: <Measurement> lacks the attribute 'LumiRelErr'"),
      ("Lumi=\"1\"", "Lumy=\"1\"", "unknown attribute 'Lumy'; nearest: 'Lumi'"),
      ("<POI>mu</POI>", "", "top.xml:3: <Measurement> lacks its <POI>"),
      ("<POI>", "<ParamSetting Const=\"yes\">a</ParamSetting><POI>", "Const is 'yes'; allowed: True, False"),
      ("<POI>", "<ParamSetting Const=\"True\">gamma_a_0</ParamSetting><POI>", "'gamma_a_0' is one of many parameters"),
      ("<POI>", "<Paramsetting/><POI>", "holds an unknown <Paramsetting>; nearest: <ParamSetting>"),
      ("<Input>", "<Function Name=\"f\"/><Input>", "top.xml:2: <Function> is not supported"),
      ("Lumi=\"1\"", "Lumi=\"1\" BinLow=\"2\"", "BinLow is not supported"),
    ])
  func combinationFaults(_ old: String, _ new: String, _ expected: String) {
    let found = complaint(combination.replacingOccurrences(of: old, with: new), channel)
    #expect(found.contains(expected), "\(found)")
  }

  @Test(
    "faults of a channel",
    arguments: [
      ("Channel", "Chanel", "channel.xml:1: found <Chanel>; the file of a channel holds a <Channel>"),
      (
        "HistoName=\"data\"", "HistoName=\"dta\"",
        "channel.xml:2: <Data>: f.root has no histogram 'dta'; nearest: 'data'"
      ),
      ("HistoName=\"s\"", "HistoName=\"short\"", "found 2 bins; the channel's first sample has 1"),
      ("InputFile=\"f.root\"", "", "channel.xml:3: <Sample>: no InputFile says where 's' is"),
      ("OverallSys", "OveralSys", "channel.xml:4: <Sample> holds an unknown <OveralSys>; nearest: <OverallSys>"),
      ("Low=\"0.9\"", "Low=\"-0.9\"", "modifiers[0].data.lo: found -0.9; a factor must be positive"),
      ("Low=\"0\" High=\"3\"", "Low=\"4\" High=\"3\"", "found the range 4.0 to 3.0; Low is not above High"),
      (
        "<OverallSys", "<NormFactor Name=\"mu\" Val=\"1\" Low=\"0\" High=\"9\"/><OverallSys",
        "channel.xml:4: the factor 'mu' has another start, range or constness at channel.xml:3"
      ),
      (
        "<OverallSys", "<ShapeSys Name=\"x\" HistoName=\"short\"/><OverallSys",
        "<ShapeSys> 'x' has 1 bins; the sample has 2"
      ),
    ])
  func channelFaults(_ old: String, _ new: String, _ expected: String) {
    let found = complaint(combination, channel.replacingOccurrences(of: old, with: new))
    #expect(found.contains(expected), "\(found)")
  }

  @Test("without data the expectation is observed, and what is left out is a warning")
  func warnings() throws {
    let made = try read(
      combination.replacingOccurrences(of: "</POI>", with: "</POI><ConstraintTerm Type=\"Gamma\">o</ConstraintTerm>"),
      channel.replacingOccurrences(
        of: "<Data HistoName=\"data\"/>",
        with: "<StatErrorConfig RelErrorThreshold=\"0.05\" ConstraintType=\"Poisson\"/>"))
    #expect(made.workspace.observations == [.init(name: "c", data: [5, 6])])
    #expect(
      made.warnings.map { $0.prefix(15) } == [
        "channel.xml:2: ", "channel.xml:2: ", "channel.xml:1: ", "top.xml:3: the ",
      ])
  }

  @Test("a luminosity without uncertainty is fixed")
  func fixedLuminosity() throws {
    let text = combination.replacingOccurrences(of: "LumiRelErr=\"0.1\"", with: "LumiRelErr=\"0\"")
    let settings = try read(text, channel).workspace.measurements[0].parameters[0]
    #expect(settings.name == "lumi" && settings.fixed == true && settings.auxdata == [1])
  }
}
