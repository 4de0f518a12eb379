import FlowCore
import HuntCore
import ScanWire

/// The hunt that is played: 2,000 checkpoints without requirements. Each player has some facts from before.
///
/// A player visits checkpoints in a row of its own, one after the other.
enum CountedHunt {
    static let slug = "bench"
    static let huntID: Int32 = 1
    static let partitions: Int32 = 8
    static let playersPerPartition = 2_048
    static let players = playersPerPartition * Int(partitions)
    /// Visits that the ledger has of each player when the program starts.
    static let visitsBefore = 8
    static let checkpoints = 2_000
    /// 2026-06-12T09:00:00Z, epoch milliseconds.
    static let opensAt: Int64 = 1_781_254_800_000
    private static let spanMs: Int64 = 60 * 3_600_000
    private static let points: Int64 = 10

    static let book = RuleBook(
        generation: 1,
        hunts: [
            HuntRules(
                huntID: huntID, rulesVersion: 1,
                definition: HuntDefinition(
                    slug: slug, opensAt: opensAt, closesAt: opensAt + spanMs,
                    checkpoints: (0..<checkpoints).map { .init(id: "checkpoint-\($0)", tag: tag($0), points: points) }),
                checkpointIDs: (0..<checkpoints).map(databaseID))
        ])

    /// Appends a scan as a producer writes it: JSON of about 140 bytes.
    ///
    /// - Parameters:
    ///   - number: makes the event's id.
    ///   - visit: which of the player's checkpoints, from 0.
    static func appendScan(_ number: Int, player: Int, visit: Int, to value: inout [UInt8]) {
        ScanEncoder.append(
            eventID: "01234567-" + padded(number, digits: 15), hunt: slug, player: name(ofPlayer: player),
            tag: tag(checkpoint(ofPlayer: player, visit: visit)), scannedAt: moment(ofVisit: visit),
            reader: "r" + padded(number % 64, digits: 2), to: &value)
    }

    /// One of the visits from before, another for each of a player's neighbours.
    static func knownVisit(ofPlayer player: Int) -> Int { player / Int(partitions) % visitsBefore }

    /// The id of a player, `0 ..< players`.
    static func name(ofPlayer player: Int) -> String { "p" + padded(player, digits: 6) }

    /// When all players make a visit, epoch milliseconds.
    static func moment(ofVisit visit: Int) -> Int64 { opensAt + Int64(visit) * 1_000 }

    /// What the ledger has of a player when the program starts.
    static func stored(_ key: PlayerKey, position: Int) -> LoadedPlayer {
        let player = key.withBytes { $0.dropFirst().reduce(0) { $0 * 10 + Int($1) - 48 } }
        let facts = (0..<visitsBefore).map { visit in
            LoadedFact(
                checkpointID: databaseID(checkpoint(ofPlayer: player, visit: visit)), scannedAt: moment(ofVisit: visit),
                partition: Int32(player % Int(partitions)))
        }
        let tally = Tally(
            score: points * Int64(visitsBefore), unlocks: Int32(visitsBefore),
            reachedAt: moment(ofVisit: visitsBefore - 1))
        return LoadedPlayer(
            position: position, tally: tally, version: Int64(visitsBefore), factsSeq: Int64(visitsBefore),
            committedAt: opensAt, facts: facts)
    }

    private static func databaseID(_ checkpoint: Int) -> Int32 { Int32(checkpoint + 1) }

    private static func checkpoint(ofPlayer player: Int, visit: Int) -> Int { (player * 37 + visit) % checkpoints }

    /// 14 hex digits that begin with 04; the product spreads them, the number makes them unique.
    private static func tag(_ checkpoint: Int) -> String {
        let mixed = (UInt64(checkpoint) &* 0x9E37_79B9 << 16 & 0xFFFF_FFFF_0000) | UInt64(checkpoint)
        let digits = String(mixed, radix: 16, uppercase: true)
        return "04" + String(repeating: "0", count: 12 - digits.count) + digits
    }

    private static func padded(_ number: Int, digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: digits - text.count) + text
    }
}
