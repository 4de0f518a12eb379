/// Key and value of one record after the other: a JSON scan of 138 bytes in which only digits and the tag change.
struct ScanTemplate {
    /// How a value can be broken.
    static let waysToBreak = 4
    private static let playerDigits = 6
    private static let numberDigits = 15
    private static let momentDigits = 13
    private static let readers = 64
    /// Where the record's number stands in a value.
    private static let numberStart = #"{"event_id":"01234567-"#.utf8.count

    /// Where the record's number stands in an event id, counted from 1 as in SQL.
    static let numberPlace = "01234567-".utf8.count + 1

    private var key = Array("p000000".utf8)
    private var value: [UInt8] = []
    private var playerStart = 0
    private var tagStart = 0
    private var momentStart = 0
    private var readerStart = 0
    private let tags: [[UInt8]]

    /// - Parameter seed: events of one seed differ from those of another.
    init(seed: UInt64) {
        tags = (0..<BenchHunt.checkpoints).map { Array(BenchHunt.tag(ofCheckpoint: $0).utf8) }
        value += Array(#"{"event_id":"00000000-"#.utf8)
        value += Array(repeating: UInt8(ascii: "0"), count: Self.numberDigits)
        value += Array(#"","hunt":"\#(BenchHunt.slug)","player":"p"#.utf8)
        playerStart = value.count
        value += Array(repeating: UInt8(ascii: "0"), count: Self.playerDigits)
        value += Array(#"","tag":""#.utf8)
        tagStart = value.count
        value += tags[0]
        value += Array(#"","scanned_at":"#.utf8)
        momentStart = value.count
        value += Array(repeating: UInt8(ascii: "0"), count: Self.momentDigits)
        value += Array(#","reader":"r"#.utf8)
        readerStart = value.count
        value += Array("00\"}".utf8)
        Self.write(Int(seed % 100_000_000), digits: 8, to: &value, at: Self.numberStart - 9)
    }

    /// Players that have a name.
    static let playersMax = 1_000_000

    /// The id of a player.
    static func name(ofPlayer player: Int) -> [UInt8] {
        var name = Array("p000000".utf8)
        write(player, digits: playerDigits, to: &name, at: 1)
        return name
    }

    /// The player of an id; nil for an id that this template does not write.
    static func player(ofName name: UnsafeRawBufferPointer) -> Int? {
        guard name.count == playerDigits + 1, name[0] == UInt8(ascii: "p") else { return nil }
        return number(in: name, at: 1, digits: playerDigits)
    }

    /// The record's number; nil for a value that is too short for one or broken there.
    static func number(ofValue value: UnsafeRawBufferPointer) -> Int? {
        guard value.count >= numberStart + numberDigits else { return nil }
        return number(in: value, at: numberStart, digits: numberDigits)
    }

    /// Calls `body` with the key and the value of a record.
    mutating func encode<Result>(
        _ scan: TraceScan, _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Result
    ) -> Result {
        Self.write(scan.player, digits: Self.playerDigits, to: &key, at: 1)
        Self.write(scan.player, digits: Self.playerDigits, to: &value, at: playerStart)
        Self.write(scan.number, digits: Self.numberDigits, to: &value, at: Self.numberStart)
        Self.write(Int(scan.at), digits: Self.momentDigits, to: &value, at: momentStart)
        Self.write(scan.number % Self.readers, digits: 2, to: &value, at: readerStart)
        switch scan.content {
        case .first(let checkpoint, _), .again(let checkpoint):
            write(tags[checkpoint])
        case .unknownTag(let draw):
            write(Self.unknownTag(draw))
        case .malformed(let way):
            write(tags[0])
            return key.withUnsafeBytes { key in broken(way).withUnsafeBytes { body(key, $0) } }
        }
        return key.withUnsafeBytes { key in value.withUnsafeBytes { body(key, $0) } }
    }

    private mutating func write(_ tag: [UInt8]) {
        for (position, digit) in tag.enumerated() { value[tagStart + position] = digit }
    }

    /// The hunt's tags begin with 04.
    private static func unknownTag(_ draw: UInt64) -> [UInt8] {
        let digits = String(draw & 0xFFFF_FFFF_FFFF, radix: 16, uppercase: true)
        return Array(("05" + String(repeating: "0", count: 12 - digits.count) + digits).utf8)
    }

    /// The value cut short, without its tag, with a tag that is no text, or not JSON at all.
    private func broken(_ way: Int) -> [UInt8] {
        let opening = #"","tag":""#.utf8.count
        switch way {
        case 0: return Array(value.dropLast())
        case 1: return Array(value[..<(tagStart - opening)]) + Array(value[(tagStart + 14)...])
        case 2: return Array(value[..<(tagStart - 1)]) + Array("7".utf8) + Array(value[(tagStart + 15)...])
        default: return Array("scan of nothing".utf8)
        }
    }

    private static func write(_ number: Int, digits: Int, to bytes: inout [UInt8], at start: Int) {
        var rest = number
        for position in stride(from: start + digits - 1, through: start, by: -1) {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            bytes[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
            rest = quotient
        }
    }

    private static func number(in bytes: UnsafeRawBufferPointer, at start: Int, digits: Int) -> Int? {
        var number = 0
        for position in start..<start + digits {
            let digit = Int(bytes[position]) - 48
            guard (0...9).contains(digit) else { return nil }
            number = number * 10 + digit
        }
        return number
    }
}
