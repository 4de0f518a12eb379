import FlowCore
import Randomness
import Synchronization
import Testing

@testable import ReadAPI

@Suite("how far replicas are behind", .timeLimit(.minutes(1)))
struct ReplicaWatchTests {
    @Test("what a replica is said to hold was committed before that moment, and it has replayed it")
    func likeTheLog() {
        for seed in 1...5 as ClosedRange<UInt64> {
            var random = SplitMix64(seed: seed)
            var progress = ReplicaProgress()
            // The primary's position at each millisecond.
            var log: [Int64] = [0]
            var replayed: Int64 = 0
            var known = 0
            for _ in 0..<3_000 {
                for _ in 0..<random.below(1_500) { log.append(log.last! + (random.chance(30) ? 100 : 0)) }
                let nowMs = Int64(log.count - 1)
                if random.chance(80) { progress.primaryIs(at: log.last!, askedAtMs: nowMs) }
                if random.chance(90) { replayed = Int64.random(in: replayed...log.last!, using: &random) }
                guard let lagMs = progress.lagMs(replayed: replayed, nowMs: nowMs) else { continue }
                known += 1
                #expect(lagMs >= 0 && log[Int(nowMs - lagMs)] <= replayed)
            }
            #expect(known > 1_000)
        }
    }

    @Test("after a failover to a shorter log nothing is known of before")
    func failover() {
        var progress = ReplicaProgress()
        progress.primaryIs(at: 1_000, askedAtMs: 10)
        #expect(progress.lagMs(replayed: 1_000, nowMs: 15) == 5)
        progress.primaryIs(at: 500, askedAtMs: 20)
        #expect(progress.lagMs(replayed: 499, nowMs: 25) == nil)
        #expect(progress.lagMs(replayed: 500, nowMs: 25) == 5)
    }

    @Test("a replica that has caught up is asked for fresh reads, one that stands still or is silent falls behind")
    func watching() async throws {
        let clock = VirtualClock()
        let guarded = GuardedReads(ReadGuardSettings(replicas: 3, connectionsMax: 4), clock: clock)
        let positions = Mutex<[BackendChoice.Backend: Int64]>([:])
        let watch = ReplicaWatch(guarded) { backend in positions.withLock { $0[backend] } }
        let task = Task { await watch.run() }
        for second in 1...10 as ClosedRange<Int64> {
            await until { clock.waiting == 1 }
            positions.withLock {
                $0 = [.primary: second * 100, .replica(0): second * 100, .replica(1): 200]
            }
            clock.advance(ms: 1_000)
        }
        await until { clock.waiting == 1 }
        func asked(_ freshness: BackendChoice.Freshness) async throws -> Set<BackendChoice.Backend> {
            var asked: Set<BackendChoice.Backend> = []
            for _ in 0..<6 {
                asked.insert(
                    try await guarded.read(freshness, deadlineMs: 1_000) { _ throws(ReadTrouble) in 1 }.backend)
            }
            return asked
        }
        #expect(try await asked(.within(ms: 1_500)) == [.replica(0)])
        #expect(try await asked(.within(ms: 60_000)) == [.replica(0), .replica(1)])
        #expect(try await asked(.any) == [.replica(0), .replica(1), .replica(2)])
        task.cancel()
        await task.value
    }
}
