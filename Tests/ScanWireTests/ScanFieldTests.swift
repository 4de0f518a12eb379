import HuntCore
import Testing

@testable import FuzzChecks

/// A good scan's members, some of them replaced; nil leaves one out.
private func value(_ changes: [(name: String, json: String?)] = []) -> [UInt8] {
    var members: [(name: String, json: String?)] = [
        ("event_id", #""e-1""#), ("hunt", #""lisbon-2026""#), ("player", #""ana""#), ("tag", #""04A1B2C3D4E5F6""#),
        ("scanned_at", "1781254800000"),
    ]
    for change in changes {
        members.removeAll { $0.name == change.name }
        members.append(change)
    }
    return Array(
        ("{" + members.compactMap { m in m.json.map { "\"\(m.name)\":\($0)" } }.joined(separator: ",") + "}").utf8)
}

private func decode(_ changes: (String, String?)...) -> Outcome {
    outcome(of: Record(value: value(changes.map { (name: $0.0, json: $0.1) }), key: Array("ana".utf8)))
}

private func repeated(_ text: String, _ count: Int) -> String { "\"" + String(repeating: text, count: count) + "\"" }

@Suite("the fields of a scan")
struct ScanFieldTests {
    @Test("a scan with every field is read whole")
    func wholeScan() {
        let scan = decode(("reader", #""gate-7""#))
        let expected = DecodedScan(
            eventID: Array("e-1".utf8), hunt: Array("lisbon-2026".utf8), player: Array("ana".utf8),
            reader: Array("gate-7".utf8), tag: "04A1B2C3D4E5F6", scannedAt: 1_781_254_800_000)
        #expect(scan == Outcome(reason: nil, scan: expected))
    }

    @Test("event_id is 1 to 64 of its alphabet", arguments: ["AZaz09-_.:", "e", String(repeating: "x", count: 64)])
    func goodEventID(id: String) {
        #expect(decode(("event_id", "\"\(id)\"")).scan?.eventID == Array(id.utf8))
        #expect(decode(("reader", "\"\(id)\"")).scan?.reader == Array(id.utf8))
    }

    @Test(
        "event_id and reader of no or too many bytes, or of other bytes, are malformed",
        arguments: ["", "a b", "a@b", "a+b", "a/b", "\u{E9}", String(repeating: "x", count: 65)])
    func badEventID(id: String) {
        #expect(decode(("event_id", "\"\(id)\"")).reason == .malformed)
        #expect(decode(("reader", "\"\(id)\"")).reason == .malformed)
    }

    @Test("hunt is a slug of 1 to 63", arguments: ["a", "0", "az09-", "a--b", String(repeating: "h", count: 63)])
    func goodHunt(slug: String) {
        #expect(decode(("hunt", "\"\(slug)\"")).scan?.hunt == Array(slug.utf8))
    }

    @Test(
        "hunt with a hyphen first, an upper-case letter, or 64 bytes is malformed",
        arguments: ["", "-", "-a", "Lisbon", "a_b", "a.b", String(repeating: "h", count: 64)])
    func badHunt(slug: String) {
        #expect(decode(("hunt", "\"\(slug)\"")).reason == .malformed)
    }

    @Test("player may hold @ and +, up to 64 bytes", arguments: ["AZaz09-_.:@+", String(repeating: "p", count: 64)])
    func goodPlayer(player: String) {
        let record = Record(value: value([("player", "\"\(player)\"")]), key: Array(player.utf8))
        let outcome = outcome(of: record)
        #expect(outcome.reason == nil)
        #expect(outcome.scan?.player == Array(player.utf8))
    }

    @Test(
        "player with other bytes, or 65, is malformed",
        arguments: ["", "a b", "a/b", "a!", String(repeating: "p", count: 65)])
    func badPlayer(player: String) {
        let record = Record(value: value([("player", "\"\(player)\"")]), key: Array(player.utf8))
        #expect(outcome(of: record).reason == .malformed)
    }

    @Test(
        "tag is 8, 14 or 20 hex digits of any case", arguments: ["04A1B2C3", "04a1B2c3D4e5F6", "0123456789abcdefABCD"])
    func goodTag(tag: String) {
        #expect(decode(("tag", "\"\(tag)\"")).scan?.tag == tag.uppercased())
    }

    @Test("tag of any other number of digits is malformed")
    func tagLengths() {
        for count in 0...80 {
            #expect((decode(("tag", repeated("A", count))).reason == nil) == [8, 14, 20].contains(count))
        }
    }

    @Test("tag with one byte that is no hex digit is malformed, wherever it stands")
    func badTag() {
        for byte in "G@`g/:x-".unicodeScalars {
            for length in [8, 14, 20] {
                for place in 0..<length {
                    var digits = Array(String(repeating: "A", count: length).unicodeScalars)
                    digits[place] = byte
                    let tag = String(String.UnicodeScalarView(digits))
                    #expect(decode(("tag", "\"\(tag)\"")).reason == .malformed)
                }
            }
        }
    }

    @Test("scanned_at is an integer up to the last millisecond of 9999", arguments: [0, 1, 999, 253_402_300_799_999])
    func goodInstant(ms: Int64) {
        #expect(decode(("scanned_at", String(ms))).scan?.scannedAt == ms)
    }

    @Test("scanned_at of -0 is a number without fraction or exponent, and equals 0")
    func minusZero() {
        #expect(decode(("scanned_at", "-0")).scan?.scannedAt == 0)
    }

    @Test(
        "scanned_at that is negative, too large, or has a fraction or exponent is malformed",
        arguments: [
            "-1", "253402300800000", "999999999999999", "1000000000000000", "9223372036854775808",
            "18446744073709551616",
            "184467440737095516160", "1.0", "1.5", "1e3", "1E3", "0.0", "-0.0", "01", "00", "-", "+1", "1.", "1e",
        ])
    func badInstant(number: String) {
        #expect(decode(("scanned_at", number)).reason == .malformed)
    }

    @Test("scanned_at may be an RFC 3339 time, cut to milliseconds")
    func timeText() {
        #expect(decode(("scanned_at", #""2026-06-12T11:00:00.1239999+02:00""#)).scan?.scannedAt == 1_781_254_800_123)
        #expect(decode(("scanned_at", #""2026-06-12T09:00:60Z""#)).reason == .malformed)
        #expect(decode(("scanned_at", #""1781254800000""#)).reason == .malformed)
    }

    @Test("reader may be absent or null")
    func absentReader() {
        #expect(decode().scan?.reader == [])
        #expect(decode(("reader", "null")).scan?.reader == [])
    }

    @Test("each required field must be there", arguments: ["event_id", "hunt", "player", "tag", "scanned_at"])
    func missing(name: String) {
        #expect(decode((name, nil)).reason == .malformed)
    }

    @Test(
        "a known field of another type is malformed",
        arguments: ["event_id", "hunt", "player", "tag", "scanned_at", "reader"])
    func otherType(name: String) {
        let others = ["true", "false", "[]", "{}", #"["a"]"#, "nul", "12 34"]
        for json in others + (name == "scanned_at" ? [] : ["0", "12345678"]) + (name == "reader" ? [] : ["null"]) {
            #expect(decode((name, json)).reason == .malformed)
        }
    }

    @Test(
        "one of the six names twice is malformed, even with the same value, even when escapes hide it",
        arguments: [
            (#"event_id"#, #"event\u005fid"#), ("hunt", #"\u0068unt"#), ("player", #"playe\u0072"#),
            ("tag", #"t\u0061g"#),
            ("scanned_at", #"scanned\u005Fat"#), ("reader", #"r\u0065ader"#),
        ])
    func twice(name: String, escaped: String) {
        let members = String(decoding: value([("reader", #""gate-7""#)]), as: UTF8.self).dropFirst().dropLast()
        let same = members.split(separator: ",").first { $0.hasPrefix("\"\(name)\"") } ?? ""
        let hidden = same.replacing(name, with: escaped, maxReplacements: 1)
        for text in ["{\(members),\(same)}", "{\(members),\(hidden)}", "{\(hidden),\(members)}"] {
            #expect(outcome(of: Record(value: Array(text.utf8), key: Array("ana".utf8))).reason == .malformed)
        }
        let once = members.replacing(same, with: hidden)
        #expect(outcome(of: Record(value: Array("{\(once)}".utf8), key: Array("ana".utf8))).reason == nil)
    }

    @Test("a reader after a null reader is still the second")
    func readerTwice() {
        let text = String(decoding: value(), as: UTF8.self).dropLast()
        for pair in [#""reader":null,"reader":"g""#, #""reader":null,"reader":null"#, #""reader":"g","reader":null"#] {
            #expect(
                outcome(of: Record(value: Array((text + "," + pair + "}").utf8), key: Array("ana".utf8))).reason
                    == .malformed)
        }
    }

    @Test("escapes in names and values count as what they stand for")
    func escapes() {
        let text =
            #"{"\u0065vent_id":"\u0065-\u0031","h\u0075nt":"lisb\u006fn","pl\u0061yer":"an\u0061","#
            + #""t\u0061g":"\u00304A1B2C3","scanned_at":"2026-06-12T09\u003a00:00Z","r\u0065ader":"g\u002e1"}"#
        let scan = outcome(of: Record(value: Array(text.utf8), key: Array("ana".utf8)))
        let expected = DecodedScan(
            eventID: Array("e-1".utf8), hunt: Array("lisbon".utf8), player: Array("ana".utf8),
            reader: Array("g.1".utf8),
            tag: "04A1B2C3", scannedAt: 1_781_254_800_000)
        #expect(scan == Outcome(reason: nil, scan: expected))
    }

    @Test("64 escaped characters fit, 65 do not")
    func escapedLength() {
        #expect(decode(("event_id", repeated(#"\u0061"#, 64))).scan?.eventID.count == 64)
        #expect(decode(("event_id", repeated(#"\u0061"#, 65))).reason == .malformed)
        #expect(decode(("hunt", repeated(#"\u0061"#, 63))).scan?.hunt.count == 63)
        #expect(decode(("hunt", repeated(#"\u0061"#, 64))).reason == .malformed)
    }

    @Test(
        "an escape for a byte outside the alphabet breaks the rule",
        arguments: [#"\n"#, #"\u0000"#, #"\/"#, #"\u00e9"#, #"\ud83d\ude00"#])
    func escapedForeigner(escape: String) {
        #expect(decode(("event_id", "\"e\(escape)\"")).reason == .malformed)
    }
}
