import FlowCore
import HuntCore
import Logging
import OrderIndex
import Reactor
import ScanWire

/// Keeps the boards at a committed state, as new as it can be.
///
/// About ten times a second it asks which state the database is in, and moves the boards there once the feed has brought
/// all of its changes (`CutMachine`). What does not come within a second, or cannot come by the feed, it reads from
/// Postgres: the rows written lately, or everything where that cannot be enough. So without the feed the boards still
/// follow, by polling, and without Postgres they stay where they are; `asOf` tells how old that is.
@Reactor
public final class Follower {
    /// Milliseconds.
    struct Times {
        /// Between two looks at what is due.
        var tickMs: Int64 = 10
        /// Between two questions for the state.
        var cutEveryMs: Int64 = 100
        /// How long a cut may wait for the feed: several times what a publication takes. Also between two loadings.
        var patienceMs: Int64 = 1_000
        /// Between two loadings that failed, and two attempts to open the feed.
        var retryMs: Int64 = 1_000
    }

    /// Between two looks for new partitions of the feed.
    private static let partitionsEveryMs: Int64 = 30_000
    private static let recordsPerPoll = 4_096

    let store: BoardStore
    let origin: any BoardOrigin
    private let feed: any ChangeFeed
    let logger: Logger
    let times: Times
    let seed: UInt64
    var machine = CutMachine()
    private var hunts = HuntNumbers()
    var report = FollowerReport()
    /// What keeps the boards from being certain; everything is read anew then.
    var distrust: CutMachine.Reason?
    private var proposedAtMs: Int64 = 0
    var loadAgainAtMs: Int64 = 0
    private var openAgainAtMs: Int64 = 0
    /// Why the feed could not be opened, until it is.
    private var feedTrouble: String?
    private var lookForPartitionsAtMs: Int64 = 0
    private var nextCutAtMs: Int64 = 0
    private var isAsking = false
    var isLoading = false
    private var isOpening = false
    var isStopped = false
    var mustPoll = false

    /// - Parameter seed: unknown to whoever chooses player ids.
    public convenience init(
        store: BoardStore, origin: any BoardOrigin, feed: any ChangeFeed, seed: UInt64, logger: Logger
    ) {
        self.init(store: store, origin: origin, feed: feed, seed: seed, logger: logger, times: Times())
    }

    init(
        store: BoardStore, origin: any BoardOrigin, feed: any ChangeFeed, seed: UInt64, logger: Logger, times: Times
    ) {
        self.times = times
        self.store = store
        self.origin = origin
        self.feed = feed
        self.seed = seed
        self.logger = logger
    }

    /// Begins to follow, and goes on until `stop`.
    public func start() {
        feed.onReadable = { [weak self] in self?.readFeed() }
        tick()
    }

    public func stop() async {
        isStopped = true
        await feed.close()
    }

    public var stats: FollowerReport {
        var stats = report
        stats.asOf = machine.base?.asOf
        stats.isFeedOpen = feed.isOpen
        stats.gaps = feed.gaps
        stats.waiting = machine.waitingCount
        return stats
    }

    private func tick() {
        if isStopped { return }
        let nowMs = Clock.monotonicMs()
        if !feed.isOpen, !isOpening, nowMs >= openAgainAtMs { openFeed() }
        if feed.isOpen, !isOpening, nowMs >= lookForPartitionsAtMs { lookForPartitions(nowMs) }
        if mustPoll { readFeed() }
        if !isAsking, !isLoading, !isOpening, nowMs >= nextCutAtMs { askForCut() }
        Reactor.schedule(afterMs: times.tickMs) { [weak self] in self?.tick() }
    }

    // MARK: Feed

    private func openFeed() {
        isOpening = true
        Reactor.task { [self] in
            do throws(TransientTrouble) {
                try await feed.open()
                lookForPartitionsAtMs = Clock.monotonicMs() + Self.partitionsEveryMs
                feedTrouble = nil
                logger.info("the feed is followed")
            } catch {
                openAgainAtMs = Clock.monotonicMs() + times.retryMs
                if feedTrouble != error.reason {
                    logger.warning("the feed cannot be read, the boards follow Postgres alone: \(error.reason)")
                }
                feedTrouble = error.reason
            }
            isOpening = false
            if isStopped { await feed.close() }
        }
    }

    private func lookForPartitions(_ nowMs: Int64) {
        lookForPartitionsAtMs = nowMs + Self.partitionsEveryMs
        Reactor.task { [self] in
            // Closed, it is opened again with all of them.
            if await feed.hasGrown() { await feed.close() }
        }
    }

