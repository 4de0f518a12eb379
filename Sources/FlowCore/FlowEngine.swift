import HuntCore

/// The worker's mind: when to poll, flush, publish, retry; which partitions are its own. It holds no clock and does no
/// I/O of its own: it is told the time, is told news by its methods and acts through its ports, whose replies come back
/// later, on the same thread.
///
/// After news the engine wants a turn (`onWork`); `turn` polls and plans until nothing more can be done now.
public final class FlowEngine {
    public let limits: FlowLimits
    let source: any ScanSource
    let ledger: any Ledger
    let decoder: any RecordDecoder
    let publisher: Publisher
    let machine: ScoreMachine
    var lanes: [Int32: Lane] = [:]
    /// By partition.
    var laneOrder: [Lane] = []
    var calls: [UInt32: FlushCall] = [:]
    var callsMade: UInt32 = 0
    var now = FlowTime(monotonicMs: 0, epochMs: 0)
    /// The ledger asked for a pause: no call before this.
    var ledgerRetryAtMs: Int64 = 0
    var ledgerBackoff: Backoff
    var definitionsWanted = false
    var isReloading = false
    /// The reply to come must be asked for once more.
    var isReloadStale = false
    /// Read, but calls decided by the old one are still in flight.
    var pendingBook: RuleBook?
    /// Calls whose outcome is unknown and could not be asked for.
    var unsettled: [FlushCall] = []
    var leaseRound: LeaseRound?
    /// Kafka waits for the answer to its last assignment.
    var owesStart = false
    var isDraining = false
    /// When the log is told next where partitions stand, monotonic milliseconds.
    var hintAtMs: Int64 = 0
    /// Replies since the last turn. They wait for the next one, because it brings the time: a pause counted from the
    /// last turn could be over before it began, and a key's time to live would begin in the past.
    private var replies: [() -> Void] = []
    private var pollStart = 0
    /// Lanes of which there may be more to poll than they had room for.
    private var fullLanes: [Lane] = []
    var random: SplitMix64

    public internal(set) var counters = FlowCounters()
    /// Something happened that a turn should look at; called often, must be cheap.
    public var onWork: () -> Void = {}
    /// What an operator should read, one line each.
    public var onNote: (FlowNote) -> Void = { _ in }
    /// A call committed, after this many milliseconds.
    public var onCommitted: (FlushCall, _ items: [PublishItem], _ tookMs: Int64) -> Void = { _, _, _ in }
    /// Items were written to the hot tier.
    public var onHot: ([PublishItem]) -> Void = { _ in }

    /// - Parameter seed: for pauses and hashing; the same seed and the same news replay the same run.
    public init(
        limits: FlowLimits, book: RuleBook, source: any ScanSource, decoder: any RecordDecoder, ledger: any Ledger,
        cache: any ScoreCache, feed: any ScoreFeed, seed: UInt64
    ) {
        limits.prove()
        self.limits = limits
        self.source = source
        self.decoder = decoder
        self.ledger = ledger
        random = SplitMix64(seed: seed)
        machine = ScoreMachine(book: book, cacheBytes: limits.cacheBytes, seed: random.next())
        ledgerBackoff = Backoff(seed: random.next())
        let hot = HotTierWriter(limits: limits, cache: cache, seed: random.next())
        publisher = Publisher(hot: hot, feed: feed)
        hot.onWork = { [unowned self] in onWork() }
        hot.onWritten = { [unowned self] in onHot($0) }
        hot.onResolved = { [unowned self] in publisher.hotResolved(batch: $0) }
    }

    public var book: RuleBook { machine.book }

    /// Polls, plans and publishes as far as it can be done now.
    ///
    /// - Returns: when the next turn is wanted even without news, in monotonic milliseconds; nil when never. A time that
    ///   has passed means: there is more to do, at once after others had their turn.
    public func turn(_ now: FlowTime) -> Int64? {
        self.now = now
        takeReplies()
        retryUnsettled()
        adoptPendingBook()
        if definitionsWanted && pendingBook == nil { reloadDefinitions() }
        leaseDueLanes()
        let hasMore = pollLanes()
        let isHeldBack = publisher.hot.holdsBack(nowMs: now.monotonicMs)
        planFlushes()
        publisher.pump(nowMs: now.monotonicMs)
        hintWhenDue()
        // Nobody else would wake the lanes that waited for the hot tier to empty.
        let isFreed = isHeldBack && !publisher.hot.holdsBack(nowMs: now.monotonicMs)
        // A log that had more than a lane's room does not speak up again when a batch has made room.
        let hasRoom = fullLanes.contains { $0.room() > 0 }
        return hasMore || isFreed || hasRoom ? now.monotonicMs : nextDeadlineMs()
    }

