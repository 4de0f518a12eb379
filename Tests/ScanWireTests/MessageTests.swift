import HuntCore
import ScanWire
import Testing

@Suite("a scan as Protobuf: its fields")
struct MessageFieldTests {
    private let plain = DecodedScan(
        eventID: Array("e-1".utf8), hunt: Array("lisbon-2026".utf8), player: Array("ana".utf8), reader: [],
        tag: "04A1B2C3D4E5F6", scannedAt: 1_781_254_800_000)

    @Test("a scan with every field is read whole, in any order")
    func wholeScan() {
        var expected = plain
        expected.reader = Array("gate-7".utf8)
        let reader = WireBytes.text(6, "gate-7")
        #expect(decodeMessage(message([6: reader])) == Outcome(reason: nil, scan: expected))
        let event = WireBytes.text(1, "e-1")
        #expect(decodeMessage(reader + message([1: nil]) + event) == Outcome(reason: nil, scan: expected))
    }

    @Test("event_id and reader are 1 to 64 of their alphabet")
    func eventID() {
        for id in ["AZaz09-_.:", "e", String(repeating: "x", count: 64)] {
            #expect(decodeMessage(1, id).scan?.eventID == Array(id.utf8))
            #expect(decodeMessage(6, id).scan?.reader == Array(id.utf8))
        }
        for id in ["a b", "a@b", "a+b", "a/b", "\u{E9}", "\u{0}", String(repeating: "x", count: 65)] {
            #expect(decodeMessage(1, id).reason == .malformed)
            #expect(decodeMessage(6, id).reason == .malformed)
        }
    }

    @Test("hunt is a slug of 1 to 63")
    func hunt() {
        for slug in ["a", "0", "az09-", "a--b", String(repeating: "h", count: 63)] {
            #expect(decodeMessage(2, slug).scan?.hunt == Array(slug.utf8))
        }
        for slug in ["-", "-a", "Lisbon", "a_b", "a.b", String(repeating: "h", count: 64)] {
            #expect(decodeMessage(2, slug).reason == .malformed)
        }
    }

    @Test("player may hold @ and +, up to 64 bytes")
    func player() {
        for player in ["AZaz09-_.:@+", String(repeating: "p", count: 64)] {
            let value = message([3: WireBytes.text(3, player)])
            #expect(decodeMessage(value, key: player).scan?.player == Array(player.utf8))
            #expect(decodeMessage(value, key: player).reason == nil)
        }
        for player in ["a b", "a/b", "a!", String(repeating: "p", count: 65)] {
            #expect(decodeMessage(message([3: WireBytes.text(3, player)]), key: player).reason == .malformed)
        }
    }

    @Test("tag is 8, 14 or 20 hex digits of any case")
    func tag() {
        for tag in ["04A1B2C3", "04a1B2c3D4e5F6", "0123456789abcdefABCD"] {
            #expect(decodeMessage(4, tag).scan?.tag == tag.uppercased())
        }
        for count in 1...80 {
            #expect(
                (decodeMessage(4, String(repeating: "A", count: count)).reason == nil) == [8, 14, 20].contains(count))
        }
        for tag in ["04A1B2CG", "04A1B2C ", "-4A1B2C3D4E5F6"] { #expect(decodeMessage(4, tag).reason == .malformed) }
    }

    @Test("scanned_at_ms reaches from 0 to the last millisecond of 9999")
    func instant() {
        for ms: Int64 in [0, 1, 127, 128, 253_402_300_799_999] {
            #expect(decodeMessage(message([5: WireBytes.number(5, UInt64(ms))])).scan?.scannedAt == ms)
        }
        for ms: Int64 in [-1, .min, .max, 253_402_300_800_000] {
            #expect(decodeMessage(message([5: WireBytes.number(5, UInt64(bitPattern: ms))])).reason == .malformed)
        }
    }

    @Test("scanned_at_ms that is not sent is 0")
    func absentInstant() {
        #expect(decodeMessage(message([5: nil])).scan?.scannedAt == 0)
    }

