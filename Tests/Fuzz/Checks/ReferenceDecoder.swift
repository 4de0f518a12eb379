import HuntCore

/// The contract in the plainest words that run: builds the whole JSON value first, then asks rule after rule. Shares
/// nothing with the decoder it is held against.
///
/// - Source: contracts.md section 1.
enum ReferenceDecoder {
    static func outcome(of record: Record) -> Outcome {
        if let value = record.value, value.count > 16_384 { return Outcome(reason: .oversized) }
        guard record.receivedAt >= 0, let value = record.value, let scan = scan(value, as: record.encoding) else {
            return Outcome(reason: .malformed)
        }
        return Outcome(reason: record.key == scan.player ? nil : .wrongKey, scan: scan)
    }

    static func scan(_ value: [UInt8], as encoding: ScanEncoding) -> DecodedScan? {
        encoding == .json ? scan(json: value) : ReferenceWire(value)?.scan
    }

    private static func scan(json value: [UInt8]) -> DecodedScan? {
        guard let json = try? ReferenceJSON(value), case .object(let members) = json else { return nil }
        func all(_ name: String) -> [ReferenceJSON] { members.filter { $0.name == Array(name.utf8) }.map(\.value) }
        let names = ["event_id", "hunt", "player", "tag", "scanned_at", "reader"]
        guard names.allSatisfy({ all($0).count <= 1 }),
            let eventID = all("event_id").first.flatMap(eventID),
            let hunt = all("hunt").first.flatMap(slug),
            let player = all("player").first.flatMap(player),
            let tag = all("tag").first.flatMap(tag),
            let scannedAt = all("scanned_at").first.flatMap(instant)
        else { return nil }
        var reader: [UInt8] = []
        switch all("reader").first {
        case nil, .null: break
        case .some(let value):
            guard let id = Self.eventID(value) else { return nil }
            reader = id
        }
        return DecodedScan(eventID: eventID, hunt: hunt, player: player, reader: reader, tag: tag, scannedAt: scannedAt)
    }

    /// The fields of a message, already taken apart; an empty one is absent.
    static func scan(
        eventID: [UInt8], hunt: [UInt8], player: [UInt8], tag: [UInt8], scannedAt: Int64, reader: [UInt8]
    ) -> DecodedScan? {
        guard let eventID = Self.eventID(.string(eventID)), let hunt = slug(.string(hunt)),
            let player = Self.player(.string(player)), let tag = Self.tag(.string(tag)),
            (0...253_402_300_799_999).contains(scannedAt), reader.isEmpty || Self.eventID(.string(reader)) != nil
        else { return nil }
        return DecodedScan(eventID: eventID, hunt: hunt, player: player, reader: reader, tag: tag, scannedAt: scannedAt)
    }

    private static let letters = "abcdefghijklmnopqrstuvwxyz"
    private static let digits = "0123456789"
    private static let idBytes = Set((letters + letters.uppercased() + digits + "-_.:").utf8)
    private static let playerBytes = idBytes.union("@+".utf8)
    private static let slugBytes = Set((letters + digits + "-").utf8)
    private static let hexBytes = Set((digits + "abcdefABCDEF").utf8)

    private static func text(_ json: ReferenceJSON, of alphabet: Set<UInt8>, counts: ClosedRange<Int>) -> [UInt8]? {
        guard case .string(let bytes) = json, counts.contains(bytes.count) else { return nil }
        return bytes.allSatisfy(alphabet.contains) ? bytes : nil
    }

    private static func eventID(_ json: ReferenceJSON) -> [UInt8]? { text(json, of: idBytes, counts: 1...64) }

    private static func player(_ json: ReferenceJSON) -> [UInt8]? { text(json, of: playerBytes, counts: 1...64) }

    private static func slug(_ json: ReferenceJSON) -> [UInt8]? {
        text(json, of: slugBytes, counts: 1...63).flatMap { $0[0] == UInt8(ascii: "-") ? nil : $0 }
    }

    private static func tag(_ json: ReferenceJSON) -> String? {
        guard let digits = text(json, of: hexBytes, counts: 8...20), [8, 14, 20].contains(digits.count) else {
            return nil
        }
        return String(decoding: digits, as: UTF8.self).uppercased()
    }

    private static func instant(_ json: ReferenceJSON) -> Int64? {
        switch json {
        case .number(let digits):
            let text = String(decoding: digits, as: UTF8.self)
            // The decision on `-0`: a number without fraction or exponent, equal to 0.
            guard let number = Int64(text), (0...253_402_300_799_999).contains(number) else { return nil }
            return number
        case .string(let bytes): return ReferenceTime.parse(String(decoding: bytes, as: UTF8.self))
        default: return nil
        }
    }
}

/// Timestamps by counting: each year and each month from 1970 on adds its days.
enum ReferenceTime {
    private static let monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

    private static func isLeap(_ year: Int) -> Bool {
        year.isMultiple(of: 400) || (year.isMultiple(of: 4) && !year.isMultiple(of: 100))
    }

    private static func days(in month: Int, of year: Int) -> Int {
        month == 2 && isLeap(year) ? 29 : monthDays[month - 1]
    }

    /// Days from 1970-01-01 to the first of January of each year from 1969 on.
    private static let daysBefore: [Int] = (1969...10_000).reduce(into: [-365]) { days, year in
        days.append((days.last ?? 0) + (isLeap(year) ? 366 : 365))
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    /// The digits among them as one number.
    private static func number(_ scalars: ArraySlice<Unicode.Scalar>) -> Int {
        scalars.filter(isDigit).reduce(0) { $0 * 10 + Int($1.value - 0x30) }
    }

    static func parse(_ text: String) -> Int64? {
        // Scalars, not characters: a digit with a combining mark sorts between "0" and "9".
        var rest = Array(text.unicodeScalars)
        func take(_ pattern: String) -> Int? {
            let head = rest.prefix(pattern.unicodeScalars.count)
            let isFit = zip(pattern.unicodeScalars, head).allSatisfy { wanted, scalar in
                wanted == "9" ? isDigit(scalar) : wanted == scalar
            }
            guard isFit, head.count == pattern.unicodeScalars.count else { return nil }
            rest.removeFirst(head.count)
            return number(head)
        }
        guard let year = take("9999"), let month = take("-99"), let day = take("-99"),
            take("T") != nil || take("t") != nil,
            let hour = take("99"), let minute = take(":99"), let second = take(":99")
        else { return nil }
        var ms = 0
        if take(".") != nil {
            let fraction = rest.prefix(while: isDigit)
            guard (1...9).contains(fraction.count) else { return nil }
            rest.removeFirst(fraction.count)
            ms = number((fraction + ["0", "0"]).prefix(3))
        }
        var offset = 0
        if take("Z") == nil, take("z") == nil {
            let sign = take("+") != nil ? 1 : take("-") != nil ? -1 : 0
            guard sign != 0, let hours = take("99"), let minutes = take(":99"), hours < 24, minutes < 60 else {
                return nil
            }
            offset = sign * (hours * 60 + minutes)
        }
        // Before 1969 no offset reaches 1970.
        guard rest.isEmpty, year >= 1969, (1...12).contains(month), (1...days(in: month, of: year)).contains(day),
            hour < 24, minute < 60, second < 60
        else { return nil }
        let dayNumber = (1..<month).reduce(daysBefore[year - 1969] + day - 1) { $0 + days(in: $1, of: year) }
        let instant = ((dayNumber * 24 + hour) * 60 + minute - offset) * 60_000 + second * 1000 + ms
        return (0...253_402_300_799_999).contains(instant) ? Int64(instant) : nil
    }
}
