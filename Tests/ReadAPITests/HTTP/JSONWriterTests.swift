import Foundation
import HuntCore
import OrderIndex
import Randomness
import Testing

@testable import ReadAPI

@Suite("JSON that is written by hand")
struct JSONWriterTests {
    private func parse(_ write: (inout JSONWriter) -> Void) throws -> Any {
        var json = JSONWriter(capacity: 0)
        write(&json)
        let bytes = Data(json.buffer.readableBytesView)
        return try JSONSerialization.jsonObject(with: bytes, options: .fragmentsAllowed)
    }

    @Test("any text comes back as it was")
    func texts() throws {
        var random = SplitMix64(seed: 5)
        let scalars: [Unicode.Scalar] =
            (0..<0x80).map { Unicode.Scalar($0)! } + ["é", "\u{2028}", "🏆", "\u{FFFF}", "\u{7F}"]
        for _ in 0..<2_000 {
            var text = ""
            for _ in 0..<random.below(40) { text.unicodeScalars.append(random.pick(scalars)) }
            let value = try parse { $0.text(text) } as? String
            #expect(value.map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
        }
    }

    @Test(
        "integers are written in full",
        arguments: [
            0, 1, 9, 10, 99, 100, -1, -10, 1 << 53, .max, .min, 999_999_999_999_999_999, 1_000_000_000_000_000_000,
        ])
    func integers(number: Int64) {
        var json = JSONWriter()
        json.integer(number)
        #expect(String(buffer: json.buffer) == String(number))
    }

    @Test("times are those of RFC 3339 with milliseconds, day by day and out of order; a missing one is null")
    func times() {
        var random = SplitMix64(seed: 6)
        var json = JSONWriter()
        var expected: [String] = []
        let fixed: [Int64] = [0, 1, 86_399_999, 86_400_000, 951_782_399_999, Timestamp.latest]
        json.beginArray()
        for number in 0..<3_000 {
            let ms =
                number < fixed.count
                ? fixed[number]
                : random.chance(50)
                    ? Int64.random(in: 0...Timestamp.latest, using: &random)
                    : 1_781_254_800_000 + Int64(random.below(200_000_000))
            json.time(ms)
            expected.append("\"\(Timestamp.format(ms))\"")
        }
        json.time(nil)
        json.time(-1)
        json.endArray()
        #expect(String(buffer: json.buffer) == "[" + (expected + ["null", "null"]).joined(separator: ",") + "]")
    }

    @Test("commas stand between members and nowhere else")
    func commas() {
        var json = JSONWriter()
        json.beginObject()
        json.key("a")
        json.beginArray()
        json.endArray()
        json.key("b")
        json.beginObject()
        json.key("c")
        json.null()
        json.endObject()
        json.key("d")
        json.texts(["x", "y"])
        json.key("e")
        json.optionalText(nil)
        json.endObject()
        #expect(String(buffer: json.buffer) == #"{"a":[],"b":{"c":null},"d":["x","y"],"e":null}"#)
    }

    @Test("an entry of the longest id and the largest numbers has its room, whatever the id's bytes")
    func entries() throws {
        for id in [String(repeating: "\u{1}", count: 64), String(repeating: "\"", count: 64), "a"] {
            let player = try #require(PlayerID(id))
            let tally = Tally(score: .max, unlocks: .max, reachedAt: Timestamp.latest)
            let value = try parse { $0.entry(rank: .max, player, tally, version: .max) } as? [String: Any]
            #expect(value?["player"] as? String == id)
            #expect(value?["reached_at"] as? String == "9999-12-31T23:59:59.999Z")
            #expect((value?["rank"] as? NSNumber)?.int64Value == .max)
        }
    }

    @Test("the header Date is that of RFC 9110")
    func date() {
        #expect(HTTPDate.text(second: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(HTTPDate.text(second: 0) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(HTTPDate.text(second: 1_709_164_800) == "Thu, 29 Feb 2024 00:00:00 GMT")
    }
}
