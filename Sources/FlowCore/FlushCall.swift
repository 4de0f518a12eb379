import HuntCore

/// The part of a lane that a call carries.
public struct LaneShare {
    let lane: Lane
    public let segment: RecordSegment
    /// Positions of its records in the segment.
    let records: Range<Int>
    public let partition: Int32
    public internal(set) var epoch: Int64
    /// The lease's `next_offset` before and after.
    public let from: Int64
    public let next: Int64
    /// Below it everything is published once this call's players are: the end of its own records, which lies below
    /// `next` while records of an earlier owner are read again. nil when it carries none.
    let end: Int64?
    /// Below it everything is published.
    public let published: Int64
    public internal(set) var counts: LaneCounts
}

/// A new or improved fact. Its player is `scores[score]`; its event stands in the record.
public struct FactRow: Sendable {
    /// Whether the ledger has no fact of this checkpoint yet.
    public internal(set) var isNew: Bool
    public internal(set) var score: Int32
    public let checkpointID: Int32
    public let share: Int32
    public let record: Int32
    let slot: UInt32
}

/// What the record of a fact says.
public struct FactRecord {
    /// Epoch milliseconds.
    public let scannedAt: Int64
    public let offset: Int64
    /// Valid until the call has ended.
    public let eventID: UnsafeRawBufferPointer
    /// Empty when the scan names none; valid until the call has ended.
    public let reader: UnsafeRawBufferPointer
    public let partition: Int32
}

/// A player's row as it will be.
public struct ScoreRow: Sendable {
    public let key: PlayerKey
    public internal(set) var tally: Tally
    public internal(set) var version: Int64
    /// One more than the row must hold for the call to commit; 1 for a row that must not exist.
    public internal(set) var factsSeq: Int64
    /// Whether score, unlocks or reached_at differ from the row's.
    public internal(set) var isVisible: Bool
    let slot: UInt32
    let before: Tally
    /// The last record that changed it.
    var share: Int32
    var record: Int32
}

/// A refused scan.
public struct RefusalRow: Sendable {
    public let reason: RefusalReason
    public let detail: StaticString
    public let share: Int32
    public let record: Int32
    /// False once the (reason, partition, hour) has shown enough of them: then it is only counted.
    public let isKept: Bool
    /// Hours since 1970.
    public let hour: Int64
}

/// One transaction: batches of several lanes, decided together. Created, decided and ended by the engine; a ledger
/// only reads it.
///
/// Its lists are written to for every scan; each access is over before the next begins, so none is checked for overlap.
public final class FlushCall {
    public let id: UInt32
    /// The generation of the definitions by which it was decided.
    public internal(set) var generation: Int64
    @exclusivity(unchecked) public internal(set) var shares: [LaneShare] = []
    /// Sorted by checkpoint within their player, players in the order of `scores`; unique.
    @exclusivity(unchecked) public internal(set) var facts: [FactRow] = []
    /// Sorted by key; unique.
    @exclusivity(unchecked) public internal(set) var scores: [ScoreRow] = []
    /// In the order of shares and offsets.
    @exclusivity(unchecked) public internal(set) var refusals: [RefusalRow] = []
    /// Players that the call carries; no other call may touch them.
    @exclusivity(unchecked) var players: [UInt32] = []
    /// Of those, the ones to be read before anything can be decided.
    @exclusivity(unchecked) var unloaded: [UInt32] = []
    /// Players of records that an earlier owner committed and perhaps did not publish.
    var replayed: [UInt32] = []
    /// Monotonic milliseconds before it was sent.
    var sentAtMs: Int64 = 0

    init(id: UInt32, generation: Int64) {
        self.id = id
        self.generation = generation
    }

    /// The number of records, decided before or not.
    public var recordCount: Int { shares.reduce(0) { $0 + $1.records.count } }

    /// Whether the ledger's rows other than offsets and counters change.
    var hasRows: Bool { !facts.isEmpty || !refusals.isEmpty }

    /// How many players got a new version, by share.
    public func changes() -> [Int64] {
        var changes = [Int64](repeating: 0, count: shares.count)
        for score in scores where score.isVisible { changes[Int(score.share)] += 1 }
        return changes
    }

    public func record(of fact: FactRow) -> LaneRecord { shares[Int(fact.share)].segment[Int(fact.record)] }

    /// What the records of the facts say, in the facts' order. The records lie scattered over the lanes' memory, so each
    /// is visited once, and many of these reads are under way together.
    public func factRecords() -> [FactRecord] {
        let segments = shares.map { (records: $0.segment.base, bytes: $0.segment.arenaBase, partition: $0.partition) }
        return [FactRecord](unsafeUninitializedCapacity: facts.count) { rows, count in
            for position in facts.indices {
                let segment = segments[Int(facts[position].share)]
                let record = segment.records + Int(facts[position].record)
                rows.initializeElement(
                    at: position,
                    to: FactRecord(
                        scannedAt: record.pointee.scannedAt, offset: record.pointee.offset,
                        eventID: record.pointee.eventID.bytes(from: segment.bytes),
                        reader: record.pointee.reader.bytes(from: segment.bytes), partition: segment.partition))
            }
            count = facts.count
        }
    }

    public func record(of refusal: RefusalRow) -> LaneRecord { shares[Int(refusal.share)].segment[Int(refusal.record)] }
}
