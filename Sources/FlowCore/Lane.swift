import HuntCore

/// How the scans of a stretch of a partition ended; their sum is the number of records.
public struct LaneCounts: Equatable, Sendable {
    public var first: Int64 = 0
    public var earlier: Int64 = 0
    public var repeats: Int64 = 0
    public var refusals: Int64 = 0

    public init() {}

    static func += (left: inout LaneCounts, right: LaneCounts) {
        left.first += right.first
        left.earlier += right.earlier
        left.repeats += right.repeats
        left.refusals += right.refusals
    }
}

/// One partition on its way from the log to the ledger: a bounded ring of records, in two segments so that one fills
/// while the other is in a batch.
final class Lane {
    enum Status: Equatable {
        /// No lease yet, or not any more.
        case leasing
        case active
        /// Its position is not in the log; an operator must decide.
        case stopped(String)
    }

    let partition: Int32
    /// As many lanes as the worker has share what they may hold together.
    var limits: LaneLimits
    var status = Status.leasing
    /// Kafka took the partition away: whatever still returns for this lane is ignored.
    var isGone = false
    var epoch: Int64 = 0
    /// When the lease was known to be taken, monotonic milliseconds.
    var leasedAtMs: Int64 = 0
    /// The lease's `next_offset`: below it everything is committed.
    var committed: Int64 = 0
    /// Below it everything is decided: what lies between are repeats that only counters know of.
    var decided: Int64 = 0
    /// Of the records between `committed` and `decided`.
    var accrued = LaneCounts()
    var accruedSinceMs: Int64 = 0
    private(set) var current: RecordSegment
    /// Records of `current` whose batch has ended.
    private(set) var consumed = 0
    private(set) var filling: RecordSegment
    var call: FlushCall? {
        didSet { if call == nil { carried = 0 } }
    }
    /// Records of `current` that the call carries.
    var carried = 0
    var isPaused = false
    /// Kafka's assignment was answered with it (or without it, while it is stopped).
    var isStarted = false
    /// The log refused the position of a lease, nothing else being known against it.
    var refused: RefusedPosition?
    /// Whether the log's end was compared with the lease since fetching began.
    var isEndChecked = false
    /// Batches in a row whose players somebody else had changed.
    var conflicts = 0
    /// When the lease may be asked for again.
    var leaseAtMs: Int64 = 0
    var backoff: Backoff
    var suspicion: Suspicion?
    var publications = PublicationQueue()
    /// What the log was told of `publications.published` last; nil: nothing yet.
    var hinted: Int64?

    /// The ledger refused data of this lane: batches shrink until the culprit is alone.
    struct Suspicion {
        var limit: Int
        /// Below it lie the records of the batch that was refused.
        var end: Int64
    }

    /// A position that is not in the log, and the lease that named it. A lease that was moved since is another one,
    /// though it may begin at the same offset: that is what `lease reset` does where nothing was published yet.
    struct RefusedPosition {
        let position: Int64
        let nextOffset: Int64
    }

    /// The log does not have the position that this lane was to be read from.
    func refusePosition() { refused = RefusedPosition(position: publications.published, nextOffset: committed) }

    init(partition: Int32, limits: LaneLimits, seed: UInt64) {
        self.partition = partition
        self.limits = limits
        current = Self.segment()
        filling = Self.segment()
        backoff = Backoff(seed: seed)
    }

    /// Small, so that a lane with little to do takes little memory.
    private static func segment() -> RecordSegment { RecordSegment(capacity: 256) }

    // MARK: The ring

    /// Records that are in no batch.
    var waiting: Int { current.count - consumed - carried + filling.count }

    /// How many records may be polled now: none while the ring is above its stop mark, until it is at its resume mark.
    func room() -> Int {
        guard status == .active else { return 0 }
        let waiting = waiting
        if waiting >= limits.stopAt { isPaused = true } else if waiting <= limits.resumeAt { isPaused = false }
        return isPaused ? 0 : limits.capacity - waiting
    }

    /// Makes the filled segment the current one when the current one is used up.
    func advance() {
        precondition(call == nil, "a lane with a batch in flight")
        if consumed < current.count { return }
        current.removeAll(keeping: limits.capacity)
        consumed = 0
        swap(&current, &filling)
    }

    var available: Range<Int> { consumed..<current.count }

    func consume(_ count: Int) { consumed += count }

    /// Forgets everything that is not in the ledger.
    func reset(status: Status) {
        self.status = status
        // A call in flight goes on reading its records.
        if call == nil { current.removeAll() } else { current = Self.segment() }
        call = nil
        filling.removeAll()
        consumed = 0
        accrued = LaneCounts()
        isPaused = false
        suspicion = nil
        conflicts = 0
        publications = PublicationQueue()
    }

    func begin(_ lease: Lease, startingAt start: Int64, nowMs: Int64) {
        reset(status: .active)
        leasedAtMs = nowMs
        epoch = lease.epoch
        committed = lease.nextOffset
        decided = lease.nextOffset
        publications.published = start
        publications.reported = lease.publishedOffset
    }

    /// Everything below `offset` is decided for good: when the suspected records are, batches may grow again.
    func clearSuspicion(upTo offset: Int64) {
        if let suspicion, offset >= suspicion.end { self.suspicion = nil }
    }

    // MARK: Progress without a change

    var hasProgress: Bool { decided > committed || publications.published > publications.reported }

    func accrue(_ counts: LaneCounts, to offset: Int64, nowMs: Int64) {
        if !hasProgress { accruedSinceMs = nowMs }
        accrued += counts
        decided = max(decided, offset)
    }

    /// The ledger took everything below `offset`.
    func committed(to offset: Int64) {
        committed = offset
        decided = max(decided, offset)
        accrued = LaneCounts()
    }
}

/// Which batches of a lane are committed but not yet published, oldest first. `published` passes only what is.
struct PublicationQueue {
    private var entries: [(batch: UInt32, next: Int64, isDone: Bool)] = []
    /// Below it everything is published.
    var published: Int64 = 0
    /// What the ledger knows of `published`.
    var reported: Int64 = 0

    var count: Int { entries.count }

    mutating func append(batch: UInt32, next: Int64, isDone: Bool) {
        if isDone && entries.isEmpty {
            published = max(published, next)
        } else if isDone, let last = entries.last, last.isDone {
            entries[entries.count - 1].next = next
        } else {
            entries.append((batch, next, isDone))
        }
    }

    mutating func finish(batch: UInt32) {
        guard let position = entries.firstIndex(where: { $0.batch == batch && !$0.isDone }) else { return }
        entries[position].isDone = true
        var done = 0
        while done < entries.count && entries[done].isDone { done += 1 }
        if done == 0 { return }
        published = max(published, entries[done - 1].next)
        entries.removeFirst(done)
    }
}
