import FlowCore
import HuntCore

/// Watches a world from outside. It keeps books of its own, from what producers wrote and from the definitions that
/// stood at the moment of each commit, by the plain model of contracts.md, and compares after every effect: the
/// invariants of faults.md, 1 to 6. What can only be checked at rest, `atRest` checks.
public final class Auditor {
    /// A version of a player's score.
    struct Past: Equatable {
        let version: Int64
        let tally: Tally
        /// Epoch milliseconds.
        let committedAt: Int64
        /// When another took its place, monotonic milliseconds.
        var endedAtMs: Int64?
    }

    /// A player as the ledger should have it.
    struct Player {
        var facts: [Int32: FactEntry] = [:]
        /// The versions there were, the present one last; empty before the first visible change.
        var versions: [Past] = []
        /// The newest version that the feed has.
        var told: Int64 = 0

        var tally: Tally { versions.last?.tally ?? .zero }
        var version: Int64 { versions.last?.version ?? 0 }
    }

    /// A lease as it should be.
    struct Watched {
        var epoch: Int64
        var next: Int64
        var published: Int64
        var counts: LaneCounts
        /// The age of the partition's log that the lease is about.
        var age: Int
    }

    /// A visible change that the feed must know before `published_offset` passes the scan that made it.
    struct Debt {
        let offset: Int64
        let player: PlayerID
        let version: Int64
    }

    let log: FakeLog
    let ledger: FakeLedger
    let cache: FakeCache
    let feed: FakeFeed
    let time: VirtualTime
    let faults: Faults
    let scoreTTLMs: Int64

    var players: [PlayerID: Player] = [:]
    /// Versions of players before they were erased.
    var former: [PlayerID: [Past]] = [:]
    var leases: [Int32: Watched] = [:]
    var refusals: [RecordPlace: (reason: RefusalReason, record: FakeRecord)] = [:]
    var debts: [Int32: [Debt]] = [:]
    /// Players whose last change nobody may have told, because an operator moved a lease past it.
    var excused: Set<PlayerID> = []
    /// Players of whom a record of before their erasure came to the feed after the tombstone.
    var haunted: Set<PlayerID> = []
    /// Whether the ledger has read every record there ever was.
    private(set) var isWhole = true
    /// What was wrong, one line each, the first ones.
    public private(set) var findings: [String] = []

    private static let findingsMax = 20

    init(
        log: FakeLog, ledger: FakeLedger, cache: FakeCache, feed: FakeFeed, time: VirtualTime, faults: Faults,
        scoreTTLMs: Int64
    ) {
        self.log = log
        self.ledger = ledger
        self.cache = cache
        self.feed = feed
        self.time = time
        self.faults = faults
        self.scoreTTLMs = scoreTTLMs
        ledger.onEffect = { [unowned self] in changed(by: $0) }
        cache.onWrite = { [unowned self] in keyWritten(of: $0, $1, over: $2) }
        feed.onAppend = { [unowned self] in recordCame(of: $0, $1) }
    }

    func find(_ text: @autoclosure () -> String) {
        if findings.count < Self.findingsMax { findings.append("at \(time.nowMs) ms: \(text())") }
    }

    func lost() { isWhole = false }

    private func changed(by effect: LedgerEffect) {
        switch effect {
        case .flushed(let call): flushed(call)
        case .leased(let partition): leased(partition)
        case .moved(let partition): moved(partition)
        case .redefined: break
        case .erased(let player): erased(player)
        case .reviewed(let places): reviewed(places)
        case .recounted(let players): recounted(players)
        case .deleted(let players): deleted(players)
        }
    }

    // MARK: Players

    /// - Parameter isLate: a scan that was refused when its turn came. The others of a partition come in their order,
    ///   so that of two with one time the first stays, also where a topic made anew has other offsets.
    /// - Returns: whether the fact changed something.
    func apply(
        _ fact: FactEntry, of player: PlayerID, checkpoint: Int32, isLate: Bool
    ) -> (isNew: Bool, isFirst: Bool) {
        let held = players[player]?.facts[checkpoint]
        if let held {
            let isSamePlace = held.scannedAt == fact.scannedAt && held.place.partition == fact.place.partition
            if !fact.isBefore(held) || isSamePlace && !isLate { return (false, false) }
        }
        players[player, default: Player()].facts[checkpoint] = fact
        return (true, held == nil)
    }

    /// Counts a player by the present rules.
    ///
    /// - Returns: whether anybody can see the change.
    @discardableResult
    func count(_ player: PlayerID) -> Bool {
        guard var entry = players[player], let hunt = ledger.hunts[player.hunt] else {
            find("\(player) is counted, and there is no such hunt or player")
            return false
        }
        let tally = FakeLedger.tally(entry.facts, in: hunt)
        if tally == entry.tally { return false }
        if !entry.versions.isEmpty { entry.versions[entry.versions.count - 1].endedAtMs = time.nowMs }
        let version = entry.version + 1
        entry.versions.append(Past(version: version, tally: tally, committedAt: ledger.epochMs))
        players[player] = entry
        excused.remove(player)
        checkKey(of: player)
        return true
    }

    /// Compares a player's rows with what they should be: invariants 2 and 4.
    func compare(_ player: PlayerID) {
        let entry = players[player]
        let facts = ledger.facts[player] ?? [:]
        if facts != entry?.facts ?? [:] {
            find("\(player): the facts are \(facts), should be \(entry?.facts ?? [:])")
        }
        guard let score = ledger.scores[player] else {
            if entry != nil { find("\(player): facts and no score") }
            return
        }
        guard let entry else { return find("\(player): a score and no facts") }
        if score.tally != entry.tally { find("\(player): \(score.tally), should be \(entry.tally)") }
        if score.version != entry.version { find("\(player): version \(score.version), should be \(entry.version)") }
        if let last = entry.versions.last, score.updatedAt != last.committedAt {
            find("\(player): changed at \(score.updatedAt), should be \(last.committedAt)")
        }
    }
}
