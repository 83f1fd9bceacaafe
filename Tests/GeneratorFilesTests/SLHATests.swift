import Foundation
import TestSupport
import Testing

@testable import GeneratorFiles

@Suite struct SLHATests {
  static let text = """
    # SUSY Les Houches Accord 2
    Block SPINFO   # Program information
         1   SOFTSUSY    # spectrum calculator
         2   3.0.1 beta
         3
    BLOCK MODSEL
         1    1   # sugra
    Block MASS   # pole masses
            24     8.04e+01   # MW
       1000022    -9.7d+01    # ~chi_10
    Block alpha
              -1.1e-01   # Higgs mixing
    Block NMIX
      1  1   9.8e-01
      1  2  -5.0e-02
    Block YU Q= 4.6e+02
      3  3   8.9e-01
    Block YU Q=1.0e+03
      3  3   8.8e-01
    Block QNUMBERS 7000001 # X
      1 0
    Block QNUMBERS 7000002
      1 3
    Block HiggsBoundsInput
      1.00  3  25  24 24
      0.90  3  25  23 23
    Block CUSTOM
      1 2 some words
    DECAY   1000023  2.1e-02   # chi_20
         1.1e-01    2     1000022        23   # BR
         8.9e-01    3     1000022  5 -5
    DECAY 1000022 0.0
    XSECTION  1.30E+04  2212 2212 2 1000021 1000021 # pp
      0  2  0  0  0  0  1.5e-03 prog 1.0

    """

