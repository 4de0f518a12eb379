import FlowCore

/// One record of a trace.
struct TraceScan: Equatable {
    enum Content: Equatable {
        /// A checkpoint that the player has not scanned before; `unlocks` counts it.
        case first(checkpoint: Int, unlocks: Int)
        /// One that it has.
        case again(checkpoint: Int)
        /// A tag that the hunt does not have.
        case unknownTag(UInt64)
        /// No scan at all; the number picks one of several ways to be broken.
        case malformed(way: Int)
    }

    /// Position in the trace, from 0.
    var number: Int
    /// `0 ..< players`
    var player: Int
    var content: Content
    /// `scanned_at` and the record's timestamp, epoch milliseconds.
    var at: Int64
}

/// A source of records without a clock, which keeps the books of what they must come to. Seed and mix decide everything.
///
/// A player visits the checkpoints in a row of its own: from some place on, in steps that have no divisor in common
/// with their number, so that one counter tells which ones it has seen. Times only grow, hence no repeat is earlier
/// than its first scan.
struct ScanTrace {
    let mix: Mix
    let players: Int
    /// Checkpoints that each player has seen before; the oracle counts none of them.
    private let visited: Int
    private(set) var oracle: TraceOracle
    private var number = 0
    private var random: SplitMix64
    private let choice: PlayerChoice
    /// Players with at least one scan, in the order of the first one.
    private var active: [Int32] = []
    /// For a player that has seen everything, one that perhaps has not; itself for all others.
    private var substitutes: [Int32]

    /// Steps that are coprime to 2,000.
    private static let steps = [1, 3, 7, 9, 11, 13, 17, 19, 21, 23, 27, 29, 31, 33, 37, 39]

    /// - Parameters:
    ///   - exponent: see `PlayerChoice`.
    ///   - visited: checkpoints that each player has seen before, the first of its row.
    init(_ mix: Mix, players: Int, exponent: Double, seed: UInt64, visited: Int = 0) {
        self.mix = mix
        self.players = players
        self.visited = visited
        oracle = TraceOracle(players: players)
        random = SplitMix64(seed: seed)
        choice = PlayerChoice(players: players, exponent: exponent)
        substitutes = (0..<Int32(players)).map { $0 }
    }

    /// The next record. The players must have checkpoints left: at most `players` times 2,000 first scans.
    mutating func next() -> TraceScan {
        let at = BenchHunt.moment(ofRecord: number)
        let player = choice.next(&random)
        let scan = TraceScan(number: number, player: player, content: .malformed(way: 0), at: at)
        number += 1
        let draw = random.below(1_000)
        let strange = mix.malformedPerMille + mix.unknownTagsPerMille
        if draw < mix.malformedPerMille { return malformed(scan) }
        if draw < strange { return unknownTag(scan) }
        if active.isEmpty || draw < strange + mix.firstsPerMille { return first(scan) }
        return again(scan)
    }

    private mutating func malformed(_ scan: TraceScan) -> TraceScan {
        var scan = scan
        scan.content = .malformed(way: random.below(ScanTemplate.waysToBreak))
        oracle.malformed += 1
        return scan
    }

    private mutating func unknownTag(_ scan: TraceScan) -> TraceScan {
        var scan = scan
        scan.content = .unknownTag(random.next())
        oracle.unknownTags += 1
        return scan
    }

    private mutating func first(_ scan: TraceScan) -> TraceScan {
        var scan = scan
        scan.player = withSomethingLeft(scan.player)
        let seen = Int(oracle.standings[scan.player].unlocks)
        if seen == 0 { active.append(Int32(scan.player)) }
        if visited + seen + 1 == BenchHunt.checkpoints {
            substitutes[scan.player] = Int32((scan.player + 1) % players)
        }
        let checkpoint = Self.checkpoint(ofPlayer: scan.player, visit: visited + seen)
        oracle.addFirst(checkpoint, of: scan.player, at: scan.at, number: scan.number)
        scan.content = .first(checkpoint: checkpoint, unlocks: seen + 1)
        return scan
    }

    private mutating func again(_ scan: TraceScan) -> TraceScan {
        var scan = scan
        if oracle.standings[scan.player].unlocks == 0 { scan.player = Int(active[random.below(active.count)]) }
        let visit = random.below(Int(oracle.standings[scan.player].unlocks))
        scan.content = .again(checkpoint: Self.checkpoint(ofPlayer: scan.player, visit: visited + visit))
        oracle.repeats += 1
        return scan
    }

    /// Follows the substitutes and shortens the way for the next one.
    private mutating func withSomethingLeft(_ player: Int) -> Int {
        var player = player
        while Int(substitutes[player]) != player {
            let next = Int(substitutes[player])
            substitutes[player] = substitutes[next]
            player = next
        }
        return player
    }

    /// The checkpoint of a player's visit, both from 0.
    static func checkpoint(ofPlayer player: Int, visit: Int) -> Int {
        (player * 37 + visit * steps[player % steps.count]) % BenchHunt.checkpoints
    }
}

/// What the scores must be. Kept by the trace itself and by nothing that the worker uses.
struct TraceOracle: Sendable {
    struct Standing: Equatable, Sendable {
        var score: Int64 = 0
        var unlocks: Int64 = 0
        /// Epoch milliseconds; meaningless without unlocks.
        var reachedAt: Int64 = 0
    }

    /// What all facts of a player come to: enough to notice one that names another record, at 16 bytes a player.
    struct FactSums: Equatable, Sendable {
        var scannedAt: Int64 = 0
        /// Of the records' numbers.
        var numbers: Int64 = 0
    }

    /// By player; one without unlocks has no row.
    private(set) var standings: [Standing]
    private(set) var factSums: [FactSums]
    private(set) var firsts = 0
    var repeats = 0
    var unknownTags = 0
    var malformed = 0
    /// The players of the last first scans, in a ring.
    private var latest: [Int32] = []

    private static let latestMax = 256

    /// Players of whom each has one of the last first scans: some of every partition, and of each partition the very
    /// last one, but for one trace in 10^14. When their scores are there, so is what came before.
    var sentinels: [Int] { Set(latest).sorted().map(Int.init) }

    init(players: Int) {
        standings = Array(repeating: Standing(), count: players)
        factSums = Array(repeating: FactSums(), count: players)
    }

    mutating func addFirst(_ checkpoint: Int, of player: Int, at: Int64, number: Int) {
        factSums[player].scannedAt += at
        factSums[player].numbers += Int64(number)
        if latest.count < Self.latestMax {
            latest.append(Int32(player))
        } else {
            latest[firsts % Self.latestMax] = Int32(player)
        }
        firsts += 1
        standings[player].score += BenchHunt.points(ofCheckpoint: checkpoint)
        standings[player].unlocks += 1
        standings[player].reachedAt = max(standings[player].reachedAt, at)
    }
}
