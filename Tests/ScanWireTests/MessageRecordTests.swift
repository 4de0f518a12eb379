import HuntCore
import ScanWire
import Testing

@Suite("the record around a Protobuf scan")
struct MessageRecordTests {
    @Test("a null value is malformed, and so is an empty one")
    func tombstone() {
        #expect(decodeMessage(nil).reason == .malformed)
        #expect(decodeMessage([]).reason == .malformed)
    }

    @Test("a missing or negative timestamp is malformed", arguments: [-1, .min] as [Int64])
    func noTimestamp(receivedAt: Int64) {
        #expect(decodeMessage(message(), receivedAt: receivedAt).reason == .malformed)
        #expect(decodeMessage(message(), receivedAt: 0).reason == nil)
    }

    @Test("16,384 bytes are read, one more is oversized whatever they are")
    func oversized() {
        let room = 16_384 - message().count - 3
        let padding = WireBytes.bytes(7, [UInt8](repeating: 0, count: room))
        #expect(message(then: padding).count == 16_384)
        #expect(decodeMessage(message(then: padding)).reason == nil)
        #expect(decodeMessage(message(then: padding) + [0]).reason == .oversized)
        #expect(decodeMessage([UInt8](repeating: 0xFF, count: 16_385), key: nil, receivedAt: -1).reason == .oversized)
    }

    @Test("a key that is not the player is wrong_key, after malformed, and leaves the scan whole")
    func wrongKey() {
        for key in [nil, "", "an", "anna", "Ana"] {
            #expect(
                decodeMessage(message(), key: key) == Outcome(reason: .wrongKey, scan: decodeMessage(message()).scan))
        }
        #expect(decodeMessage(message([1: nil]), key: nil).reason == .malformed)
    }

    @Test("the encoding is what the record says, never guessed: each as the other is malformed")
    func notGuessed() {
        for encoding in ScanEncoding.allCases {
            var value: [UInt8] = []
            ScanEncoder.append(
                eventID: "e", hunt: "h", player: "ana", tag: "04A1B2C3", scannedAt: 1, as: encoding, to: &value)
            for claim in ScanEncoding.allCases {
                let reason = outcome(of: Record(value: value, key: Array("ana".utf8), encoding: claim)).reason
                #expect(reason == (claim == encoding ? nil : .malformed))
            }
        }
    }

    @Test("fields point into the value, and nothing of the scan before is left")
    func noCopies() {
        var decoder = ScanDecoder()
        var view = ScanView()
        let first = ExactBytes(message([6: WireBytes.text(6, "r")]))
        let second = ExactBytes(message([5: nil]))
        let key = ExactBytes(Array("ana".utf8))
        #expect(decoder.decode(value: first.buffer, as: .protobuf, key: key.buffer, receivedAt: 5, into: &view) == nil)
        #expect(view.reader.count == 1)
        #expect(decoder.decode(value: second.buffer, as: .protobuf, key: key.buffer, receivedAt: 5, into: &view) == nil)
        #expect(view.reader.isEmpty)
        #expect(view.scannedAt == 0)
        let start = second.buffer?.baseAddress
        #expect(start.flatMap { base in view.eventID.baseAddress.map { $0 - base } } == 2)
        #expect(start.flatMap { base in view.hunt.baseAddress.map { $0 - base } } == 7)
    }

    @Test("a detail says what is wrong, in words of its own")
    func details() {
        var decoder = ScanDecoder()
        var view = ScanView()
        func detail(_ bytes: [UInt8]) -> String? {
            let value = ExactBytes(bytes)
            return decoder.decode(value: value.buffer, as: .protobuf, key: nil, receivedAt: 5, into: &view)?
                .detail.description
        }
        #expect(detail(message()) == "key: none")
        #expect(detail(message([4: WireBytes.text(4, "04X1")])) == "tag: not 8, 14 or 20 hex digits")
        #expect(detail(message([2: WireBytes.text(2, "")])) == "hunt: missing")
        #expect(detail(message([2: WireBytes.number(2, 1)])) == "hunt: not a string on the wire")
        #expect(detail(message(then: WireBytes.number(5, 1))) == "scanned_at_ms: sent twice")
        #expect(detail(message([5: WireBytes.number(5, .max)])) == "scanned_at_ms: not 0 ... 253402300799999")
        #expect(detail(message().dropLast()) == "value: the Protobuf message ends too early")
    }
}
