/// Tells the world what was committed: every item to the feed and to the hot tier. A batch is published when the feed
/// has acknowledged all of it and the hot tier has tried all of it.
final class Publisher {
    private final class Batch {
        let number: UInt32
        let lanes: [(lane: Lane, next: Int64)]
        let items: [PublishItem]
        let startedAtMs: Int64
        var feedOutstanding: Int
        var feedFailed = 0
        var hotOutstanding: Int

        init(_ number: UInt32, _ items: [PublishItem], _ lanes: [(lane: Lane, next: Int64)], nowMs: Int64) {
            self.number = number
            self.items = items
            self.lanes = lanes
            startedAtMs = nowMs
            feedOutstanding = items.count
            hotOutstanding = items.count
        }
    }

    /// How long after a failed delivery the batch goes to the feed once more, in milliseconds.
    private static let feedRetryMs: Int64 = 1_000

    /// A slow hot tier holds back `published_offset` no longer than this, in milliseconds: its keys have a TTL, and what
    /// a crash would lose of them comes back with the player's next change.
    private static let hotPatienceMs: Int64 = 1_000

    let hot: HotTierWriter
    private let feed: any ScoreFeed
    /// Unfinished batches by number, from `firstNumber` on; nil where one has ended or never had items.
    private var batches: [Batch?] = []
    private var firstNumber: UInt32 = 1
    private var made: UInt32 = 0
    /// Batches of which the feed did not take everything yet, and how much it took.
    private var unsent: [(batch: Batch, taken: Int)] = []
    /// Batches of which the feed failed to take something, and when they go there again.
    private var feedRetries: [(batch: Batch, atMs: Int64)] = []
    private var nowMs: Int64 = 0
    private(set) var feedFailures = 0
    private(set) var feedSent = 0
    private(set) var feedDelivered = 0

    init(hot: HotTierWriter, feed: any ScoreFeed) {
        self.hot = hot
        self.feed = feed
    }

    var isIdle: Bool { batches.isEmpty && unsent.isEmpty }
    var backlogCount: Int { unsent.reduce(0) { $0 + $1.batch.items.count - $1.taken } }

    func nextBatch() -> UInt32 {
        made = made == .max ? 1 : made + 1
        return made
    }

    func publish(_ items: [PublishItem], batch: UInt32, lanes: [(lane: Lane, next: Int64)], nowMs: Int64) {
        for (lane, next) in lanes where !lane.isGone {
            lane.publications.append(batch: batch, next: next, isDone: items.isEmpty)
        }
        if items.isEmpty { return }
        let added = Batch(batch, items, lanes, nowMs: nowMs)
        insert(added)
        unsent.append((added, 0))
        for item in items { hot.offer(item) }
        pump(nowMs: nowMs)
    }

    func pump(nowMs: Int64) {
        self.nowMs = nowMs
        retryFeed()
        sendBacklog()
        hot.settlePause(nowMs: nowMs)
        hot.pump(nowMs: nowMs)
        forgiveSlowHotTier(nowMs: nowMs)
    }

    private func insert(_ batch: Batch) {
        if batches.isEmpty { firstNumber = batch.number }
        // Numbers wrap; their distance does not.
        let place = Int(batch.number &- firstNumber)
        while batches.count <= place { batches.append(nil) }
        batches[place] = batch
    }

    private func find(_ number: UInt32) -> Batch? {
        let place = Int(number &- firstNumber)
        return place < batches.count ? batches[place] : nil
    }

    private func remove(_ batch: Batch) {
        batches[Int(batch.number &- firstNumber)] = nil
        let done = batches.prefix { $0 == nil }.count
        batches.removeFirst(done)
        firstNumber &+= UInt32(done)
    }

    private func sendBacklog() {
        while let (batch, taken) = unsent.first {
            var position = taken
            while position < batch.items.count, feed.send(batch.items[position]) { position += 1 }
            feedSent += position - taken
            if position < batch.items.count {
                unsent[0].taken = position
                return
            }
            unsent.removeFirst()
        }
    }

    /// The feed acknowledged an item of a batch.
    func feedDelivered(batch number: UInt32) {
        feedDelivered += 1
        guard let batch = find(number) else { return }
        batch.feedOutstanding -= 1
        finishIfDone(batch)
    }

    /// The feed did not take an item of a batch. Once all of the batch is answered for, all of it is sent again: readers
    /// keep the newest version, so what they have already does no harm.
    func feedFailed(batch number: UInt32) {
        feedFailures += 1
        guard let batch = find(number) else { return }
        batch.feedOutstanding -= 1
        batch.feedFailed += 1
        finishIfDone(batch)
    }

    private func retryFeed() {
        while let first = feedRetries.first, first.atMs <= nowMs {
            feedRetries.removeFirst()
            unsent.append((first.batch, 0))
        }
    }

    /// The hot tier has tried an item of a batch, or will never.
    func hotResolved(batch number: UInt32) {
        guard number != PublishItem.noBatch, let batch = find(number) else { return }
        batch.hotOutstanding -= 1
        finishIfDone(batch)
    }

    private func forgiveSlowHotTier(nowMs: Int64) {
        for case let batch? in batches {
            if nowMs - batch.startedAtMs < Self.hotPatienceMs { return }
            batch.hotOutstanding = 0
            finishIfDone(batch)
        }
    }

    private func finishIfDone(_ batch: Batch) {
        if batch.feedOutstanding > 0 { return }
        if batch.feedFailed > 0 {
            batch.feedFailed = 0
            // Outstanding again from now on, so that nothing else ends the batch meanwhile.
            batch.feedOutstanding = batch.items.count
            feedRetries.append((batch, nowMs + Self.feedRetryMs))
            return
        }
        if batch.hotOutstanding > 0 { return }
        remove(batch)
        for (lane, _) in batch.lanes where !lane.isGone { lane.publications.finish(batch: batch.number) }
    }
}
