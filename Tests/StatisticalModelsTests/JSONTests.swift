import Foundation
import StatisticalModels
import Testing

@Suite("JSON")
struct JSONTests {
  // json.dumps of Python 3.11.
  @Test(
    "numbers are written as Python writes them",
    arguments: [
      (1e16, "1e+16"), (12_345_678_901_234_568, "1.2345678901234568e+16"), (1e15, "1000000000000000.0"),
      (9_007_199_254_740_992, "9007199254740992.0"), (1e-4, "0.0001"), (1e-5, "1e-05"), (1.5e-7, "1.5e-07"),
      (0.1, "0.1"),
      (100, "100.0"), (-2.5e-300, "-2.5e-300"), (1.7976931348623157e308, "1.7976931348623157e+308"), (0, "0.0"),
      (123456.789, "123456.789"),
    ] as [(Double, String)])
  func numbers(_ value: Double, _ text: String) throws {
    #expect(JSONValue.number(value).text() == text)
    #expect(try JSONValue.parse(text).isEquivalent(to: .number(value)))
  }

  @Test("reading and writing keeps order, kinds and characters")
  func roundTrip() throws {
    let text = #"{"b": [1, 1.0, -3, true, null], "a": {"é\"\\\n": "𝄞"}, "c": []}"#
    #expect(try JSONValue.parse(text).text() == text)
    #expect(try JSONValue.parse(#""\ud834\udd1e""#) == .string("𝄞"))
  }

  // sha256 of json.dumps(…, sort_keys=True, ensure_ascii=False) by Python 3.11's hashlib.
  @Test("the digest is pyhf's")
  func digest() throws {
    let document = try JSONValue.parse(#"{"b": [1, 2.50, 1e-5], "a": "é"}"#)
    #expect(document.text(sortedKeys: true) == #"{"a": "é", "b": [1, 2.5, 1e-05]}"#)
    #expect(document.digest.hex == "cccc4afacf0287168e3e8a10a456656b087f3e48a5cc765a70c7c49cb8a96523")
  }

  @Test(
    "what is no JSON is refused, with line and column",
    arguments: [
      "", "{", "[1,]", "{\"a\" 1}", "{\"a\": 1, \"a\": 2}", "01", "1.", "nan", "NaN", "Infinity", "1e999", "\"\u{1}\"",
      "\"abc", "[1] 2", "\"\\x\"", "\"\\ud800\"", "{a: 1}", "-", "tru",
    ])
  func refused(_ text: String) {
    #expect(throws: JSONSyntaxError.self) { try JSONValue.parse(text) }
  }

  @Test("a fault names its place")
  func place() {
    #expect(throws: JSONSyntaxError(file: "f.json", line: 2, column: 8, message: "expected a JSON value, found '}'")) {
      try JSONValue.parse("{\"a\": 1,\n \"b\":  }", file: "f.json")
    }
  }

  @Test("deep nesting is an error, not a crash")
  func deep() {
    #expect(throws: JSONSyntaxError.self) { try JSONValue.parse(String(repeating: "[", count: 100_000)) }
  }

  // RFC 6902, appendix A.
  @Test(
    "patches",
    arguments: [
      (#"{"foo": "bar"}"#, #"[{"op": "add", "path": "/baz", "value": "qux"}]"#, #"{"foo": "bar", "baz": "qux"}"#),
      (
        #"{"foo": ["bar", "baz"]}"#, #"[{"op": "add", "path": "/foo/1", "value": "qux"}]"#,
        #"{"foo": ["bar", "qux", "baz"]}"#
      ),
      (#"{"baz": "qux", "foo": "bar"}"#, #"[{"op": "remove", "path": "/baz"}]"#, #"{"foo": "bar"}"#),
      (#"{"foo": ["a", "b"]}"#, #"[{"op": "remove", "path": "/foo/0"}]"#, #"{"foo": ["b"]}"#),
      (#"{"baz": "qux"}"#, #"[{"op": "replace", "path": "/baz", "value": 1}]"#, #"{"baz": 1}"#),
      (
        #"{"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}}"#,
        #"[{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}]"#,
        #"{"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}}"#
      ),
      (#"{"foo": ["bar"]}"#, #"[{"op": "add", "path": "/foo/-", "value": ["abc"]}]"#, #"{"foo": ["bar", ["abc"]]}"#),
      (#"{"/": 9, "~1": 10}"#, #"[{"op": "test", "path": "/~01", "value": 10}]"#, #"{"/": 9, "~1": 10}"#),
      (#"{"a": 1}"#, #"[{"op": "copy", "from": "/a", "path": "/b"}]"#, #"{"a": 1, "b": 1}"#),
    ] as [(String, String, String)])
  func patch(_ document: String, _ patch: String, _ expected: String) throws {
    let result = try JSONPatch(JSONValue.parse(patch), file: "p").applied(to: JSONValue.parse(document))
    #expect(result.text() == expected)
  }

  @Test(
    "patches that cannot apply",
    arguments: [
      #"[{"op": "remove", "path": "/x"}]"#, #"[{"op": "add", "path": "/a/5", "value": 1}]"#,
      #"[{"op": "test", "path": "/a/0", "value": 2}]"#, #"[{"op": "grow", "path": "/a"}]"#,
      #"[{"op": "add", "path": "/b"}]"#,
      #"[{"op": "replace", "path": "/a/01", "value": 1}]"#, #"[{"op": "remove", "path": "a"}]"#, #"{"op": "remove"}"#,
    ])
  func badPatch(_ patch: String) throws {
    #expect(throws: WorkspaceError.self) {
      try JSONPatch(JSONValue.parse(patch), file: "p").applied(to: JSONValue.parse(#"{"a": [1]}"#))
    }
  }
}
