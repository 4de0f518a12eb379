import HuntCore

/// A point in a hunt's order and a direction, as an opaque text: where the next page begins or the one before ends.
/// Nobody needs to stand there, so it keeps its meaning while players move.
///
/// Bytes, then base64url without padding: layout and direction, hunt, rules version, score, time, player, check.
struct BoardCursor: Equatable {
    enum Direction: UInt8 {
        case after = 0
        case before = 1
    }

    /// Why a text is no cursor of this board.
    enum Fault: Error, Equatable { case damaged, otherHunt, otherRules }

    /// Characters of a cursor, at most.
    static let charactersMax = 124
    private static let headCount = 1 + 4 + 4 + 8 + 8
    private static let checkCount = 4
    /// The upper bits of the first byte.
    private static let layout: UInt8 = 1 << 1

    var direction: Direction
    var huntID: Int32
    var rulesVersion: Int32
    var position: Placing

    /// Before everybody.
    static func start(of hunt: BoardHunt) -> BoardCursor {
        BoardCursor(
            direction: .after, huntID: hunt.huntID, rulesVersion: hunt.rulesVersion,
            position: Placing(player: "", score: .max, reachedAt: 0))
    }

    /// Behind everybody.
    static func end(of hunt: BoardHunt) -> BoardCursor {
        BoardCursor(
            direction: .before, huntID: hunt.huntID, rulesVersion: hunt.rulesVersion,
            position: Placing(player: "", score: -1, reachedAt: nil))
    }

    var text: String {
        var bytes: [UInt8] = [Self.layout | direction.rawValue]
        bytes.reserveCapacity(Self.headCount + position.player.utf8.count + Self.checkCount)
        Self.append(huntID, to: &bytes)
        Self.append(rulesVersion, to: &bytes)
        Self.append(position.score, to: &bytes)
        Self.append(position.reachedAt ?? -1, to: &bytes)
        bytes.append(contentsOf: position.player.utf8)
        Self.append(Self.check(bytes[...]), to: &bytes)
        return Base64URL.encode(bytes)
    }

    /// - Parameter text: whatever a client sent.
    static func read(_ text: Substring, of hunt: BoardHunt) throws(Fault) -> BoardCursor {
        guard text.utf8.count <= charactersMax, let bytes = Base64URL.decode(text.utf8),
            (headCount + checkCount...headCount + 64 + checkCount).contains(bytes.count)
        else { throw .damaged }
        let body = bytes.dropLast(checkCount)
        guard number(bytes, at: body.count, as: UInt32.self) == check(body), bytes[0] & ~1 == layout,
            let direction = Direction(rawValue: bytes[0] & 1),
            let player = String(validating: body.dropFirst(headCount), as: UTF8.self)
        else { throw .damaged }
        let reachedAt = number(bytes, at: 17, as: Int64.self)
        let cursor = BoardCursor(
            direction: direction, huntID: number(bytes, at: 1, as: Int32.self),
            rulesVersion: number(bytes, at: 5, as: Int32.self),
            position: Placing(
                player: player, score: number(bytes, at: 9, as: Int64.self), reachedAt: reachedAt < 0 ? nil : reachedAt)
        )
        if cursor.huntID != hunt.huntID { throw .otherHunt }
        if cursor.rulesVersion != hunt.rulesVersion { throw .otherRules }
        return cursor
    }

    private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private static func number<Number: FixedWidthInteger>(_ bytes: [UInt8], at start: Int, as _: Number.Type) -> Number
    {
        bytes.withUnsafeBytes { Number(bigEndian: $0.loadUnaligned(fromByteOffset: start, as: Number.self)) }
    }

    /// Finds damage, not malice: a cursor that is made up leads to a point in a public order.
    ///
    /// - Source: Fowler, Noll and Vo, FNV-1a of 32 bits.
    private static func check(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reduce(0x811C_9DC5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    }
}