    @Test("each required string must be sent, and an empty one is not", arguments: [1, 2, 3, 4] as [UInt64])
    func missing(field: UInt64) {
        #expect(decodeMessage(message([field: nil]), key: "").reason == .malformed)
        #expect(decodeMessage(message([field: WireBytes.text(field, "")]), key: "").reason == .malformed)
    }

    @Test("an empty reader is an absent one")
    func emptyReader() {
        #expect(decodeMessage(6, "") == Outcome(reason: nil, scan: plain))
    }

    @Test("a known field with another wire type is malformed", arguments: 1...6 as ClosedRange<UInt64>)
    func otherType(field: UInt64) {
        for wireType: UInt64 in [0, 1, 2, 3, 5] where wireType != (field == 5 ? 0 : 2) {
            let other = WireBytes.field(field, wireType)
            #expect(decodeMessage(message([field: other])).reason == .malformed)
            #expect(decodeMessage(other + message([field: nil])).reason == .malformed)
        }
    }

    @Test("a known field sent twice is malformed, also with the same value and after an empty one")
    func twice() {
        let whole = message([6: WireBytes.text(6, "gate-7")])
        for field in messageStrings {
            let text = [1: "e-1", 2: "lisbon-2026", 3: "ana", 4: "04A1B2C3D4E5F6", 6: "gate-7"][field] ?? ""
            #expect(decodeMessage(whole + WireBytes.text(field, text)).reason == .malformed)
            #expect(decodeMessage(whole + WireBytes.text(field, "")).reason == .malformed)
            #expect(decodeMessage(WireBytes.text(field, "") + whole).reason == .malformed)
        }
        #expect(decodeMessage(whole + WireBytes.number(5, 1_781_254_800_000)).reason == .malformed)
        #expect(decodeMessage(WireBytes.number(5, 0) + whole).reason == .malformed)
        #expect(decodeMessage(whole).reason == nil)
    }
}

@Suite("a scan as Protobuf: its wire format")
struct MessageWireTests {
    @Test("unknown fields of every wire type are skipped, before and after", arguments: [0, 1, 2, 3, 5] as [UInt64])
    func unknownFields(wireType: UInt64) {
        for number: UInt64 in [7, 15, 16, 2_047, 2_048, 1 << 29 - 1] {
            let unknown = WireBytes.field(number, wireType)
            #expect(decodeMessage(unknown + unknown + message()) == decodeMessage(message()))
            #expect(decodeMessage(message(then: unknown + unknown)) == decodeMessage(message()))
        }
    }

    @Test("what a group or an unknown field's bytes hold is not the scan's")
    func inside() {
        let inner = message() + WireBytes.field(1, 0)
        #expect(decodeMessage(message(then: WireBytes.group(7, inner))).reason == nil)
        #expect(decodeMessage(message(then: WireBytes.bytes(7, inner + [0xFF]))).reason == nil)
        #expect(decodeMessage(WireBytes.group(7, message())).reason == .malformed)
        #expect(decodeMessage(WireBytes.bytes(7, message())).reason == .malformed)
    }

    @Test("groups may be nested 32 levels deep, not 33")
    func depth() {
        #expect(decodeMessage(message(then: WireBytes.groups(7, levels: 32))).reason == nil)
        #expect(decodeMessage(message(then: WireBytes.groups(7, levels: 33))).reason == .malformed)
        // One after the other is not one in the other.
        let flat = (0..<100).flatMap { _ in WireBytes.groups(7, levels: 2) }
        #expect(decodeMessage(message(then: flat)).reason == nil)
    }

    @Test("thousands of group starts are malformed and nothing worse")
    func groupFlood() {
        #expect(decodeMessage([UInt8](repeating: 0x3B, count: 16_384)).reason == .malformed)
    }