    /// A port replied: what follows is done in the next turn.
    func later(_ action: @escaping () -> Void) {
        replies.append(action)
        onWork()
    }

    private func takeReplies() {
        let arrived = replies
        replies.removeAll(keepingCapacity: true)
        for action in arrived { action() }
    }

    /// Takes what each lane has room for. Starts with another lane every turn, so that none is always served last.
    private func pollLanes() -> Bool {
        fullLanes.removeAll(keepingCapacity: true)
        if isDraining || laneOrder.isEmpty { return false }
        var hasMore = false
        pollStart = (pollStart + 1) % laneOrder.count
        for step in laneOrder.indices {
            let lane = laneOrder[(pollStart + step) % laneOrder.count]
            let limit = min(lane.room(), limits.recordsPerPoll)
            if limit == 0 {
                if lane.status == .active { fullLanes.append(lane) }
                continue
            }
            let filling = lane.filling
            switch source.poll(lane.partition, limit: limit, { decoder.decode($0, into: filling) }) {
            case .records(let count):
                if count > 0 && !isEndSound(lane) { continue }
                if count == limit { hasMore = true }
            case .offsetOutOfRange: positionLost(lane)
            }
        }
        if hasMore { fullLanes = laneOrder }
        return hasMore && laneOrder.contains { $0.room() > 0 }
    }

    private func nextDeadlineMs() -> Int64? {
        var deadlines: [Int64] = []
        if ledgerRetryAtMs > now.monotonicMs { deadlines.append(ledgerRetryAtMs) }
        if leaseRound == nil {
            for lane in laneOrder where lane.status != .active { deadlines.append(lane.leaseAtMs) }
        }
        for lane in laneOrder where lane.status == .active && lane.call == nil && lane.hasProgress {
            deadlines.append(max(lane.accruedSinceMs + limits.progressIntervalMs, now.monotonicMs + 10))
        }
        if let hot = publisher.hot.deadlineMs(nowMs: now.monotonicMs) { deadlines.append(hot) }
        if !publisher.isIdle { deadlines.append(now.monotonicMs + 20) }
        if hintsAreOwed { deadlines.append(hintAtMs) }
        // Replies in flight bring their own news.
        return deadlines.min().map { max($0, now.monotonicMs + 1) }
    }

    // MARK: News

    /// The feed acknowledged the item of a batch.
    public func feedDelivered(batch: UInt32) {
        publisher.feedDelivered(batch: batch)
        onWork()
    }

    /// The feed did not take the item of a batch: it will be sent again.
    public func feedFailed(batch: UInt32) {
        publisher.feedFailed(batch: batch)
        onWork()
    }

    // MARK: What the worker tells about itself

    public var hotTier: HotTierCounters { publisher.hot.counters }
    public var hotPending: Int { publisher.hot.pendingCount }
    public func hotRingFill(shard: Int) -> Int { publisher.hot.fill(ofShard: shard) }
    public var feedSent: Int { publisher.feedSent }
    public var feedDeliveredCount: Int { publisher.feedDelivered }
    public var feedFailures: Int { publisher.feedFailures }
    public var feedBacklog: Int { publisher.backlogCount }
    public var playersCached: Int { machine.players.count }
    public var cacheBytes: Int { machine.players.byteCount }
    public var cacheEvictions: Int { machine.players.evictions }
    public var callsInFlight: Int { calls.count }

    public var laneReports: [LaneReport] {
        laneOrder.map { lane in
            LaneReport(
                partition: lane.partition, waiting: lane.waiting, committed: lane.committed,
                published: lane.publications.published, isActive: lane.status == .active,
                trouble: { if case .stopped(let reason) = lane.status { reason } else { nil } }())
        }
    }
}

/// A lane as metrics and `status` show it.
public struct LaneReport: Sendable, Equatable {
    public let partition: Int32
    /// Records in the ring.
    public let waiting: Int
    public let committed: Int64
    public let published: Int64
    public let isActive: Bool
    /// Why it stopped, where it did.
    public let trouble: String?
}

/// Something for the log.
public struct FlowNote: Sendable, Equatable {
    public enum Level: Sendable { case info, warning, error }
    public let level: Level
    public let text: String
}
