import DetectorSimulation
import EventGeneration
import Records
import TestSupport
import Testing

/// The study's process cards drop events whose shower sums to less than 400 GeV: the selection must lose nothing by it.
@Suite("What the shower's limit drops", .enabled(if: Generator.isAvailable, "Pythia's room is not installed"))
struct ShowerLimitTests {
  /// Just below the limit, where an event has its best chance to come above H_T = 500 GeV in the detector.
  @Test(arguments: [("ttbar", 150.0), ("zjets", 100.0), ("wz", 100.0)])
  func noneIsSelected(name: String, pTHat: Double) throws {
    var card = try ProcessCard(contentsOf: projectURL("Studies/tz-transfer/processes/\(name).yaml"))
    #expect(card.slices.compactMap(\.showerSum?.minimum).min() == 400)
    #expect(card.slices.allSatisfy { $0.showerSum != nil })
    card.slices = [.init(pTHatMinimum: pTHat, showerSum: .init(minimum: 360, maximum: 400))]
    let detector = try Detector(DetectorCard.read(projectURL("Detectors/cms.yaml")))
    var buffer = ReconstructedEventBuffer()
    let generator = EventGenerator(
      card: card, slice: 0, seed: SeedTree(root: 12), content: [.final, .decayed])
    try generator.generateBlock(0, count: 250) { event in
      #expect(event.showerSum >= 360 && event.showerSum < 400)
      var random = SeedTree(root: 13).stream(UInt64(buffer.count))
      try detector.simulate(event, random: &random, into: &buffer)
    }
    let sums = try buffer.makeTable().doubles("ScalarHT_HT")
    #expect(sums.count == 250)
    #expect(sums.allSatisfy { $0 < 500 }, "\(sums.max() ?? 0) GeV")
    // The sum in the shower is close to what the detector sees.
    let mean = sums.reduce(0, +) / 250
    #expect(mean > 250 && mean < 450, "\(mean) GeV")
  }
}
