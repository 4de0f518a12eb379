import HuntCore
import Testing

@testable import FuzzChecks

private let members = #""event_id":"e","hunt":"h","player":"p","tag":"04A1B2C3","scanned_at":1"#

private func reason(of value: [UInt8]) -> RefusalReason? {
    outcome(of: Record(value: value, key: Array("p".utf8))).reason
}

private func reason(of value: String) -> RefusalReason? { reason(of: Array(value.utf8)) }

/// A good scan with an unknown field of this JSON.
private func reason(ofUnknown json: String) -> RefusalReason? { reason(of: "{\(members),\"x\":\(json)}") }

private func reason(ofUnknown bytes: [UInt8]) -> RefusalReason? {
    reason(of: Array("{\(members),\"x\":\"".utf8) + bytes + Array("\"}".utf8))
}

@Suite("JSON, strictly")
struct ScanJSONTests {
    @Test(
        "unknown fields are ignored, whatever valid JSON they hold",
        arguments: [
            "null", "true", "false", "0", "-0", "-0.0", "12.50e+03", "1E-9", "1e999999",
            "123456789012345678901234567890",
            #""""#, #""\"\\\/\b\f\n\r\t\u0000\uFFFF\ud83d\ude00""#, "\"\u{7F}é🎯\u{FEFF}\u{FFFE}\"", "[]", "{}", "[ ]",
            "{ }",
            "[1,\t[2, {\"a\":[]} ] ]", #"{"tag":1,"tag":2,"player":null,"event_id":[]}"#,
            #"{"a":{"a":{"a":1}},"b":[{}]}"#,
            #""a long string without anything special in it, longer than a word or two""#,
        ])
    func unknown(json: String) {
        #expect(reason(ofUnknown: json) == nil)
    }

    @Test(
        "one wrong byte in an unknown field is malformed",
        arguments: [
            "", "nul", "nulll", "True", "tru", "falsy", "NaN", "Infinity", "-Infinity", "undefined", "'a'", "01", "-01",
            "00",
            "1.", ".5", "+1", "-", "--1", "1e", "1e+", "1.e1", "1.5.2", "1e5.5", "0x10", "1_000", "1,", ",1", "[1,]",
            "[,1]", "[,]", "[1 2]",
            "[1", "1]", "[1}", #"{"a":1]"#, #"{"a":1,}"#, #"{,"a":1}"#, #"{"a"}"#, #"{"a":}"#, #"{a:1}"#, #"{1:2}"#,
            #"{"a" 1}"#, #"{"a"::1}"#,
            #"{"a":1 "b":2}"#, #"{null:1}"#, "/* */1", "1//", #""\x""#, #""\u12""#, #""\u12G4""#, #""\U0041""#,
            #""\u 041""#, #""\"#,
            "\"a", "\"\t\"", "\"\n\"", "\"\u{0}\"", "\"\u{1F}\"", "\u{A0}1", "1\u{C}", "1\u{B}", "\u{2028}1", "{", "[",
            "}", "]", ":",
        ])
    func broken(json: String) {
        #expect(reason(ofUnknown: json) == .malformed)
    }

    @Test(
        "a lone surrogate escape is malformed, in a value and in a name",
        arguments: [
            #"\ud83d"#, #"\ude00"#, #"\ud83dx"#, #"\ud83d\n"#, #"\ud83d\u0041"#, #"\ud83d\ud83d"#, #"\ude00\ud83d"#,
            #"\uD83D\u"#,
            #"\ud83d\ude"#, #"\udbff\ue000"#,
        ])
    func loneSurrogate(escape: String) {
        #expect(reason(ofUnknown: "\"\(escape)\"") == .malformed)
        #expect(reason(ofUnknown: "{\"\(escape)\":1}") == .malformed)
        #expect(reason(of: "{\(members),\"\(escape)\":1}") == .malformed)
    }

