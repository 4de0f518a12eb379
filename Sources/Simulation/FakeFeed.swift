import FlowCore
import HuntCore

/// The compacted topic `scores`.
public final class FakeFeed {
    public struct Record: Equatable, Sendable {
        public let tally: Tally
        public let version: Int64
        public let committedAt: Int64
        public let partition: Int32
        public let offset: Int64
    }

    /// What a reader that keeps the newest version holds.
    public private(set) var newest: [PlayerID: Record] = [:]
    public private(set) var count = 0
    /// Versions in the order in which they came, per player.
    public private(set) var versions: [PlayerID: [Int64]] = [:]
    /// What no writer may do; must stay empty.
    public private(set) var violations: [String] = []

    public init() {}

    /// Anybody's record, an importer's included.
    public func append(_ record: Record, of player: PlayerID) {
        count += 1
        versions[player, default: []].append(record.version)
        if let held = newest[player] {
            if held.version == record.version && held.tally != record.tally {
                violations.append("\(player): one version, two values")
            }
            if held.version >= record.version { return }
        }
        newest[player] = record
    }
}

/// One worker's producer: a bounded queue whose records arrive later, in their order.
public final class FeedClient: ScoreFeed {
    private let feed: FakeFeed
    private let time: VirtualTime
    private let faults: Faults
    private let queueMax: Int
    var isAlive: () -> Bool = { true }
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
        if queue.count == queueMax {
            queueFull += 1
            return false
        }
        queue.append(item)
        deliver()
        return true
    }

    private func deliver() {
        if isDelivering || isStalled || queue.isEmpty { return }
        isDelivering = true
        var delayMs = faults.latencyMs()
        if faults.happens(faults.rates.feedStallPercent) {
            faults.mark("feed stalled")
            delayMs += Int64.random(in: 10...2_000, using: &faults.random)
        }
        time.after(delayMs) { [self] in
            isDelivering = false
            guard isAlive(), !isStalled, !queue.isEmpty else { return }
            let item = queue.removeFirst()
            if failuresToCome > 0 {
                failuresToCome -= 1
                onFailed(item.batch)
                return deliver()
            }
            feed.append(
                FakeFeed.Record(
                    tally: item.tally, version: item.version, committedAt: item.committedAt,
                    partition: item.partition, offset: item.offset), of: PlayerID(item.key))
            time.after(faults.latencyMs()) { [self] in
                if isAlive() { onDelivered(item.batch) }
            }
            deliver()
        }
    }
}
