import Randomness

/// Makes records that are scans, nearly scans, and anything but.
struct RecordGenerator {
    var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func record() -> Record {
        let player = random.once(in: 12) ? random.pick(Self.badTexts) : random.pick(Self.players)
        var members = [
            member("event_id", text(random.pick(Self.eventIDs))), member("hunt", text(random.pick(Self.hunts))),
            member("player", string(player)), member("tag", text(random.pick(Self.tags))),
            member("scanned_at", instant()),
        ]
        if random.once(in: 2) { members.append(member("reader", random.once(in: 5) ? "null" : text("gate-7"))) }
        if random.once(in: 15) { members.remove(at: random.below(members.count)) }
        if random.once(in: 15) { members.append(random.pick(members)) }
        for _ in 0..<max(0, random.below(6) - 3) { members.append(member(random.pick(Self.otherNames), json(deep: 3))) }
        if random.once(in: 30) { members.append(member("deep", deepJSON())) }
        members.shuffle(using: &random)
        var value = Array((space() + "{" + members.joined(separator: "," + space()) + "}" + space()).utf8)
        if random.once(in: 60) { value.insert(contentsOf: [0xEF, 0xBB, 0xBF], at: 0) }
        if random.once(in: 60) { value += Array(random.pick([",", "}", "{}", "x", "\0"]).utf8) }
        var record = Record(value: value, key: Array(player.utf8))
        if random.once(in: 15) {
            record.key = random.pick([nil, [], Array((player + "x").utf8), Array("someone".utf8)])
        }
        if random.once(in: 80) { record.receivedAt = -1 }
        if random.once(in: 200) { record.value = random.pick([nil, []]) }
        return record
    }

    /// One to three small wounds.
    mutating func mutate(_ record: Record, with other: Record) -> Record {
        var bytes = record.value ?? []
        for _ in 0...random.below(3) where !bytes.isEmpty {
            let place = random.below(bytes.count)
            switch random.below(7) {
            case 0: bytes[place] ^= 1 << UInt8(random.below(8))
            case 1: bytes[place] = random.pick(Self.interestingBytes)
            case 2: bytes.remove(at: place)
            case 3: bytes.insert(random.pick(Self.interestingBytes), at: place)
            case 4: bytes.insert(UInt8(random.below(256)), at: place)
            case 5:
                if random.once(in: 3) { bytes.removeSubrange(place...) } else { bytes.removeSubrange(..<place) }
            default:
                let source = other.value ?? []
                let start = random.below(source.count + 1)
                let end = min(source.count, start + random.below(24))
                bytes.replaceSubrange(place..<min(bytes.count, place + random.below(12)), with: source[start..<end])
            }
        }
        return Record(value: bytes, key: record.key, receivedAt: record.receivedAt)
    }
}

// MARK: - Parts of a value

extension RecordGenerator {
    private mutating func member(_ name: String, _ value: String) -> String {
        string(name) + space() + ":" + space() + value + space()
    }

    private mutating func space() -> String {
        random.once(in: 8) ? random.pick([" ", "\t", "\n", "\r\n", "  "]) : ""
    }

    /// Good text mostly, else text that breaks a rule, else another type.
    private mutating func text(_ good: String) -> String {
        switch random.below(40) {
        case 0: json(deep: 2)
        case 1: string(random.pick(Self.badTexts))
        default: string(good)
        }
    }

    private mutating func instant() -> String {
        switch random.below(10) {
        case 0: random.pick(Self.numbers)
        case 1...3: string(random.pick(Self.times))
        default: String(1_781_254_800_000 + random.below(1_000_000_000))
        }
    }

    /// A string as JSON, now and then with escapes that it does not need.
    private mutating func string(_ text: String) -> String {
        let escapes = random.once(in: 6)
        return "\""
            + text.unicodeScalars.map { scalar in
                if scalar == "\"" || scalar == "\\" { return "\\" + String(scalar) }
                if scalar == "/", random.once(in: 2) { return "\\/" }
                guard scalar.value < 0x20 || escapes && random.once(in: 3) else { return String(scalar) }
                return String(scalar).utf16.map { unit in
                    let digits = String(unit, radix: 16, uppercase: random.once(in: 2))
                    return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }.joined()
            }.joined() + "\""
    }

