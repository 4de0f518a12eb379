import HuntCore
import OrderIndex
import Randomness
import Synchronization
import Testing

@testable import ReadAPI

@Suite("the top key", .timeLimit(.minutes(1)))
struct TopKeyTests {
    typealias Edition = TopKeySchedule.Edition

    private final class Stage: Sendable {
        /// What Redis would say, and what was written when.
        final class Redis: Sendable {
            let outcome = Mutex(TopKey.Outcome.written)
            let pages = Mutex<[String]>([])
        }

        let store: BoardStore
        let clock: VirtualClock
        let redis: Redis
        let key: TopKey

        init() {
            let (store, clock, redis) = (BoardStore(), VirtualClock(), Redis())
            (self.store, self.clock, self.redis) = (store, clock, redis)
            key = TopKey(
                store: store, clock: clock, epochMs: { clock.nowMs },
                page: { slug in store.read(slug) { Array("\($0.stamp.version)".utf8) } },
                write: { _, page in
                    redis.pages.withLock { $0.append(String(decoding: page, as: UTF8.self)) }
                    return redis.outcome.withLock { $0 }
                })
        }
    }

    private static func hunt(_ slug: String) -> BoardHunt {
        BoardHunt(
            huntID: 1,
            definition: HuntDefinition(
                slug: slug, title: nil, opensAt: 0, closesAt: 1_000_000, lateGrace: 0, ranking: .firstToReach,
                checkpoints: [HuntDefinition.Checkpoint(id: "gate", tag: "04A1B2C3", points: 10)], trails: []),
            rulesVersion: 1, erasures: 0)
    }

    @Test("at most ten a second and hunt, only what has changed, and again every 10 s; never of an old board")
    func schedule() {
        for seed in 1...5 as ClosedRange<UInt64> {
            var random = SplitMix64(seed: seed)
            var schedule = TopKeySchedule()
            var writes: [(atMs: Int64, edition: Edition)] = []
            var version: Int64 = 0
            var nowMs: Int64 = 0
            var seen: [String: Int] = [:]
            for _ in 0..<20_000 {
                nowMs += Int64(random.below(random.once(in: 20) ? 14_000 : 60))
                if random.chance(30) { version += 1 }
                let edition = Edition(rulesVersion: 1, erasures: 0, version: version)
                let ageMs = random.chance(10) ? 5_001 : Int64(random.below(5_001)) - 100
                let last = writes.last
                let hasChanged = last?.edition != edition
                let mayWrite = last.map { nowMs - $0.atMs >= 100 } ?? true
                let isOld = last.map { nowMs - $0.atMs >= 10_000 } ?? true
                let expected = ageMs <= 5_000 && mayWrite && (hasChanged || isOld)
                let isDue = schedule.isDue("a", edition, ageMs: ageMs, nowMs: nowMs)
                #expect(isDue == expected)
                seen["\(isDue) \(hasChanged)", default: 0] += 1
                if isDue {
                    schedule.succeeded("a", edition, startedMs: nowMs)
                    writes.append((nowMs, edition))
                }
            }
            #expect(seen.values.allSatisfy { $0 > 20 } && seen.count == 4, "\(seen)")
        }
    }

    @Test("a board is written, again when it changes, again after 10 s; one that fails waits for a second")
    func rounds() async throws {
        let stage = Stage()
        let stamp = BoardStamp(asOf: stage.clock.nowMs, version: 0, source: .feed)
        let board = Board(Self.hunt("a"), stamp, OrderIndex(seed: 1))
        stage.store.replace([board])
        func pages() -> [String] { stage.redis.pages.withLock { $0 } }
        func move(to version: Int64) {
            board.change { $0.stamp = BoardStamp(asOf: stage.clock.nowMs, version: version, source: .feed) }
        }
        await stage.key.round()
        await stage.key.round()
        #expect(pages() == ["0"])
        move(to: 3)
        await stage.key.round()
        #expect(pages() == ["0"], "within 100 ms")
        stage.clock.advance(ms: 100)
        await stage.key.round()
        #expect(pages() == ["0", "3"])
        stage.clock.advance(ms: 10_000)
        await stage.key.round()
        #expect(pages() == ["0", "3"], "the board is 10 s old")
        stage.redis.outcome.withLock { $0 = .failed }
        move(to: 3)
        await stage.key.round()
        #expect(pages() == ["0", "3", "3"])
        stage.redis.outcome.withLock { $0 = .older }
        stage.clock.advance(ms: 999)
        await stage.key.round()
        #expect(pages() == ["0", "3", "3"])
        stage.clock.advance(ms: 1)
        await stage.key.round()
        await stage.key.round()
        #expect(pages() == ["0", "3", "3", "3"])
        #expect(stage.key.counters == TopKeyCounters(written: 2, older: 1, failed: 1))
        #expect(stage.key.metrics().contains("cairn_top_key_writes_total{outcome=\"older\"} 1\n"))
    }
}