    @Test("a group must end, with its own number, and not without a beginning")
    func groupEnds() {
        #expect(decodeMessage(message(then: WireBytes.tag(7, 3))).reason == .malformed)
        #expect(decodeMessage(message(then: WireBytes.tag(7, 3) + WireBytes.tag(8, 4))).reason == .malformed)
        #expect(decodeMessage(message(then: WireBytes.tag(7, 4))).reason == .malformed)
        #expect(decodeMessage(message(then: WireBytes.tag(1, 4))).reason == .malformed)
        let crossed = WireBytes.tag(7, 3) + WireBytes.tag(8, 3) + WireBytes.tag(7, 4) + WireBytes.tag(8, 4)
        #expect(decodeMessage(message(then: crossed)).reason == .malformed)
    }

    @Test("the field number 0 is malformed, also inside a group", arguments: 0...7 as ClosedRange<UInt64>)
    func fieldZero(wireType: UInt64) {
        let zero = WireBytes.tag(0, wireType) + [0, 0, 0, 0, 0, 0, 0, 0]
        #expect(decodeMessage(zero + message()).reason == .malformed)
        #expect(decodeMessage(message(then: WireBytes.group(7, zero))).reason == .malformed)
    }

    @Test("the wire types 6 and 7 are malformed, in known fields and others", arguments: [6, 7] as [UInt64])
    func wireTypes(wireType: UInt64) {
        for number: UInt64 in [1, 5, 7, 1 << 29 - 1] {
            #expect(decodeMessage(message(then: WireBytes.tag(number, wireType) + [0])).reason == .malformed)
        }
    }

    @Test("a tag of over 32 bits or five bytes is malformed, also inside a group")
    func longTags() {
        for (longer, reason) in [(1, nil), (4, nil), (5, RefusalReason.malformed), (8, .malformed)] {
            let tag = WireBytes.varint(7 * 8, longerBy: longer) + [0]
            #expect(decodeMessage(message(then: tag)).reason == reason)
            #expect(decodeMessage(message(then: WireBytes.group(7, tag))).reason == reason)
        }
        #expect(decodeMessage(message(then: WireBytes.number(1 << 29 - 1, 1))).reason == nil)
        for number: UInt64 in [1 << 29, 1 << 32 + 7, 1 << 60] {
            #expect(decodeMessage(message(then: WireBytes.number(number, 1))).reason == .malformed)
        }
    }

    @Test("a varint has up to 10 bytes, also where fewer would do")
    func varints() {
        let tag = WireBytes.tag(7, 0)
        #expect(decodeMessage(message(then: tag + WireBytes.varint(.max))).reason == nil)
        #expect(decodeMessage(message(then: tag + WireBytes.varint(1, longerBy: 9))).reason == nil)
        #expect(decodeMessage(message(then: tag + WireBytes.varint(1, longerBy: 10))).reason == .malformed)
        #expect(decodeMessage(message(then: tag + [UInt8](repeating: 0x80, count: 10) + [0])).reason == .malformed)
        let event = WireBytes.varint(10, longerBy: 4) + WireBytes.varint(3, longerBy: 9) + Array("e-1".utf8)
        #expect(decodeMessage(message([1: event])) == decodeMessage(message()))
        let instant = WireBytes.varint(40, longerBy: 4) + WireBytes.varint(300, longerBy: 8)
        #expect(decodeMessage(message([5: instant])).scan?.scannedAt == 300)
    }

    @Test("a message cut anywhere but between fields is malformed, and between fields where one is missing")
    func cut() {
        let whole = message([5: nil], then: WireBytes.group(7, WireBytes.field(8, 1)) + WireBytes.field(9, 5))
        let required = message([5: nil])
        let boundaries = [required.count, whole.count - WireBytes.field(9, 5).count, whole.count]
        for count in 0...whole.count {
            #expect((decodeMessage(Array(whole[..<count])).reason == nil) == boundaries.contains(count))
        }
    }

    @Test("a length beyond the value is malformed, however large")
    func lengths() {
        for length: UInt64 in [1, 16_384, 1 << 31, 1 << 32, 1 << 63, .max] {
            #expect(decodeMessage(message(then: WireBytes.tag(7, 2) + WireBytes.varint(length))).reason == .malformed)
            #expect(decodeMessage(message([6: WireBytes.tag(6, 2) + WireBytes.varint(length)])).reason == .malformed)
        }
    }
}
