/// Tells the world what was committed: every item to the feed and to the hot tier. A batch is published when the feed
/// has acknowledged all of it and the hot tier has tried all of it.
final class Publisher {
    private struct Batch {
        let lanes: [(lane: Lane, next: Int64)]
        let items: [PublishItem]
        let startedAtMs: Int64
        var feedOutstanding: Int
        var feedFailed = 0
        var hotOutstanding: Int
    }

    /// How long after a failed delivery the batch goes to the feed once more, in milliseconds.
    private static let feedRetryMs: Int64 = 1_000

    /// A slow hot tier holds back `published_offset` no longer than this, in milliseconds: its keys have a TTL, and what
    /// a crash would lose of them comes back with the player's next change.
    private static let hotPatienceMs: Int64 = 1_000

    let hot: HotTierWriter
    private let feed: any ScoreFeed
    private var batches: [UInt32: Batch] = [:]
    /// Numbers of unfinished batches, oldest first.
    private var order: [UInt32] = []
    private var made: UInt32 = 0
    private var backlog: [PublishItem] = []
    private var backlogHead = 0
    /// Batches of which the feed failed to take something, and when they go there again.
    private var feedRetries: [(batch: UInt32, atMs: Int64)] = []
    private var nowMs: Int64 = 0
    private(set) var feedFailures = 0
    private(set) var feedSent = 0
    private(set) var feedDelivered = 0

    init(hot: HotTierWriter, feed: any ScoreFeed) {
        self.hot = hot
        self.feed = feed
    }

    var isIdle: Bool { batches.isEmpty && backlogHead == backlog.count }
    var backlogCount: Int { backlog.count - backlogHead }

    func nextBatch() -> UInt32 {
        made = made == .max ? 1 : made + 1
        return made
    }

    func publish(_ items: [PublishItem], batch: UInt32, lanes: [(lane: Lane, next: Int64)], nowMs: Int64) {
        for (lane, next) in lanes where !lane.isGone {
            lane.publications.append(batch: batch, next: next, isDone: items.isEmpty)
        }
        if items.isEmpty { return }
        batches[batch] = Batch(
            lanes: lanes, items: items, startedAtMs: nowMs, feedOutstanding: items.count, hotOutstanding: items.count)
        order.append(batch)
        backlog.append(contentsOf: items)
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

    private func sendBacklog() {
        while backlogHead < backlog.count, feed.send(backlog[backlogHead]) {
            backlogHead += 1
            feedSent += 1
        }
        if backlogHead == backlog.count {
            backlog.removeAll(keepingCapacity: true)
            backlogHead = 0
        } else if backlogHead > 4096 {
            backlog.removeFirst(backlogHead)
            backlogHead = 0
        }
    }

    /// The feed acknowledged an item of a batch.
    func feedDelivered(batch: UInt32) {
        feedDelivered += 1
        guard let position = batches.index(forKey: batch) else { return }
        batches.values[position].feedOutstanding -= 1
        finishIfDone(batch)
    }

    /// The feed did not take an item of a batch. Once all of the batch is answered for, all of it is sent again: readers
    /// keep the newest version, so what they have already does no harm.
    func feedFailed(batch: UInt32) {
        feedFailures += 1
        guard let position = batches.index(forKey: batch) else { return }
        batches.values[position].feedOutstanding -= 1
        batches.values[position].feedFailed += 1
        finishIfDone(batch)
    }

    private func retryFeed() {
        while let first = feedRetries.first, first.atMs <= nowMs {
            feedRetries.removeFirst()
            guard let position = batches.index(forKey: first.batch) else { continue }
            batches.values[position].feedOutstanding = batches.values[position].items.count
            backlog.append(contentsOf: batches.values[position].items)
        }
    }

    /// The hot tier has tried an item, or will never.
    func hotResolved(_ item: PublishItem) {
        guard item.batch != PublishItem.noBatch, let position = batches.index(forKey: item.batch) else { return }
        batches.values[position].hotOutstanding -= 1
        finishIfDone(item.batch)
    }

    private func forgiveSlowHotTier(nowMs: Int64) {
        for number in order {
            guard let batch = batches[number] else { continue }
            if nowMs - batch.startedAtMs < Self.hotPatienceMs { return }
            batches[number]?.hotOutstanding = 0
            finishIfDone(number)
        }
    }

    private func finishIfDone(_ number: UInt32) {
        guard let position = batches.index(forKey: number), batches.values[position].feedOutstanding == 0 else {
            return
        }
        if batches.values[position].feedFailed > 0 {
            batches.values[position].feedFailed = 0
            // Outstanding again from now on, so that nothing else ends the batch meanwhile.
            batches.values[position].feedOutstanding = batches.values[position].items.count
            feedRetries.append((number, nowMs + Self.feedRetryMs))
            return
        }
        let batch = batches.values[position]
        if batch.hotOutstanding > 0 { return }
        batches[number] = nil
        while let first = order.first, batches[first] == nil { order.removeFirst() }
        for (lane, _) in batch.lanes where !lane.isGone { lane.publications.finish(batch: number) }
    }
}
