import FlowCore
import MetricsText
import OrderIndex
import Synchronization

/// Puts the score keys of players back who are asked for, so that whoever reads Redis finds those that matter though
/// nothing was scanned: keys die with their time to live (contracts.md section 4).
///
/// Ten times a second all that were asked for are read from Postgres in one query and written. It is a favour: with
/// Postgres or Redis away, wishes are dropped and counted, and no reader hears of it.
public final class KeyRefill: Sendable {
    /// What became of one round.
    public struct Outcome: Sendable, Equatable {
        public var written: HotWriteResult
        /// Players whose key could not be written.
        public var lost: Int

        public init(written: HotWriteResult, lost: Int) {
            self.written = written
            self.lost = lost
        }
    }

    /// Reads the players and writes their keys, at most for what is left of their life since the read; nil: Postgres
    /// did not answer.
    public typealias PutBack = @Sendable ([RefillWish]) async -> Outcome?

    private static let roundMs: Int64 = 100

    private let queue: Mutex<RefillQueue>
    private let clock: any GuardClock
    private let putBack: PutBack

    /// - Parameter scoreTTLMs: the setting `redis.score_ttl`.
    public init(scoreTTLMs: Int64, clock: any GuardClock = SystemGuardClock(), putBack: @escaping PutBack) {
        queue = Mutex(RefillQueue(scoreTTLMs: scoreTTLMs))
        self.clock = clock
        self.putBack = putBack
    }

    /// Somebody has asked for this player, who has a score row. From any thread; returns at once.
    public func wanted(huntID: Int32, player: PlayerID) {
        queue.withLock { $0.wanted(RefillWish(huntID: huntID, player: player), nowMs: clock.nowMs) }
    }

    /// Works until its task is cancelled.
    public func run() async {
        while !Task.isCancelled {
            await round()
            await clock.pause(ms: Self.roundMs)
        }
    }

    public var counters: RefillCounters { queue.withLock { $0.counters } }

    /// Writes the keys of everybody who was asked for since the last round.
    func round() async {
        let wishes = queue.withLock { $0.take() }
        if wishes.isEmpty { return }
        let readAtMs = clock.nowMs
        let outcome = await putBack(wishes)
        queue.withLock { queue in
            queue.count(outcome, of: wishes.count)
            // Which ones were lost nobody knows; writing the others once more does no harm.
            if outcome?.lost == 0 { queue.wasWritten(wishes, readAtMs: readAtMs) }
        }
    }

    /// A page in Prometheus' text format.
    public func metrics() -> String {
        let (counters, waiting) = queue.withLock { ($0.counters, $0.pendingCount) }
        var page = MetricsPage()
        page.gauge("cairn_key_refill_waiting", "Players whose score key will be put back.", waiting)
        page.counter(
            "cairn_key_refill_rounds_total", "Queries for players whose score key is put back.", counters.rounds)
        let outcomes = [
            ("skipped", counters.skipped), ("dropped", counters.dropped), ("applied", counters.applied),
            ("refreshed", counters.refreshed), ("stale", counters.stale), ("failed", counters.failed),
        ]
        page.labelled(
            "counter", "cairn_key_refill_players_total", "Players asked for, by what became of their key.",
            label: "outcome", outcomes)
        return page.text
    }
}
