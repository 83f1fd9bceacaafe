import Cards
import DetectorSimulation
import Foundation
import TestSupport
import Testing

@Suite struct DetectorCardTests {
  private func text() throws -> String { try String(contentsOf: projectURL("Detectors/cms.yaml"), encoding: .utf8) }

  private func card(replacing old: String, with new: String) throws -> DetectorCard {
    let text = try text()
    precondition(text.contains(old), "the card has no '\(old)'")
    return try DetectorCard(CardValue.parse(text.replacing(old, with: new, maxReplacements: 1), file: "cms.yaml"))
  }

  @Test func the_shipped_card_holds_the_numbers_of_the_public_one() throws {
    // delphes_card_CMS.tcl, evaluated by hand.
    let card = try shippedCard()
    #expect(card.magnet.field == 3.8 && card.magnet.radius == 1290 && card.magnet.halfLength == 3000)
    let pion = card.trackingResolution.hadrons[1]
    #expect(pion.eta == 1.5 && pion.constant == 0.10 && pion.slope == 1.7e-3)
    let shape = 2.16 + 5.6 * (2.3 - 2) * (2.3 - 2)
    let sigma = shape * (50.0 * 50 * 0.008 * 0.008 + 50 * 0.11 * 0.11 + 0.4 * 0.4).squareRoot()
    #expect(abs(card.ecal.sigma(energy: 50, eta: -2.3) / sigma - 1) < 1e-9)
    #expect(abs(card.hcal.sigma(energy: 100, eta: 1) - (25 + 225.0).squareRoot()) < 1e-9)
    #expect(abs(card.tagEfficiency(flavour: 5, pt: 100, eta: 1) - 0.85 * tanh(0.25) * 25 / 7.3) < 1e-12)
    #expect(abs(card.tagEfficiency(flavour: 4, pt: 100, eta: 1) - 0.25 * tanh(1.8) / 1.13) < 1e-12)
    #expect(abs(card.tagEfficiency(flavour: 0, pt: 100, eta: 1) - 0.0138) < 1e-12)
    #expect(card.tagEfficiency(flavour: 5, pt: 100, eta: 2.51) == 0)
    #expect(abs(card.jets.scale(pt: 50, eta: 2) - (2.2 * 2.2 / 50 + 1).squareRoot()) < 1e-12)
  }

  @Test func an_unknown_key_is_named_with_its_line_and_the_nearest_one() throws {
    let error = #expect(throws: CardError.self) { try card(replacing: "half_length:", with: "half_lenght:") }
    let line = try text().split(separator: "\n", omittingEmptySubsequences: false).firstIndex {
      $0.contains("half_length:")
    }
    #expect(error?.line == line.map { $0 + 1 })
    #expect(error?.description.contains("nearest: 'half_length'") == true)
    let inRegion = #expect(throws: CardError.self) {
      try card(replacing: "{eta: 0.5, constant:", with: "{eta: 0.5, constnt:")
    }
    #expect(inRegion?.description.contains("nearest: 'constant'") == true)
  }

  @Test(arguments: [
    ("schema: 1", "schema: 9", "schema"),
    ("value: 0.95", "value: 1.95", "out of range"),
    ("field: 3.8", "field: strong", "expected a number"),
    ("trim_fraction: 0.05", "trim_fraction: 1", "out of range"),
    ("edges: [2.958,", "edges: [2.9,", "must meet"),
    ("shape: [1, 0, 0.64]", "shape: [1, 0]", "three numbers"),
    ("pt_min: 20", "pt_min: -4", "out of range"),
    ("radius: 1290", "radius: 0", "out of range"),
  ])
  func wrong_values_say_what_would_have_worked(old: String, new: String, part: String) throws {
    let error = #expect(throws: CardError.self) { try card(replacing: old, with: new) }
    #expect(error?.description.contains(part) == true, "\(String(describing: error))")
    #expect(error?.description.hasPrefix("cms.yaml:") == true)
  }

  @Test func a_missing_part_is_an_error_and_not_a_default() throws {
    let cut = try text().split(separator: "\n").filter { !$0.hasPrefix("magnet:") }.joined(separator: "\n")
    let error = #expect(throws: CardError.self) { try DetectorCard(CardValue.parse(cut, file: "cms.yaml")) }
    #expect(error?.path == "magnet")
  }
}
