import FlowCore
import HuntCore

/// A committed change of the ledger, told to whoever watches it.
public enum LedgerEffect {
    case flushed(FlushImage)
    case leased(partition: Int32)
    /// An operator moved a lease.
    case moved(partition: Int32)
    /// A definition came, changed or went.
    case redefined
    case erased(PlayerID)
    /// Refused scans were judged again, and these are not any more what they were.
    case reviewed([RecordPlace])
    case recounted([PlayerID])
    /// Rows of a hunt that is gone.
    case deleted([PlayerID])
}

/// The tables of contracts.md section 5 in memory, and the functions of the migrations with their meaning. Whatever it
/// must never be asked for is noted in `violations`.
public final class FakeLedger {
    let time: VirtualTime
    let guards: StoreGuards
    public internal(set) var generation: Int64 = 0
    /// By database id.
    public internal(set) var hunts: [Int32: StoredHunt] = [:]
    /// Ids of hunts are never given twice.
    var lastHuntID: Int32 = 0
    public internal(set) var facts: [PlayerID: [Int32: FactEntry]] = [:]
    public internal(set) var scores: [PlayerID: ScoreEntry] = [:]
    public internal(set) var leases: [Int32: LeaseEntry] = [:]
    public internal(set) var refused: [RecordPlace: RefusedEntry] = [:]
    public internal(set) var refusedCounts: [RefusalHour: Int64] = [:]
    /// Hunts that are being counted anew.
    public internal(set) var rescores: [Int32: RescoreEntry] = [:]
    /// Slugs of hunts whose rows are being deleted, by database id.
    public internal(set) var deletions: [Int32: String] = [:]
    /// Every committed stretch of every partition, in the order of commits.
    public internal(set) var journal: [CommittedStretch] = []
    /// While true nobody reaches it; whatever was on its way there is lost.
    public var isAway = false { didSet { if isAway && !oldValue { failures += 1 } } }
    /// How often it went away.
    public private(set) var failures = 0
    /// While true every flush is refused for its data, whatever it holds.
    public var isRefusingAll = false
    public internal(set) var commits = 0
    /// Players who got facts by the review that is going on.
    var reviewedPlayers: Set<PlayerID> = []
    /// How often each refusal of `flush` was given: "CA001" and so on.
    public internal(set) var raised: [String: Int] = [:]
    public internal(set) var violations: [String] = []
    /// Called after each change, before anything else happens.
    var onEffect: (LedgerEffect) -> Void = { _ in }

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
            onEffect(.leased(partition: request.partition))
            return Lease(
                partition: request.partition, epoch: lease.epoch, nextOffset: lease.next,
                publishedOffset: lease.published, previousOwner: held?.owner)
        }
    }

    /// `cairn lease skip`: the partition goes on at another offset, its counters as they are.
    public func move(_ partition: Int32, to offset: Int64) {
        guard let lease = leases[partition] else { return }
        leases[partition] = LeaseEntry(
            epoch: lease.epoch + 1, owner: lease.owner, start: lease.start + offset - lease.next, next: offset,
            published: offset, counts: lease.counts)
        onEffect(.moved(partition: partition))
    }

    /// `cairn lease reset`: the partition begins at another log's start, its counters at 0.
    public func reset(_ partition: Int32, to offset: Int64) {
        guard let lease = leases[partition] else { return }
        leases[partition] = LeaseEntry(
            epoch: lease.epoch + 1, owner: lease.owner, start: offset, next: offset, published: offset)
        onEffect(.moved(partition: partition))
    }

    /// Somebody takes a lease and does nothing with it.
    public func steal(_ partition: Int32) {
        leases[partition]?.epoch += 1
        leases[partition]?.owner = "thief"
        onEffect(.leased(partition: partition))
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
}