    func readFeed() {
        if isLoading || !machine.hasRoom {
            mustPoll = true
            return
        }
        let count = feed.poll(limit: Self.recordsPerPoll, take)
        report.records += count
        // The rest in another turn of the loop: others wait too.
        mustPoll = count == Self.recordsPerPoll
        if mustPoll { Reactor.submit { [weak self] in self?.readFeed() } }
        if count > 0 { settle() }
    }

    private func take(_ record: RawRecord) {
        // Somebody was erased: the next cut says so too, and more.
        guard let value = record.value else { return }
        do throws(ScoreChangeDecoder.Fault) {
            let change = try ScoreChangeDecoder.decode(value)
            guard let player = PlayerID(change.player) else {
                report.faults += 1
                return
            }
            let hunt = hunts.number(of: change.hunt)
            let tally = Tally(score: change.score, unlocks: change.unlocks, reachedAt: change.reachedAt)
            let shown = store.board(hunts[hunt])?.read { $0.index.value(of: player)?.version ?? 0 } ?? 0
            _ = machine.arrived(
                FedChange(
                    hunt: hunt, value: PlayerValue(player: player, tally: tally, version: change.version),
                    partition: change.partition, offset: change.offset), isNewer: change.version > shown)
        } catch {
            report.faults += 1
            logger.debug("a record of the feed is no change of a score: \(error.detail)")
        }
    }

    // MARK: Cuts

    private func askForCut() {
        isAsking = true
        nextCutAtMs = Clock.monotonicMs() + times.cutEveryMs
        Reactor.task { [self] in
            do throws(TransientTrouble) {
                let cut = try await origin.cut()
                isAsking = false
                if isStopped || isLoading { return }
                offer(cut)
            } catch {
                isAsking = false
                troubled(error)
            }
        }
    }

    /// A candidate is given time; a newer one takes its place only when it is known that it leads nowhere.
    private func offer(_ cut: CommittedCut) {
        if machine.candidate == nil {
            machine.propose(cut)
            proposedAtMs = Clock.monotonicMs()
        }
        settle()
    }

    private func settle() {
        if isLoading || machine.candidate == nil { return }
        switch distrust.map({ .askDatabase($0) }) ?? machine.verdict {
        case .complete: advance()
        case .outdated: machine.dismiss()
        case .waiting:
            if Clock.monotonicMs() - proposedAtMs >= times.patienceMs { load(.missing) }
        case .askDatabase(let reason): load(reason)
        }
    }

    private func advance() {
        guard let cut = machine.candidate, let base = machine.base else { return }
        let expected = cut.changes - base.changes
        let changes = machine.advance()
        var byHunt: [Int32: [PlayerValue]] = [:]
        for change in changes { byHunt[change.hunt, default: []].append(change.value) }
        var grown: Int64 = 0
        for slug in store.slugs {
            guard let board = store.board(slug) else { continue }
            let values = hunts.known(slug).flatMap { byHunt.removeValue(forKey: $0) } ?? []
            grown += board.apply(values, asOf: cut.asOf, source: values.isEmpty ? nil : .feed)
        }
        report.cuts += 1
        report.changes += changes.count
        if grown != expected {
            logger.warning("the boards took \(grown) of \(expected) changes: all scores are read anew")
            distrust = .mismatch
        }
    }

    func troubled(_ trouble: TransientTrouble) {
        report.troubles += 1
        nextCutAtMs = Clock.monotonicMs() + times.retryMs / 4
        logger.debug("the boards stay as they are: \(trouble.reason)")
    }
}

/// Numbers for the hunts that the feed names.
private struct HuntNumbers {
    private var slugs: [[UInt8]] = []
    private var names: [String] = []
    private var last = 0

    subscript(number: Int32) -> String { names[Int(number)] }

    /// The feed tells of few hunts, and of the same one nearly always.
    mutating func number(of slug: UnsafeRawBufferPointer) -> Int32 {
        if last < slugs.count, slug.elementsEqual(slugs[last]) { return Int32(last) }
        if let found = slugs.firstIndex(where: { slug.elementsEqual($0) }) {
            last = found
        } else {
            last = slugs.count
            slugs.append(Array(slug))
            names.append(String(decoding: slug, as: UTF8.self))
        }
        return Int32(last)
    }

    func known(_ slug: String) -> Int32? { names.firstIndex(of: slug).map { Int32($0) } }
}
