import FlowCore
import MetricsText
import Synchronization

/// Keeps the key `cairn:{HUNT}:top` of every hunt at what its board shows: the first 100, as the API's page has them.
///
/// With several serves, all of them write. That needs no leader: `top.v1.lua` refuses a page whose `as_of` is before
/// that of the page in the key. A board's `as_of` is the moment of a committed state of which nothing is missing, so a
/// later one holds all that an earlier one holds, also after an erasure, when the sum of versions is smaller, or after
/// other rules. A serve that is behind, or was frozen with its write under way, therefore cannot take the key back. If
/// one of them dies, the others write within 10 s, which the key outlives. An `as_of` in the future, from a clock that
/// was set wrong, keeps others out until the key dies: 30 s.
public final class TopKey: Sendable {
    public enum Outcome: Sendable, Equatable {
        case written
        /// The key holds a later state.
        case older
        /// Redis is away or refuses.
        case failed
    }

    /// The body of `GET .../board?limit=100`; nil: there is no such hunt now.
    public typealias Page = @Sendable (_ slug: String) -> [UInt8]?
    public typealias Write = @Sendable (_ slug: String, _ page: [UInt8]) async -> Outcome

    private let store: BoardStore
    private let clock: any GuardClock
    private let epochMs: @Sendable () -> Int64
    private let page: Page
    private let write: Write
    private let state = Mutex(State())

    private struct State {
        var schedule = TopKeySchedule()
        var counters = TopKeyCounters()
    }

    /// - Parameters:
    ///   - epochMs: the clock of `as_of`, epoch milliseconds.
    ///   - page: begins with `{"as_of":"`, a time with milliseconds and Z.
    public init(
        store: BoardStore, clock: any GuardClock = SystemGuardClock(), epochMs: @escaping @Sendable () -> Int64,
        page: @escaping Page, write: @escaping Write
    ) {
        self.store = store
        self.clock = clock
        self.epochMs = epochMs
        self.page = page
        self.write = write
    }

    /// Works until its task is cancelled.
    public func run() async {
        while !Task.isCancelled {
            await round()
            await clock.pause(ms: TopKeySchedule.pauseMs)
        }
    }

    public var counters: TopKeyCounters { state.withLock { $0.counters } }

    /// Writes the keys that are due, one after the other.
    func round() async {
        let slugs = store.slugs
        state.withLock { $0.schedule.keep(slugs) }
        for slug in slugs {
            let known = store.read(slug) { view in
                let hunt = view.hunt
                return (
                    TopKeySchedule.Edition(
                        rulesVersion: hunt.rulesVersion, erasures: hunt.erasures, version: view.stamp.version),
                    view.stamp.asOf
                )
            }
            guard let (edition, asOf) = known else { continue }
            let nowMs = clock.nowMs
            let ageMs = epochMs() - asOf
            let isDue = state.withLock { $0.schedule.isDue(slug, edition, ageMs: ageMs, nowMs: nowMs) }
            // The page may be of a later state than the edition; then the next round writes it once more.
            guard isDue, let bytes = page(slug) else { continue }
            let outcome = await write(slug, bytes)
            state.withLock { state in
                state.counters.count(outcome)
                if outcome == .failed {
                    state.schedule.failed(slug, nowMs: clock.nowMs)
                } else {
                    state.schedule.succeeded(slug, edition, startedMs: nowMs)
                }
            }
        }
    }

    /// A page in Prometheus' text format.
    public func metrics() -> String {
        let counters = counters
        var page = MetricsPage()
        page.labelled(
            "counter", "cairn_top_key_writes_total", "Writes of the key of a hunt's first 100, by outcome.",
            label: "outcome",
            [("written", counters.written), ("older", counters.older), ("failed", counters.failed)])
        return page.text
    }
}

/// Totals since start.
public struct TopKeyCounters: Sendable, Equatable {
    public var written = 0
    public var older = 0
    public var failed = 0

    mutating func count(_ outcome: TopKey.Outcome) {
        switch outcome {
        case .written: written += 1
        case .older: older += 1
        case .failed: failed += 1
        }
    }
}