    /// Any JSON, and rarely something that is none.
    private mutating func json(deep: Int) -> String {
        switch random.below(deep == 0 ? 5 : 8) {
        case 0: return random.pick(["null", "true", "false"])
        case 1: return random.once(in: 12) ? random.pick(Self.brokenJSON) : "-12.5e+3"
        case 2: return random.pick(Self.numbers)
        case 3, 4: return string(random.pick(Self.badTexts))
        case 5, 6:
            let items = (0..<random.below(4)).map { _ in space() + json(deep: deep - 1) + space() }
            return "[" + items.joined(separator: ",") + "]"
        default:
            let members = (0..<random.below(4)).map { _ in member(random.pick(Self.otherNames), json(deep: deep - 1)) }
            return "{" + members.joined(separator: ",") + "}"
        }
    }

    /// Near the limit of 32 levels, of which the scan's object is one.
    private mutating func deepJSON() -> String {
        let levels = 29 + random.below(5)
        return String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
    }

    private static let eventIDs = [
        "e-1", "A:b_c.d-9", "0b9f9a1e-52f7-4c0e-9f7a-1f0a5d9f1c11", String(repeating: "e", count: 64),
    ]
    private static let hunts = ["lisbon-2026", "a", "0-", String(repeating: "h", count: 63)]
    private static let players = ["p", "player-100001", "Ana.Maria+nfc@city:7_x", String(repeating: "P", count: 64)]
    private static let tags = [
        "04A1B2C3", "04a1b2c3d4e5f6", "04A1B2C3D4E5F6", "00112233445566778899", "aAbBcCdDeEfF0918273F",
    ]
    private static let badTexts = [
        "", "-x", "a b", "caf\u{E9}", "\u{1F3AF}", "\u{2028}", "a/b", "q\"q", "back\\slash", "\u{7F}", "nul\u{0}",
        "Upper",
        "04A1B2C3D4E5F", "04A1B2C3D4E5FG", "04A1B2C3D4E5F6F6", "@", "a,b}", String(repeating: "x", count: 65),
        String(repeating: "y", count: 64), "a-long-string-without-anything-special-in-it",
    ]
    private static let numbers = [
        "0", "-0", "-1", "1.0", "1e3", "1E3", "0.5", "253402300799999", "253402300800000", "9223372036854775808",
        "99999999999999999999999999", "1", "-0.0", "12345678",
    ]
    private static let times = [
        "2026-06-12T09:00:00Z", "2026-06-12t09:00:00.1z", "2026-06-12T11:00:00.123456789+02:00", "2024-02-29T23:59:59Z",
        "2023-02-29T00:00:00Z", "2026-06-12T24:00:00Z", "2026-06-12T09:00:60Z", "2026-06-12 09:00:00Z",
        "2026-06-12T09:00:00", "1970-01-01T00:00:00+00:01", "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59-00:01",
        "2026-06-12T09:00:00.1234567890Z", "2026-06-12T09:00:00.Z", "1969-12-31T23:00:00-01:00",
    ]
    private static let otherNames = [
        "app", "", "tags", "Tag", "event_i", "scanned_a", "scanned_at_ms", "readers", "\u{1F3AF}", "hunt ", "a\"b",
        "tag", "reader", "player-name-of-some-length",
    ]
    private static let brokenJSON = [
        "01", "1.", ".5", "+1", "1e", "-", "NaN", "nul", "True", "[1,]", "{\"a\":1,}", "{\"a\"}", "{1:2}", "[1 2]",
        "\"\\x\"",
        "\"\\uD800\"", "\"\\uDC00\"", "\"\\uD83Dx\"", "\"\\uD83D\\u0041\"", "\"\\u12G4\"", "\"\t\"", "[}", "{]", "",
    ]
    private static let interestingBytes: [UInt8] =
        Array("\"\\{}[],:0-.eEnu \t\n\r/".utf8) + [
            0x00, 0x1F, 0x7F, 0x80, 0xBF, 0xC0, 0xC3, 0xE2, 0xED, 0xEF, 0xF0, 0xF4, 0xFF,
        ]
}