    @Test(
        "every well-formed sequence of bytes is UTF-8",
        arguments: [
            [0xC2, 0x80], [0xDF, 0xBF], [0xE0, 0xA0, 0x80], [0xEC, 0xBF, 0xBF], [0xED, 0x80, 0x80], [0xED, 0x9F, 0xBF],
            [0xEE, 0x80, 0x80], [0xEF, 0xBF, 0xBF], [0xF0, 0x90, 0x80, 0x80], [0xF1, 0x80, 0x80, 0x80],
            [0xF4, 0x8F, 0xBF, 0xBF],
        ] as [[UInt8]])
    func utf8(bytes: [UInt8]) {
        for padding in 0..<9 { #expect(reason(ofUnknown: Array(repeating: 0x61, count: padding) + bytes) == nil) }
    }

    @Test(
        "overlong, surrogate, out-of-range, cut and stray sequences are malformed",
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xC2, 0xC2], [0xE0, 0x80, 0x80],
            [0xE0, 0x9F, 0xBF],
            [0xE1, 0x80], [0xE1, 0x80, 0x41], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80],
            [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF0, 0x90, 0x80], [0xF1, 0x80, 0x80, 0x41], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
            [0xF8, 0x88, 0x80, 0x80, 0x80],
            [0xFE], [0xFF],
        ] as [[UInt8]])
    func notUTF8(bytes: [UInt8]) {
        for padding in 0..<9 {
            #expect(reason(ofUnknown: Array(repeating: 0x61, count: padding) + bytes) == .malformed)
        }
    }

    @Test("32 levels are read, the scan's object being the first, and 33 are malformed")
    func levels() {
        func nested(_ open: String, _ close: String, _ count: Int) -> String {
            String(repeating: open, count: count) + (open == "[" ? "" : "1") + String(repeating: close, count: count)
        }
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            #expect(reason(ofUnknown: nested(open, close, 31)) == nil)
            #expect(reason(ofUnknown: nested(open, close, 32)) == .malformed)
            #expect(reason(ofUnknown: "[\(nested(open, close, 30)),\(nested(open, close, 30))]") == nil)
            #expect(reason(ofUnknown: nested(open, close, 2_000)) == .malformed)
        }
        #expect(reason(ofUnknown: "[" + nested("{\"a\":[", "]}", 15).replacing("[1]", with: "[]") + "]") == nil)
    }

    @Test("any order and any white space is fine")
    func orderAndSpace() {
        let value =
            " \t\r\n{ \"scanned_at\" : 1 ,\n\t\"tag\":\r\"04A1B2C3\", \"player\":\"p\" , \"reader\" : null ,"
            + "\"hunt\":\"h\","
            + "\"event_id\" : \"e\" }\n\r\t "
        #expect(reason(of: value) == nil)
    }

    @Test(
        "anything but white space around the object is malformed",
        arguments: [
            "{M}{M}", "{M},", "{M}x", "{M}\u{0}", "{M}}", "{M}]", "{M} null", "x{M}", "[{M}]", "\u{FEFF}{M}",
            "{M}\u{FEFF}", "\u{A0}{M}",
            "{M}\u{C}", "{M}/", "{M", "M}", "{{M}}", "{M,}", "{,M}",
        ])
    func around(template: String) {
        #expect(reason(of: template.replacing("M", with: members)) == .malformed)
        #expect(reason(of: "{M}".replacing("M", with: members)) == nil)
    }

    @Test(
        "a value that is no object is malformed",
        arguments: ["", " ", "null", "1", "\"a\"", "[]", "{}", "}", "{", "{ }", "\"}", "tru}"])
    func noObject(value: String) {
        #expect(reason(of: value) == .malformed)
    }

    @Test(
        "names are compared whole and by case; what is not one of the six is unknown",
        arguments: [
            "Tag", "tags", "ta", "", "event_i", "event_idx", "Event_id", "scanned_a", "scanned_att", "player ",
            "reader_", "hunts",
            #"tag\u0000"#, #"\u0054ag"#, "tåg",
        ])
    func unknownName(name: String) {
        #expect(reason(of: "{\"\(name)\":[],\(members)}") == nil)
        #expect(reason(of: "{\"\(name)\":1,\(members),\"\(name)\":2}") == nil)
    }
}
