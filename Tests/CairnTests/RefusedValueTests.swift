import FlowCore
import Testing

@testable import cairn

@Suite("What a refused value says about itself")
struct RefusedValueTests {
    @Test(
        "a JSON object names hunt and player, in any order, with escapes, and whatever else is wrong with it",
        arguments: [
            #"{"hunt":"lisbon","player":"ana@x"}"#, #"{"x":[1],"player":"an\u0061@x","hunt":"lisbo\u006e"}"#,
            #"  {"player":"ana@x", "scanned_at":"never", "hunt":"lisbon", "tag":7}  "#,
        ])
    func named(_ value: String) {
        #expect(RefusedValue.names(Array(value.utf8), hunt: "lisbon", player: "ana@x"))
        #expect(!RefusedValue.names(Array(value.utf8), hunt: "lisbon", player: "ana"))
        #expect(!RefusedValue.names(Array(value.utf8), hunt: "lisbon2", player: "ana@x"))
        #expect(RefusedValue.hunt(namedBy: Array(value.utf8)) == "lisbon")
    }

    @Test(
        "a value that is cut, no object, no JSON or names nobody at its top level is attributed to nobody",
        arguments: [
            #"{"hunt":"lisbon","player":"ana@x""#, #"["lisbon","ana@x"]"#, "", "lisbon ana@x",
            #"{"hunt":"lisbon","player":["ana@x"]}"#, #"{"scan":{"hunt":"lisbon","player":"ana@x"}}"#,
            #"{"hunt":"lisbon"}"#, #"{"player":"ana@x"}"#,
        ])
    func nameless(_ value: String) {
        #expect(!RefusedValue.names(Array(value.utf8), hunt: "lisbon", player: "ana@x"))
    }

    @Test("any bytes are read without a trap")
    func noise() {
        var random = SplitMix64(seed: 1)
        for length in 0..<500 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(!RefusedValue.names(bytes, hunt: "lisbon", player: "ana@x"))
        }
    }
}
