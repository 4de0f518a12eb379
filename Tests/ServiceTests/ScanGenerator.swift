import HuntCore
import Randomness

/// Scans as a crowd makes them, some of them wrong in every way that a phone can be wrong.
struct ScanGenerator {
    /// Hunts to scan for, whether or not they are imported. The first gets most of the scans.
    var hunts: [HuntDefinition]
    /// Players are called by this and a number.
    var playerPrefix = "player-"
    var players: Int
    /// How many of the scans go as Protobuf.
    var protobufPercent = 0
    private var random: SplitMix64
    private var scansMade = 0

    init(hunts: [HuntDefinition], players: Int, seed: UInt64) {
        self.hunts = hunts
        self.players = players
        random = SplitMix64(seed: seed)
    }

    /// The next record.
    ///
    /// - Parameter earlier: what was sent before, one in twenty is a repetition; but never one that a test made itself.
    mutating func next(now: Int64, earlier: [ProducedRecord]) -> ProducedRecord {
        var record = nextJSON(now: now, earlier: earlier)
        // A repetition may change its encoding: it is the same scan.
        if protobufPercent > 0, case .scan(var scan) = record.content {
            scan.encoding = random.chance(protobufPercent) ? .protobuf : .json
            record.content = .scan(scan)
            record.headers = scan.encoding == .protobuf ? [ProducedRecord.protobufHeader] : []
        }
        return record
    }

    private mutating func nextJSON(now: Int64, earlier: [ProducedRecord]) -> ProducedRecord {
        if !earlier.isEmpty, random.chance(5) {
            let known = random.pick(earlier)
            if case .scan(let scan) = known.content, scan.player.hasPrefix(playerPrefix) {
                return ProducedRecord(content: known.content, key: known.key, receivedAt: now)
            }
        }
        var scan = validScan(now)
        var key = scan.player
        switch Int.random(in: 0..<100, using: &random) {
        case 0: scan.hunt = "no-such-hunt"
        case 1: scan.tag = "04DEADBEEF0000"
        case 2: scan.scannedAt = now + 600_000
        case 3: scan.scannedAt = hunts[0].opensAt - 1
        case 4: key = "somebody-else"
        case 5: return ProducedRecord(content: .poison(scan.json.dropLast(), .malformed), key: key, receivedAt: now)
        default: break
        }
        return ProducedRecord(content: .scan(scan), key: key, receivedAt: now)
    }

    /// Times are whole seconds of the last two hours, so that two scans of one checkpoint often have the same.
    private mutating func validScan(_ now: Int64) -> SentScan {
        let hunt = random.chance(85) ? hunts[0] : random.pick(hunts)
        let checkpoint = random.pick(hunt.checkpoints)
        scansMade += 1
        let latest = min(now, hunt.closesAt - 1)
        let scannedAt = latest - latest % 1000 - Int64.random(in: 0..<7200, using: &random) * 1000
        return SentScan(
            eventID: "\(playerPrefix)e.\(scansMade)", hunt: hunt.slug,
            player: "\(playerPrefix)\(Int.random(in: 0..<players, using: &random))",
            tag: random.chance(50) ? checkpoint.tag : checkpoint.tag.lowercased(), scannedAt: scannedAt,
            reader: random.chance(30) ? nil : "gate:\(scansMade % 9)", writesText: random.chance(10))
    }
}
