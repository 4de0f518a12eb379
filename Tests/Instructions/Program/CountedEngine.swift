import Counting
import FlowCore
import Worker

/// The engine with all parts of a worker that need no server, in one thread and virtual time.
final class CountedEngine {
    private let source = PreparedSource()
    private let ledger = EncodingLedger()
    private let cache = EncodingCache()
    private let feed = EncodingFeed()
    private let engine: FlowEngine
    private let isRepeating: Bool
    /// Records of each partition that arrive before a turn.
    private let batch: Int
    private var nowMs: Int64 = 1_000
    /// The next first scan of all players.
    private var visit = CountedHunt.visitsBefore
    private var scans = 0
    private var firsts = 0
    /// Of the part that is being counted.
    private var turnsLeft = 0

    /// A turn of a loaded worker takes about this long.
    private static let turnMs: Int64 = 8

    /// - Parameters:
    ///   - isRepeating: whether all scans are of visits that the ledger has; otherwise all of them are first scans.
    ///   - batch: a divisor of `CountedHunt.playersPerPartition`, so that a player scans once in a batch.
    init(isRepeating: Bool, batch: Int) {
        self.isRepeating = isRepeating
        self.batch = batch
        engine = FlowEngine(
            limits: FlowLimits(), book: CountedHunt.book, source: source, decoder: ScanRecordDecoder(), ledger: ledger,
            cache: cache, feed: feed, seed: 1)
        engine.assigned(Array(0..<CountedHunt.partitions))
        source.prepare(visit: CountedHunt.knownVisit)
    }

    /// Every player scans twice: their states are read, and all memory grows to its working size.
    func warmUp() {
        for _ in 0..<2 {
            prepare()
            play(turns: turnsPerPass)
        }
    }

    /// Plays so many turns, each with a batch of every partition.
    ///
    /// - Returns: how often memory was asked for.
    func count(turns: Int) -> UInt64 {
        var allocations: UInt64 = 0
        var left = turns
        while left > 0 {
            prepare()
            turnsLeft = min(left, turnsPerPass)
            left -= turnsLeft
            allocations += cairn_counted(
                { context in
                    guard let context else { return }
                    let engine = Unmanaged<CountedEngine>.fromOpaque(context).takeUnretainedValue()
                    engine.play(turns: engine.turnsLeft)
                }, Unmanaged.passUnretained(self).toOpaque())
        }
        return allocations
    }

    private var turnsPerPass: Int { CountedHunt.playersPerPartition / batch }

    /// Repeated scans are always the same ones.
    private func prepare() {
        if isRepeating { return }
        source.prepare { [visit] _ in visit }
        visit += 1
    }

    private func play(turns: Int) {
        for _ in 0..<turns {
            source.grant(batch)
            turn()
        }
        // Until everything is committed and published.
        var more = 0
        while !isSettled {
            precondition(more < 1_000, "the engine does not come to rest")
            more += 1
            turn()
        }
        let played = turns * batch * Int(CountedHunt.partitions)
        scans += played
        if !isRepeating { firsts += played }
    }

    private func turn() {
        nowMs += Self.turnMs
        _ = engine.turn(FlowTime(monotonicMs: nowMs, epochMs: CountedHunt.opensAt + nowMs))
        feed.acknowledge(to: engine)
        cache.answer()
    }

    private var isSettled: Bool {
        source.isEmpty && engine.callsInFlight == 0 && feed.isIdle && cache.isIdle && engine.hotPending == 0
            && engine.feedBacklog == 0
    }

    // MARK: Whether it was what it should be

    /// Flushes what is left and compares all scans since the start with what became of them.
    ///
    /// - Returns: what differs, or nil.
    func fault() -> String? {
        engine.drain()
        var turns = 0
        while !engine.isDrained && turns < 1_000 {
            turn()
            turns += 1
        }
        let expected = EncodingLedger.Counts(first: Int64(firsts), repeats: Int64(scans - firsts))
        let isWritten = ledger.facts == firsts && feed.sent == firsts && cache.written == firsts
        if engine.isDrained && ledger.counts == expected && isWritten { return nil }
        return "expected \(expected), the ledger has \(ledger.counts) and \(ledger.facts) facts, "
            + "\(feed.sent) records went to the feed, \(cache.written) to the hot tier"
    }
}
