import FlowCore
import HuntCore

/// The tables of contracts.md section 5 in memory, and the functions of migrations/0002_functions.sql with their
/// meaning. Whatever it must never be asked for is noted in `violations`.
public final class FakeLedger {
    private let time: VirtualTime
    let guards: StoreGuards
    public private(set) var generation: Int64 = 0
    private var erasures: Int64 = 0
    /// By database id.
    public private(set) var hunts: [Int32: StoredHunt] = [:]
    /// The definitions of every generation there was.
    public private(set) var history: [Int64: [Int32: StoredHunt]] = [0: [:]]
    public internal(set) var facts: [PlayerID: [Int32: FactEntry]] = [:]
    public internal(set) var scores: [PlayerID: ScoreEntry] = [:]
    public internal(set) var leases: [Int32: LeaseEntry] = [:]
    public internal(set) var refused: [RecordPlace: RefusedEntry] = [:]
    public internal(set) var refusedCounts: [RefusalHour: Int64] = [:]
    /// Every committed stretch of every partition, in the order of commits.
    public internal(set) var journal: [CommittedStretch] = []
    /// Visible changes that the feed must know before `published_offset` passes the scan that made them.
    var owed: [Int32: [(offset: Int64, player: PlayerID, version: Int64)]] = [:]
    /// Whether the feed knows this version of a player, or a newer one.
    public var isTold: (PlayerID, _ version: Int64) -> Bool = { _, _ in true }
    /// Where partitions were told to go on by an operator.
    public private(set) var moves: [RecordPlace] = []
    /// While true every flush is refused for its data, whatever it holds.
    public var isRefusingAll = false
    public internal(set) var commits = 0
    /// How often each refusal of `flush` was given: "CA001" and so on.
    public internal(set) var raised: [String: Int] = [:]
    /// When a version gave way to the next one, monotonic milliseconds.
    public internal(set) var supersededAtMs: [PlayerID: [Int64: Int64]] = [:]
    public internal(set) var violations: [String] = []

    public init(time: VirtualTime, guards: StoreGuards = .all) {
        self.time = time
        self.guards = guards
    }

    var nowMs: Int64 { time.nowMs }
    var epochMs: Int64 { time.epochMs }

    // MARK: cairn.take_lease

    public func takeLeases(_ requests: [LeaseRequest], owner: String) -> [Lease] {
        requests.sorted { $0.partition < $1.partition }.map { request in
            let held = leases[request.partition]
            var lease =
                held
                ?? LeaseEntry(
                    epoch: 0, owner: owner, start: request.logStart, next: request.logStart,
                    published: request.logStart)
            lease.epoch += 1
            lease.owner = owner
            leases[request.partition] = lease
            return Lease(
                partition: request.partition, epoch: lease.epoch, nextOffset: lease.next,
                publishedOffset: lease.published, previousOwner: held?.owner)
        }
    }

    /// `cairn lease skip` and `reset`: the partition goes on at another offset, its counters as they are.
    public func move(_ partition: Int32, to offset: Int64) {
        guard let lease = leases[partition] else { return }
        moves.append(RecordPlace(partition: partition, offset: offset))
        owed[partition] = nil
        leases[partition] = LeaseEntry(
            epoch: lease.epoch + 1, owner: lease.owner, start: lease.start + offset - lease.next, next: offset,
            published: offset, counts: lease.counts)
    }

    /// Somebody takes a lease and does nothing with it.
    public func steal(_ partition: Int32) {
        leases[partition]?.epoch += 1
        leases[partition]?.owner = "thief"
    }

    // MARK: cairn.load_players

    public func loadPlayers(_ players: [PlayerID]) -> [LoadedPlayer] {
        players.enumerated().compactMap { position, player in
            guard let score = scores[player] else { return nil }
            let loaded = (facts[player] ?? [:]).sorted { $0.key > $1.key }.map {
                LoadedFact(checkpointID: $0.key, scannedAt: $0.value.scannedAt, partition: $0.value.place.partition)
            }
            return LoadedPlayer(
                position: position, tally: score.tally, version: score.version, factsSeq: score.factsSeq,
                committedAt: score.updatedAt, facts: loaded)
        }
    }

    // MARK: Definitions

    public func ruleBook() -> RuleBook {
        RuleBook(
            generation: generation,
            hunts: hunts.values.sorted { $0.huntID < $1.huntID }.map {
                HuntRules(
                    huntID: $0.huntID, rulesVersion: $0.rulesVersion, definition: $0.definition,
                    checkpointIDs: $0.checkpointIDs, erasures: erasures)
            })
    }

    /// Makes a definition the present one (`--rescore`).
    ///
    /// - Parameter isCounted: whether its players are counted anew at once; else `rescore` has to follow.
    /// - Returns: the players whose row changed.
    @discardableResult
    public func importHunt(_ definition: HuntDefinition, isCounted: Bool = true) -> [PlayerID] {
        let known = hunts.values.first { $0.definition.slug == definition.slug }
        if known?.definition == definition { return [] }
        var ids: [String: Int32] = [:]
        if let known {
            for (checkpoint, id) in zip(known.definition.checkpoints, known.checkpointIDs) { ids[checkpoint.id] = id }
        }
        for checkpoint in definition.checkpoints where ids[checkpoint.id] == nil {
            ids[checkpoint.id] = (ids.values.max() ?? 0) + 1
        }
        let huntID = known?.huntID ?? (hunts.keys.max() ?? 0) + 1
        hunts[huntID] = StoredHunt(
            huntID: huntID, rulesVersion: (known?.rulesVersion ?? 0) + 1, definition: definition,
            checkpointIDs: definition.checkpoints.compactMap { ids[$0.id] })
        generation += 1
        history[generation] = hunts
        return isCounted ? rescore(huntID) : []
    }

    /// Deletes a player's facts and score (`player erase`).
    public func erase(_ player: PlayerID) {
        facts[player] = nil
        scores[player] = nil
        erasures += 1
        generation += 1
        history[generation] = hunts
    }

    /// Counts the players of a hunt by its present rules.
    ///
    /// - Returns: those whose row changed.
    @discardableResult
    public func rescore(_ huntID: Int32) -> [PlayerID] {
        var changed: [PlayerID] = []
        for player in scores.keys.filter({ $0.hunt == huntID }).sorted() {
            guard var score = scores[player], let hunt = hunts[huntID] else { continue }
            let tally = Self.tally(facts[player] ?? [:], in: hunt)
            if tally == score.tally { continue }
            supersededAtMs[player, default: [:]][score.version] = nowMs
            score.tally = tally
            score.version += 1
            score.factsSeq += 1
            score.updatedAt = epochMs
            scores[player] = score
            changed.append(player)
        }
        return changed
    }

    /// What facts are worth, by the plain model of contracts.md section 3.
    static func tally(_ facts: [Int32: FactEntry], in hunt: StoredHunt) -> Tally {
        let slugs = Dictionary(uniqueKeysWithValues: zip(hunt.checkpointIDs, hunt.definition.checkpoints.map(\.id)))
        let scans = facts.compactMap { id, fact in
            slugs[id].map {
                AcceptedScan(
                    checkpoint: $0, scannedAt: fact.scannedAt, partition: fact.place.partition,
                    offset: fact.place.offset, eventID: fact.eventID)
            }
        }
        return standing(of: scans, in: hunt.definition).tally
    }
}
