import FlowCore

/// One worker's producer: a bounded queue whose records arrive later, in their order.
public final class FeedClient: ScoreFeed {
    private let feed: FakeFeed
    private let time: VirtualTime
    private let faults: Faults
    private let queueMax: Int
    var isAlive: () -> Bool = { true }
    /// Whether the worker knows this hunt; records of others are nobody's concern any more.
    var isKnown: (_ huntID: Int32) -> Bool = { _ in true }
    var onDelivered: (UInt32) -> Void = { _ in }
    var onFailed: (UInt32) -> Void = { _ in }
    /// So many of the next records are not taken.
    public var failuresToCome = 0
    private var queue: [PublishItem] = []
    private var isDelivering = false
    /// While true nothing is delivered.
    public var isStalled = false { didSet { deliver() } }
    public private(set) var queueFull = 0

    public init(feed: FakeFeed, time: VirtualTime, faults: Faults, queueMax: Int) {
        self.feed = feed
        self.time = time
        self.faults = faults
        self.queueMax = queueMax
    }

    public var pendingCount: Int { queue.count }

    public func send(_ item: PublishItem) -> Bool {
        if !isKnown(item.key.huntID) {
            time.after(0) { [self] in if isAlive() { onDelivered(item.batch) } }
            return true
        }
        if queue.count == queueMax {
            queueFull += 1
            faults.mark(.feedQueueFull)
            return false
        }
        queue.append(item)
        deliver()
        return true
    }

    private func deliver() {
        if isDelivering || isStalled || queue.isEmpty { return }
        isDelivering = true
        var fault = faults.feedFault()
        var delayMs = faults.latencyMs()
        if case .stalled(let stallMs) = fault { delayMs += stallMs }
        time.after(delayMs) { [self] in
            isDelivering = false
            guard isAlive(), !isStalled, !queue.isEmpty else { return }
            let item = queue.removeFirst()
            if failuresToCome > 0 {
                failuresToCome -= 1
                fault = .notWritten
            }
            arrived(item, fault)
            deliver()
        }
    }

    private func arrived(_ item: PublishItem, _ fault: FeedFault) {
        if fault != .notWritten {
            feed.append(
                FakeFeed.Record(
                    tally: item.tally, version: item.version, committedAt: item.committedAt,
                    partition: item.partition, offset: item.offset), of: PlayerID(item.key))
        }
        let isFailed = fault == .notWritten || fault == .writtenAndDenied
        time.after(faults.latencyMs()) { [self] in
            guard isAlive() else { return }
            if isFailed { onFailed(item.batch) } else { onDelivered(item.batch) }
        }
    }
}