  private func read(_ text: String) throws -> SLHAFile {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.slha")
      try Data(text.utf8).write(to: url)
      return try SLHAFile(contentsOf: url)
    }
  }

  @Test func blocksDecaysAndIndices() throws {
    let file = try read(Self.text)
    #expect(file["mass", 1_000_022] == -97 && file["MASS", 25] == nil && file["ALPHA"] == -0.11)
    #expect(file["NMIX", 1, 2] == -0.05 && file["MODSEL", 1] == 1)
    #expect(
      file.text("SPINFO", 1) == "SOFTSUSY" && file.text("SPINFO", 2) == "3.0.1 beta" && file.text("SPINFO", 3) == "")
    #expect(file.value("YU", [3, 3]) == 0.89 && file.value("YU", [3, 3], nearScale: 2000) == 0.88)
    #expect(file.blocks.filter { $0.name == "QNUMBERS" }.map(\.arguments) == [["7000001"], ["7000002"]])
    #expect(file.block("higgsboundsinput")?.entries[1].value == .row([0.9, 3, 25, 23, 23]))
    #expect(
      file.block("CUSTOM")?.entries == [.init(indices: [1, 2], value: .text("some words"), line: 28, comment: "")])
    let decay = try #require(file.decay(of: 1_000_023))
    #expect(decay.width == 0.021 && decay.channels.map(\.products) == [[1_000_022, 23], [1_000_022, 5, -5]])
    #expect(abs(decay.sum - 1) < 1e-12 && file.decay(of: 1_000_022)?.channels == [])
    #expect(
      file.crossSections == [
        .init(
          collisionEnergy: 13_000, incoming: [2212, 2212], outgoing: [1_000_021, 1_000_021],
          lines: [[0, 2, 0, 0, 0, 0, 1.5e-3]], line: 33)
      ])
  }

  static let faults: [(old: String, new: String, message: String)] = [
    ("# SUSY", "  1 2 3 # SUSY", "a.slha:1: expected BLOCK or DECAY, found '1 2 3'"),
    ("Block NMIX", "Block", "a.slha:13: BLOCK needs a name"),
    ("Block NMIX", "Block MASS", "a.slha:13: block MASS is there twice"),
    ("Q=1.0e+03", "Q= 4.6e+02", "a.slha:18: block YU at Q = 460.0 GeV is there twice"),
    ("Q=1.0e+03", "Q=high", "a.slha:18: expected a scale behind 'Q=', found 'high'"),
    ("8.04e+01", "8.04e+01 1", "a.slha:9: block MASS: expected one value behind 1 indices, found 2"),
    ("8.04e+01", "nan", "a.slha:9: block MASS: expected a number, found 'nan'"),
    ("8.04e+01", "1e999", "a.slha:9: block MASS: expected a number, found '1e999'"),
    ("8.04e+01", "", "a.slha:9: block MASS: expected 1 indices and a value, found '24'"),
    ("1000022    -9.7d+01", "24 1.0", "a.slha:10: block MASS: entry 24 is there twice"),
    ("1  2  -5.0e-02", "1  x  -5.0e-02", "a.slha:15: block NMIX: expected a whole number as index, found 'x'"),
    ("1  2  -5.0e-02", "1  -5.0e-02", "a.slha:15: block NMIX: expected 2 indices and a value"),
    ("1 2 some words", "1 2 inf", "a.slha:28: expected a finite number, found 'inf'"),
    ("DECAY   1000023  2.1e-02", "DECAY   1000023", "a.slha:29: expected 'DECAY id width'"),
    ("DECAY   1000023  2.1e-02", "DECAY   1000023 -1.0", "a.slha:29: the width of 1000023 is -1.0 GeV"),
    ("DECAY 1000022 0.0", "DECAY 1000023 0.0", "a.slha:32: the decay of 1000023 is there twice"),
    ("1.1e-01    2", "1.1e-01    3", "a.slha:30: decay of 1000023: expected 3 ids, found '1000022 23'"),
    (
      "1.1e-01    2", "-1.1e-01    2",
      "a.slha:30: decay of 1000023: the branching fraction -0.11 is not between 0 and 1"
    ),
    (
      "8.9e-01    3     1000022  5 -5", "0.1 2 23 1000022",
      "a.slha:31: decay of 1000023: the channel 23 1000022 is there twice"
    ),
    ("2212 2212 2 1000021", "2212 2212 3 1000021", "a.slha:33: expected 'XSECTION energy id id n id …'"),
    (
      "2212 2212 2 1000021", "2212 2212 9223372036854775807 1000021",
      "a.slha:33: expected 'XSECTION energy id id n id …'"
    ),
    ("0  2  0  0  0  0  1.5e-03", "0  2  0  0", "a.slha:34: cross-section: expected seven numbers"),
  ]

  @Test(arguments: faults.indices) func faultsAreNamedWithTheirLine(_ index: Int) throws {
    let fault = Self.faults[index]
    let text = Self.text.replacing(fault.old, with: fault.new, maxReplacements: 1)
    try #require(text != Self.text)
    let error = #expect(throws: GeneratorFileError.self) { try read(text) }
    #expect("\(String(describing: error))".contains(fault.message), "\(String(describing: error))")
  }

  @Test func whatIsNoSpectrum() throws {
    for text in ["", "# only a comment\n", "\n\n"] {
      let error = #expect(throws: GeneratorFileError.self) { try read(text) }
      #expect(String(describing: error).contains("is no SLHA file"))
    }
  }

  /// The parameter cards that MadGraph puts into its headers.
  @Test(
    .enabled(if: realDataURL != nil, "SEARCHLIGHT_DATA is not set"),
    arguments: [
      ("pylhe-testfile-madgraph-2.0.0-wbj.lhe", 91.1876, 0.118),
      ("pylhe-testfile-madgraph-2.2.1-Z-mlm.lhe.gz", 91.188, 0.118),
    ])
  func parametersOfAHeader(_ name: String, mass: Double, alphaS: Double) throws {
    let url = try #require(realDataURL).appendingPathComponent("events/\(name)")
    let block = try #require(try LesHouchesReader(url).run.block("slha"))
    let file = try SLHAFile(lines: block.lines, path: url.path, firstLine: block.line)
    #expect(file["MASS", 23] == mass && file["SMINPUTS", 3] == alphaS && file.decay(of: 24) != nil)
  }
}
