import HuntCore

/// Reads records of the topic `scores`.
///
/// - Source: contracts.md section 4.
public enum ScoreChangeDecoder {
    /// Why a record is no change of a score.
    public struct Fault: Error, Equatable, Sendable {
        public let detail: String
    }

    private struct Members: OptionSet {
        let rawValue: UInt16
        static let hunt = Members(rawValue: 1)
        static let player = Members(rawValue: 2)
        static let score = Members(rawValue: 4)
        static let unlocks = Members(rawValue: 8)
        static let reachedAt = Members(rawValue: 16)
        static let version = Members(rawValue: 32)
        static let committedAt = Members(rawValue: 64)
        static let partition = Members(rawValue: 128)
        static let offset = Members(rawValue: 256)
        static let all = Members(rawValue: 511)
    }

    /// Whom a record is about: the two parts of its key. A record without a value says that the player was erased.
    ///
    /// - Returns: nil when the key is not `HUNT/PLAYER`.
    public static func names(
        ofKey key: UnsafeRawBufferPointer
    ) -> (hunt: UnsafeRawBufferPointer, player: UnsafeRawBufferPointer)? {
        guard let slash = key.firstIndex(of: UInt8(ascii: "/")), slash > 0, slash + 1 < key.count else { return nil }
        return (.init(rebasing: key[..<slash]), .init(rebasing: key[(slash + 1)...]))
    }

    /// Reads a value. Members that it does not know are passed over.
    public static func decode(_ value: UnsafeRawBufferPointer) throws(Fault) -> ScoreChange {
        guard value.count >= 2, let start = value.baseAddress, value[0] == UInt8(ascii: "{"),
            value[value.count - 1] == UInt8(ascii: "}")
        else { throw Fault(detail: "not a JSON object") }
        var cursor = JSONCursor(next: start + 1, end: start + (value.count - 1))
        var change = ScoreChange()
        var seen: Members = []
        do throws(Malformed) {
            cursor.skipSpace()
            while cursor.next < cursor.end {
                try takeMember(&cursor, &change, &seen)
                cursor.skipSpace()
                if !cursor.take(UInt8(ascii: ",")) { break }
                cursor.skipSpace()
            }
            guard cursor.next == cursor.end else { throw Malformed("value: neither a comma nor the end after a value") }
        } catch {
            throw Fault(detail: "\(error.detail)")
        }
        guard seen == .all else { throw Fault(detail: "a member is missing") }
        guard !change.hunt.isEmpty, !change.player.isEmpty, change.version >= 1 else {
            throw Fault(detail: "a name is empty or the version is below 1")
        }
        return change
    }

    private static func takeMember(
        _ cursor: inout JSONCursor, _ change: inout ScoreChange, _ seen: inout Members
    ) throws(Malformed) {
        let name = try cursor.takeString().raw
        try cursor.takeColon()
        switch name {
        case "hunt": change.hunt = try takeName(&cursor, &seen, .hunt)
        case "player": change.player = try takeName(&cursor, &seen, .player)
        case "score": change.score = try takeInteger(&cursor, &seen, .score)
        case "unlocks": change.unlocks = Int32(clamping: try takeInteger(&cursor, &seen, .unlocks))
        case "reached_at":
            if cursor.byte == UInt8(ascii: "n") {
                try cursor.skipLiteral("null")
                seen.insert(.reachedAt)
            } else {
                change.reachedAt = try takeInteger(&cursor, &seen, .reachedAt)
            }
        case "version": change.version = try takeInteger(&cursor, &seen, .version)
        case "committed_at": change.committedAt = try takeInteger(&cursor, &seen, .committedAt)
        case "source": try takeSource(&cursor, &change, &seen)
        default: try cursor.skipValue(level: 1)
        }
    }

    private static func takeSource(
        _ cursor: inout JSONCursor, _ change: inout ScoreChange, _ seen: inout Members
    ) throws(Malformed) {
        guard cursor.take(UInt8(ascii: "{")) else { throw Malformed("source: not an object") }
        repeat {
            cursor.skipSpace()
            let name = try cursor.takeString().raw
            try cursor.takeColon()
            switch name {
            case "partition": change.partition = Int32(clamping: try takeInteger(&cursor, &seen, .partition))
            case "offset": change.offset = try takeInteger(&cursor, &seen, .offset)
            default: try cursor.skipValue(level: 2)
            }
            cursor.skipSpace()
        } while cursor.take(UInt8(ascii: ","))
        // The value's last brace is the outer object's.
        guard cursor.byte == UInt8(ascii: "}"), cursor.next < cursor.end else {
            throw Malformed("source: neither a comma nor the end after a value")
        }
        cursor.next += 1
    }

    /// A text that needs no escapes: slugs and players have none.
    private static func takeName(
        _ cursor: inout JSONCursor, _ seen: inout Members, _ member: Members
    ) throws(Malformed) -> UnsafeRawBufferPointer {
        let text = try cursor.takeString()
        guard !text.isEscaped, text.raw.count <= 64 else { throw Malformed("a name with an escape or over 64 bytes") }
        seen.insert(member)
        return text.raw
    }

    /// An integer of at most 18 digits.
    private static func takeInteger(
        _ cursor: inout JSONCursor, _ seen: inout Members, _ member: Members
    ) throws(Malformed) -> Int64 {
        let isNegative = cursor.take(UInt8(ascii: "-"))
        var number: Int64 = 0
        var digits = 0
        while cursor.byte &- UInt8(ascii: "0") <= 9 {
            number = number &* 10 &+ Int64(cursor.byte &- UInt8(ascii: "0"))
            digits += 1
            cursor.next += 1
        }
        guard (1...18).contains(digits) else { throw Malformed("a number that is no integer of at most 18 digits") }
        seen.insert(member)
        return isNegative ? -number : number
    }
}

private func ~= (text: StaticString, bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.elementsEqual(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
}
