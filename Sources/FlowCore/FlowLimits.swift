/// Every bound of the worker, proved against each other before anything starts.
public struct FlowLimits: Sendable, Equatable {
    /// Scans a lane holds that are not yet in a batch; `1 ... 65,536`.
    public var ringCapacity = 4096
    /// A lane that holds this many is not polled ...
    public var stopAt = 3277
    /// ... until it holds no more than this.
    public var resumeAt = 2048
    /// Scans that all lanes may hold together, each its part of it, where that is more than `ringCapacity`; 0: none may.
    public var sharedCapacity = 0
    /// Scans per lane and batch. When it is less than `ringCapacity`, no part of `sharedCapacity` makes batches larger.
    public var maxRecords = 4096
    /// Calls to the ledger in flight at one time.
    public var concurrentFlushes = 2
    /// Bytes of player states kept.
    public var cacheBytes = 256 << 20
    /// Batches of a lane that may wait to be published; then the lane flushes no more.
    public var unpublishedBatches = 8
    /// Offsets without any other change are written no more often than this, in milliseconds.
    public var progressIntervalMs: Int64 = 100
    /// Players whose hot-tier update waits, per shard.
    public var hotRingCapacity = 4096
    /// Players per call to the hot tier.
    public var hotPlayersPerCall = 500
    /// Players in calls to the hot tier at one time: 1 to 2.5 ms of Redis' time.
    public var hotPlayersInFlight = 1024
    /// How long a key lives in the hot tier after the commit (or the read) that proved its value, in milliseconds.
    public var scoreTTLMs: Int64 = 30_000
    /// How long a full hot ring holds back the flush before it drops its oldest, in milliseconds.
    public var hotPushBackMs: Int64 = 100
    /// Records taken from one partition in one turn, so that sockets are served in between.
    public var recordsPerPoll = 1024

    public init() {}

    /// The bounds of one of so many lanes.
    func lane(among count: Int) -> LaneLimits {
        let capacity = max(ringCapacity, min(Self.laneCapacityMax, sharedCapacity / max(count, 1)))
        return LaneLimits(
            capacity: capacity, stopAt: stopAt * capacity / ringCapacity, resumeAt: resumeAt * capacity / ringCapacity,
            maxRecords: maxRecords < ringCapacity ? maxRecords : max(maxRecords, capacity))
    }

    private static let laneCapacityMax = 65_536

    /// Traps when a bound contradicts another; settings were checked before, so this is a bug of ours.
    func prove() {
        precondition(ringCapacity >= 1 && ringCapacity <= Self.laneCapacityMax, "ring capacity")
        precondition(resumeAt < stopAt && stopAt <= ringCapacity, "a lane must resume below where it stops")
        precondition(maxRecords >= 1 && concurrentFlushes >= 1 && unpublishedBatches >= 1, "nothing would ever flush")
        precondition(hotPlayersPerCall >= 1 && hotPlayersPerCall <= hotRingCapacity, "a call larger than its ring")
        precondition(hotPlayersInFlight >= 1, "no call to the hot tier would ever start")
        precondition(hotRingCapacity <= 65_536 && recordsPerPoll >= 1, "ring bounds")
    }
}

/// The bounds of one lane, in scans; the same for each lane of a worker.
struct LaneLimits {
    let capacity: Int
    let stopAt: Int
    let resumeAt: Int
    /// Per batch.
    let maxRecords: Int
}
