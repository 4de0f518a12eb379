import HuntCore
import ScanWire
import Testing

@testable import FuzzChecks

private let scan = #"{"event_id":"e","hunt":"h","player":"player-1","tag":"04A1B2C3","scanned_at":1}"#

private func reason(_ value: [UInt8]?, key: String? = "player-1", receivedAt: Int64 = 5) -> RefusalReason? {
    outcome(of: Record(value: value, key: key.map { Array($0.utf8) }, receivedAt: receivedAt)).reason
}

@Suite("the record around a scan")
struct ScanRecordTests {
    @Test("a null value is malformed, and so is an empty one")
    func tombstone() {
        #expect(reason(nil) == .malformed)
        #expect(reason([]) == .malformed)
    }

    @Test("a missing or negative timestamp is malformed", arguments: [-1, .min] as [Int64])
    func noTimestamp(receivedAt: Int64) {
        #expect(reason(Array(scan.utf8), receivedAt: receivedAt) == .malformed)
        #expect(reason(Array(scan.utf8), receivedAt: 0) == nil)
    }

    @Test("16,384 bytes are read, one more is oversized whatever they are")
    func oversized() {
        let padding = [UInt8](repeating: UInt8(ascii: " "), count: 16_384 - scan.utf8.count)
        #expect(reason(Array(scan.utf8) + padding) == nil)
        #expect(reason(padding + Array(scan.utf8)) == nil)
        #expect(reason(Array(scan.utf8) + padding + [0x20]) == .oversized)
        #expect(reason([UInt8](repeating: 0xFF, count: 16_384)) == .malformed)
        #expect(reason([UInt8](repeating: 0xFF, count: 16_385), key: nil, receivedAt: -1) == .oversized)
    }

    @Test("malformed comes before wrong_key")
    func order() {
        #expect(reason(Array("{}".utf8), key: nil) == .malformed)
        #expect(reason(Array(scan.utf8), key: nil, receivedAt: -1) == .malformed)
    }

    @Test(
        "a key that is missing, empty or not the player byte for byte is wrong_key",
        arguments: [
            nil, "", "player-", "player-2", "Player-1", "player-1 ", "player-11", "player-1\u{0}",
        ])
    func wrongKey(key: String?) {
        #expect(reason(Array(scan.utf8), key: key) == .wrongKey)
    }

    @Test("a key of any length is compared to its last byte")
    func keyLengths() {
        for count in 1...64 {
            let player = String(repeating: "p", count: count)
            let value = Array(scan.replacing("player-1", with: player).utf8)
            #expect(reason(value, key: player) == nil)
            for place in 0..<count {
                var key = Array(player.utf8)
                key[place] = UInt8(ascii: "q")
                #expect(reason(value, key: String(decoding: key, as: UTF8.self)) == .wrongKey)
            }
        }
    }

    @Test("a wrong key leaves the scan whole")
    func wrongKeyScan() {
        #expect(outcome(of: Record(value: Array(scan.utf8), key: nil)).scan?.player == Array("player-1".utf8))
    }

    @Test("fields without escapes point into the value, and nothing of the scan before is left")
    func noCopies() {
        var decoder = ScanDecoder()
        var view = ScanView()
        let first = ExactBytes(Array(scan.replacing(#""scanned"#, with: #""reader":"r","scanned"#).utf8))
        let second = ExactBytes(Array(scan.utf8))
        let key = ExactBytes(Array("player-1".utf8))
        #expect(decoder.decode(value: first.buffer, key: key.buffer, receivedAt: 5, into: &view) == nil)
        #expect(view.reader.count == 1)
        #expect(decoder.decode(value: second.buffer, key: key.buffer, receivedAt: 5, into: &view) == nil)
        #expect(view.reader.isEmpty)
        let start = second.buffer?.baseAddress
        #expect(start.flatMap { base in view.eventID.baseAddress.map { $0 - base } } == 13)
        #expect(start.flatMap { base in view.player.baseAddress.map { $0 - base } } == 37)
    }

    @Test("a detail says which field is wrong, in words of its own")
    func details() {
        var decoder = ScanDecoder()
        var view = ScanView()
        func detail(_ text: String) -> String? {
            let value = ExactBytes(Array(text.utf8))
            return decoder.decode(value: value.buffer, key: nil, receivedAt: 5, into: &view)?.detail.description
        }
        #expect(detail(scan) == "key: none")
        #expect(detail(scan.replacing("04A1", with: "04X1")) == "tag: not 8, 14 or 20 hex digits")
        #expect(detail(scan.replacing(#""hunt":"h","#, with: "")) == "hunt: missing")
        #expect(detail(scan.replacing(#""h""#, with: "7")) == "hunt: not a string")
        #expect(detail(scan.replacing(#""hunt":"h""#, with: #""tag":"04A1B2C3""#)) == "tag: named twice")
        #expect(detail(String(scan.dropLast()) + "}}") == "value: more than white space after the object")
    }
}
