import Testing

@testable import Cards

@Suite struct CardValueTests {
  private let text = """
    name: demo
    seed: 1_000
    luminosity: 150 fb-1
    nested:
      cuts: [1, 2.5]
      on: true
    """

  @Test func readsValues() throws {
    let card = try CardValue.parse(text, file: "card.yaml").fields(["name", "seed", "luminosity", "nested", "absent"])
    #expect(try card["name"].string() == "demo")
    #expect(try card["seed"].integer(in: 0...) == 1000)
    #expect(try card["luminosity"].quantity(["fb-1": 1, "pb-1": 1e-3]) == 150)
    let nested = try card["nested"].fields(["cuts", "on"])
    #expect(try nested["cuts"].list().map { try $0.double() } == [1, 2.5])
    #expect(try nested["on"].bool())
    #expect(card["absent"].ifPresent == nil)
  }

  private func message(_ text: String, _ body: (CardValue) throws -> Void) -> String {
    do {
      try body(CardValue.parse(text, file: "card.yaml"))
      return "no error"
    } catch { return "\(error)" }
  }

  @Test func errorsNameFileLineAndRemedy() {
    #expect(
      message(text) { _ = try $0.fields(["name", "sed", "luminosity", "nested"]) }
        == "card.yaml:2: unknown key 'seed'; nearest: 'sed'. Known: luminosity, name, nested, sed")
    let all = ["name", "seed", "luminosity", "nested"]
    #expect(
      message(text) { _ = try $0.fields(all)["nested"].fields(["cuts", "on"])["on"].integer() }
        == "card.yaml:6: nested.on: expected a whole number, found 'true'")
    #expect(
      message(text) { _ = try $0.fields(all)["luminosity"].quantity(["pb": 1]) }
        == "card.yaml:3: luminosity: unknown unit 'fb-1' in '150 fb-1'; known: pb")
    #expect(
      message(text) { _ = try $0.fields(all + ["title"])["title"].string() }
        == "card.yaml:1: title: expected a text, found nothing")
    #expect(message("a: 1\na: 2") { _ in }.contains("stands twice"))
    #expect(message("a: [1, 2") { _ in }.contains("card.yaml:"))
    #expect(message("") { _ in }.contains("is empty"))
    #expect(message("- 1") { _ = try $0.fields([]) }.contains("expected a mapping"))
    #expect(
      message("kind: fat") { _ = try $0.fields(["kind"])["kind"].choice(["flat", "jagged"]) }.contains(
        "nearest: 'flat'"))
  }
}
