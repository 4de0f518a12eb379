import FlowCore
import ScanWire
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

    @Test("a scan in Protobuf names hunt and player too")
    func protobuf() {
        var value: [UInt8] = []
        ScanEncoder.append(
            eventID: "e-1", hunt: "lisbon", player: "ana@x", tag: "04A1B2C3", scannedAt: 1, as: .protobuf, to: &value)
        #expect(RefusedValue.names(value, hunt: "lisbon", player: "ana@x"))
        #expect(RefusedValue.hunt(namedBy: value) == "lisbon")
        #expect(!RefusedValue.mayBeAbout(value, hunt: "lisbon", player: "ana"))
    }

    @Test("to erase a player, a value that names nobody counts as soon as the id stands in it as a word")
    func mayBeAbout() {
        let about = [#"{"hunt":"lisbon","player":"ana@x""#, "lisbon ana@x", "ana@x", #"{"player":"ana@x"}"#, "\"ana@x\","]
        for value in about { #expect(RefusedValue.mayBeAbout(Array(value.utf8), hunt: "lisbon", player: "ana@x")) }
        let others = [
            #"{"hunt":"lisbon","player":"bob","friend":"ana@x"}"#, #"{"hunt":"porto","player":"ana@x"}"#, "joana@x",
            "ana@x2", "ana", "",
        ]
        for value in others { #expect(!RefusedValue.mayBeAbout(Array(value.utf8), hunt: "lisbon", player: "ana@x")) }
    }
}
