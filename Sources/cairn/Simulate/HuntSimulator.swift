import FlowCore
import HuntCore

/// Players who walk a hunt, as a source of records without a clock: what comes next follows from the plan alone.
///
/// Each arrival of the plan's schedule is one player's turn. Most scan again where they stand (about 92 %), some walk on to a
/// checkpoint nearby. A player without a network keeps scans to send them together later, the newest first on half of
/// the phones. A few records are wrong in ways that phones and organisers make them.
struct HuntSimulator {
    let plan: SimulationPlan
    private let definition: HuntDefinition
    private let map: WalkingMap
    private var random: SplitMix64
    private var players: [Player]
    /// A bit for each checkpoint, `wordsPerPlayer` words for each player.
    private var visited: [UInt64]
    private let wordsPerPlayer: Int
    /// Scans of players who have no network, by player.
    private var backlogs: [Int: [Pending]] = [:]
    /// What a player who has a network again still has to send, the next last.
    private var upload: (player: Int, scans: [Pending])?
    private var eventsMade = 0

    private struct Player {
        /// -1 before the first scan.
        var checkpoint: Int32 = -1
        /// How many scans are kept before the network is back; 0 with a network.
        var offlineScans: Int32 = 0
        /// The last scan, which a phone may send again; none before the first.
        var last: Pending?
    }

    private struct Pending {
        var checkpoint: Int
        var scannedAt: Int64
        var event: Int
    }

    private static let walksOnPerMille = 80
    private static let sendsAgainPerMille = 60
    private static let goesOfflinePerMille = 4
    private static let strangePerMille = 6
    /// How far a phone's clock and the way to the broker let `scanned_at` lie before the arrival, milliseconds.
    private static let delayMsMax = 4_000

    init(_ definition: HuntDefinition, _ plan: SimulationPlan) {
        precondition(plan.players >= 1 && plan.rate >= 1 && plan.speed >= 1, "an empty plan")
        self.plan = plan
        self.definition = definition
        map = WalkingMap(definition)
        random = SplitMix64(seed: plan.seed)
        players = Array(repeating: Player(), count: plan.players)
        wordsPerPlayer = (definition.checkpoints.count + 63) / 64
        visited = Array(repeating: 0, count: plan.players * wordsPerPlayer)
    }

    /// The record of an arrival; they come in the order of `ArrivalSchedule`.
    mutating func record(of arrival: Arrival) -> SimulatedScan {
        let now = plan.moment(atNs: arrival.dueNs)
        if let player = arrival.comesToClue { return scanOfClue(by: player, now) }
        while true {
            if let scan = nextOfUpload(now) { return scan }
            let player = random.below(plan.players)
            if players[player].offlineScans > 0 {
                keep(scan(by: player, now), of: player)
                continue
            }
            if random.chance(perMille: Self.strangePerMille) { return strangeScan(by: player, now) }
            if random.chance(perMille: Self.goesOfflinePerMille) {
                players[player].offlineScans = 2 + Int32(random.below(9))
            }
            if let last = players[player].last, random.chance(perMille: Self.sendsAgainPerMille) {
                return record(last, of: player, now)
            }
            return record(scan(by: player, now), of: player, now)
        }
    }

    // MARK: Players

    private mutating func scan(by player: Int, _ now: Int64) -> Pending {
        let stands = players[player].checkpoint
        if stands < 0 || random.chance(perMille: Self.walksOnPerMille) { walk(player, now) }
        eventsMade += 1
        let scan = Pending(
            checkpoint: Int(players[player].checkpoint), scannedAt: now - Int64(random.below(Self.delayMsMax)) + 1_000,
            event: eventsMade)
        players[player].last = scan
        return scan
    }

    /// To the nearest checkpoint that is open and new to the player, or one a little farther; anywhere in the hunt when
    /// nothing near is left, and not at all when the player has seen most of it.
    private mutating func walk(_ player: Int, _ now: Int64) {
        let stands = Int(players[player].checkpoint)
        if stands >= 0 {
            for next in map.neighbours(of: stands)
            where isNew(Int(next), to: player, now) && random.chance(perMille: 600) {
                return arrive(player, at: Int(next))
            }
        }
        for _ in 0..<8 {
            let next = random.below(definition.checkpoints.count)
            if isNew(next, to: player, now) { return arrive(player, at: next) }
        }
        // A closed door is scanned as well: by those who find nothing else.
        if stands < 0 { arrive(player, at: random.below(definition.checkpoints.count)) }
    }

    private mutating func arrive(_ player: Int, at checkpoint: Int) {
        players[player].checkpoint = Int32(checkpoint)
        visited[player * wordsPerPlayer + checkpoint / 64] |= 1 << UInt64(checkpoint % 64)
    }

    private func isNew(_ checkpoint: Int, to player: Int, _ now: Int64) -> Bool {
        let isVisited = visited[player * wordsPerPlayer + checkpoint / 64] & 1 << UInt64(checkpoint % 64) != 0
        let place = definition.checkpoints[checkpoint]
        return !isVisited && now >= place.opensAt ?? .min && now < place.closesAt ?? .max
    }

    // MARK: Without a network

    private mutating func keep(_ scan: Pending, of player: Int) {
        backlogs[player, default: []].append(scan)
        players[player].offlineScans -= 1
        guard players[player].offlineScans == 0, var scans = backlogs.removeValue(forKey: player) else { return }
        if random.chance(perMille: 500) { scans.reverse() }
        upload = (player, scans)
    }

    private mutating func nextOfUpload(_ now: Int64) -> SimulatedScan? {
        guard let player = upload?.player, let scan = upload?.scans.popLast() else { return nil }
        return record(scan, of: player, now)
    }

    private func record(_ scan: Pending, of player: Int, _ now: Int64) -> SimulatedScan {
        SimulatedScan(
            player: player, content: .visit(scan.checkpoint), event: scan.event, scannedAt: max(scan.scannedAt, 0),
            receivedAt: now)
    }

    // MARK: The clue

    /// Apart from the walk, which knows nothing of it.
    private mutating func scanOfClue(by player: Int, _ now: Int64) -> SimulatedScan {
        guard let clue = plan.clue else { preconditionFailure("a drop without a clue") }
        eventsMade += 1
        return SimulatedScan(
            player: player, content: .visit(clue), event: eventsMade, scannedAt: now, receivedAt: now)
    }

    // MARK: Strange ones

    private mutating func strangeScan(by player: Int, _ now: Int64) -> SimulatedScan {
        eventsMade += 1
        let anywhere = random.below(definition.checkpoints.count)
        var scan = SimulatedScan(
            player: player, content: .visit(anywhere), event: eventsMade, scannedAt: now, receivedAt: now)
        switch random.below(6) {
        case 0, 1: scan.content = .unknownTag
        case 2, 3: scan.content = .malformed(random.below(SimulatedRecord.waysToBreak))
        case 4: scan.scannedAt = now + HuntLimits.futureMax + 1 + Int64(random.below(3_600_000))
        // Whatever the door says, somebody tries it; the visit counts when it happens to be open.
        default: break
        }
        return scan
    }
}
