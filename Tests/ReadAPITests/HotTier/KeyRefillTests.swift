import FlowCore
import OrderIndex
import Randomness
import Synchronization
import Testing

@testable import ReadAPI

@Suite("keys that are put back", .timeLimit(.minutes(1)))
struct KeyRefillTests {
    private static func wish(_ number: Int, hunt: Int32 = 1) throws -> RefillWish {
        RefillWish(huntID: hunt, player: try #require(PlayerID("p\(number)")))
    }

    @Test(
        "over all histories: the bound holds, nobody waits twice, and who was written rests for half a life, no longer")
    func likeSets() throws {
        for seed in 1...4 as ClosedRange<UInt64> {
            var random = SplitMix64(seed: seed)
            var queue = RefillQueue(scoreTTLMs: 30_000)
            var pending: Set<RefillWish> = []
            var restsUntilMs: [RefillWish: Int64] = [:]
            var nowMs: Int64 = 0
            var early = 0
            var asked = 0
            for _ in 0..<40_000 {
                if random.chance(5) { nowMs += Int64(random.below(2_000)) }
                if random.once(in: 700) {
                    let taken = queue.take()
                    #expect(Set(taken) == pending && taken.count == pending.count)
                    pending = []
                    if random.chance(80) {
                        queue.wasWritten(taken, readAtMs: nowMs)
                        for wish in taken { restsUntilMs[wish] = nowMs + 15_000 }
                    }
                }
                let wish = try Self.wish(random.below(2_000), hunt: Int32(random.below(2)))
                let skipped = queue.counters.skipped
                queue.wanted(wish, nowMs: nowMs)
                asked += 1
                let rests = restsUntilMs[wish].map { nowMs < $0 } ?? false
                if queue.counters.skipped > skipped {
                    #expect(rests, "a key that needs care was passed over")
                } else {
                    // Somebody with the same slot may have pushed it out.
                    if rests { early += 1 }
                    if pending.count < RefillQueue.pendingMax { pending.insert(wish) }
                }
                #expect(queue.pendingCount == pending.count && pending.count <= RefillQueue.pendingMax)
            }
            #expect(queue.counters.skipped > 1_000 && queue.counters.dropped > 100, "\(queue.counters)")
            #expect(early * 10 < asked, "\(early) of \(asked) were pushed out of the table")
        }
    }

    /// Answers rounds as a test says.
    private final class PutBack: Sendable {
        let rounds = Mutex<[[RefillWish]]>([])
        let outcome = Mutex<KeyRefill.Outcome?>(nil)

        func callAsFunction(_ wishes: [RefillWish]) -> KeyRefill.Outcome? {
            rounds.withLock { $0.append(wishes) }
            return outcome.withLock { $0 }
        }
    }

    @Test("a round reads all who were asked for once; after one that failed they are put back when asked for again")
    func rounds() async throws {
        let clock = VirtualClock()
        let putBack = PutBack()
        let refill = KeyRefill(scoreTTLMs: 30_000, clock: clock) { putBack($0) }
        let (first, second) = (try Self.wish(1), try Self.wish(2))
        for wish in [first, second, first] { refill.wanted(huntID: wish.huntID, player: wish.player) }
        await refill.round()
        await refill.round()
        #expect(putBack.rounds.withLock { $0.map(Set.init) } == [[first, second]])
        #expect(refill.counters.failed == 2)

        refill.wanted(huntID: first.huntID, player: first.player)
        putBack.outcome.withLock {
            $0 = KeyRefill.Outcome(written: HotWriteResult(applied: 1, refreshed: 0, stale: 0), lost: 0)
        }
        await refill.round()
        #expect(putBack.rounds.withLock { $0.count } == 2)
        refill.wanted(huntID: first.huntID, player: first.player)
        clock.advance(ms: 14_999)
        refill.wanted(huntID: first.huntID, player: first.player)
        await refill.round()
        #expect(putBack.rounds.withLock { $0.count } == 2)
        clock.advance(ms: 1)
        refill.wanted(huntID: first.huntID, player: first.player)
        await refill.round()
        #expect(putBack.rounds.withLock { $0.count } == 3)
        #expect(refill.metrics().contains("cairn_key_refill_players_total{outcome=\"applied\"} 2\n"))
        #expect(refill.counters.skipped == 2)
    }

    @Test("it works ten times a second until it is cancelled")
    func running() async throws {
        let clock = VirtualClock()
        let putBack = PutBack()
        let refill = KeyRefill(scoreTTLMs: 30_000, clock: clock) { putBack($0) }
        let task = Task { await refill.run() }
        for number in 1...5 {
            let wish = try Self.wish(number)
            refill.wanted(huntID: wish.huntID, player: wish.player)
            await until { clock.waiting == 1 }
            clock.advance(ms: 100)
            await until { putBack.rounds.withLock { $0.flatMap { $0 }.contains(wish) } }
        }
        #expect(putBack.rounds.withLock { $0.count } <= 5)
        task.cancel()
        await task.value
        #expect(clock.waiting == 0)
    }
}
