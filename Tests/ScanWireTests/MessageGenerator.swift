import HuntCore
import Randomness

/// Makes records whose values are Protobuf scans, nearly scans, and anything but.
struct MessageGenerator {
    var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func record() -> Record {
        let player = random.pick(Self.players)
        var fields = [
            text(1, random.pick(Self.eventIDs)), text(2, random.pick(Self.hunts)), text(3, player),
            text(4, random.pick(Self.tags)),
        ]
        if !random.once(in: 6) { fields.append(instant()) }
        if random.once(in: 2) { fields.append(text(6, random.once(in: 5) ? "" : "gate-7")) }
        if random.once(in: 15) { fields.remove(at: random.below(fields.count)) }
        if random.once(in: 15) { fields.append(random.pick(fields)) }
        if random.once(in: 15) { fields.append(WireBytes.field(UInt64(1 + random.below(6)), UInt64(random.below(4)))) }
        for _ in 0..<max(0, random.below(6) - 2) { fields.append(unknownField(deep: 3)) }
        if random.once(in: 25) { fields.append(WireBytes.groups(9, levels: 30 + random.below(5))) }
        if random.once(in: 25) { fields.append(random.pick(Self.brokenFields)) }
        if random.once(in: 100) { fields.append(WireBytes.bytes(7, [UInt8](repeating: 0x12, count: 16_384))) }
        fields.shuffle(using: &random)
        var record = Record(value: Array(fields.joined()), key: Array(player.utf8), encoding: .protobuf)
        if random.once(in: 15) { record.key = random.pick([nil, [], Array("someone".utf8)]) }
        if random.once(in: 80) { record.receivedAt = -1 }
        if random.once(in: 200) { record.value = random.pick([nil, []]) }
        return record
    }

    /// One to three small wounds.
    mutating func mutate(_ record: Record, with other: Record) -> Record {
        var mutant = record
        var bytes = record.value ?? []
        for _ in 0...random.below(3) where !bytes.isEmpty {
            let place = random.below(bytes.count)
            switch random.below(7) {
            case 0: bytes[place] ^= 1 << UInt8(random.below(8))
            case 1: bytes[place] = random.pick(Self.interestingBytes)
            case 2: bytes.remove(at: place)
            case 3: bytes.insert(random.pick(Self.interestingBytes), at: place)
            case 4: bytes.removeSubrange(place...)
            case 5: bytes.insert(contentsOf: unknownField(deep: 2), at: place)
            default:
                let source = other.value ?? []
                let start = random.below(source.count + 1)
                let end = min(source.count, start + random.below(24))
                bytes.replaceSubrange(place..<min(bytes.count, place + random.below(12)), with: source[start..<end])
            }
        }
        mutant.value = bytes
        return mutant
    }
}

// MARK: - Parts of a value

extension MessageGenerator {
    /// Good text mostly, else text that breaks a rule; now and then tag and length are longer than they need to be.
    private mutating func text(_ field: UInt64, _ good: String) -> [UInt8] {
        let text = Array((random.once(in: 40) ? random.pick(Self.badTexts) : good).utf8)
        return WireBytes.varint(field * 8 + 2, longerBy: padding())
            + WireBytes.varint(UInt64(text.count), longerBy: padding()) + text
    }

    private mutating func instant() -> [UInt8] {
        let number =
            random.once(in: 8)
            ? random.pick(Self.instants) : UInt64(1_781_254_800_000 + random.below(1_000_000_000))
        return WireBytes.varint(5 * 8, longerBy: padding()) + WireBytes.varint(number, longerBy: padding())
    }

    private mutating func padding() -> Int { random.once(in: 30) ? 1 + random.below(6) : 0 }

    private mutating func unknownField(deep: Int) -> [UInt8] {
        let number = random.pick(Self.otherNumbers)
        switch random.below(deep == 0 ? 4 : 5) {
        case 0: return WireBytes.number(number, random.next() >> UInt64(random.below(64)))
        case 1: return WireBytes.bytes(number, (0..<random.below(20)).map { _ in UInt8(random.below(256)) })
        case 2: return WireBytes.field(number, 1)
        case 3: return WireBytes.field(number, 5)
        default:
            // Inside a group any number is another message's.
            var inside: [UInt8] = []
            for _ in 0..<random.below(3) { inside += unknownField(deep: deep - 1) }
            if random.once(in: 2) { inside += WireBytes.field(UInt64(1 + random.below(6)), UInt64(random.below(4))) }
            return WireBytes.group(number, inside)
        }
    }

    private static let eventIDs = ["e-1", "A:b_c.d-9", String(repeating: "e", count: 64)]
    private static let hunts = ["lisbon-2026", "a", "0-", String(repeating: "h", count: 63)]
    private static let players = ["p", "player-100001", "Ana.Maria+nfc@city:7_x", String(repeating: "P", count: 64)]
    private static let tags = ["04A1B2C3", "04a1b2c3d4e5f6", "00112233445566778899", "aAbBcCdDeEfF0918273F"]
    private static let badTexts = [
        "", "-x", "a b", "caf\u{E9}", "a/b", "nul\u{0}", "Upper", "04A1B2C3D4E5F", "04A1B2C3D4E5FG", "@",
        String(repeating: "x", count: 65), String(repeating: "y", count: 64), String(repeating: "z", count: 200),
    ]
    private static let instants: [UInt64] = [
        0, 1, 127, 128, 253_402_300_799_999, 253_402_300_800_000, 1 << 62, 1 << 63, .max,
    ]
    private static let otherNumbers: [UInt64] = [7, 8, 15, 16, 18_999, 1 << 20, 1 << 29 - 1]
    private static let brokenFields: [[UInt8]] = [
        WireBytes.tag(0, 0) + [1], WireBytes.tag(9, 6), WireBytes.tag(9, 7), WireBytes.tag(9, 4),
        WireBytes.tag(9, 3), WireBytes.tag(9, 3) + WireBytes.tag(8, 4), WireBytes.tag(9, 2) + [200, 1],
        WireBytes.tag(1 << 29, 0) + [1], WireBytes.tag(9, 0) + [UInt8](repeating: 0xFF, count: 10) + [1],
        WireBytes.tag(9, 0) + [UInt8](repeating: 0xFF, count: 9) + [0x7F],
        WireBytes.bytes(3, [0xFF, 0xFE]), WireBytes.tag(9, 1) + [1, 2, 3],
    ]
    private static let interestingBytes: [UInt8] = [
        0x00, 0x01, 0x02, 0x08, 0x0A, 0x0B, 0x0C, 0x12, 0x1A, 0x22, 0x28, 0x2A, 0x32, 0x3B, 0x3C, 0x40, 0x7F, 0x80,
        0xFF,
    ]
}
