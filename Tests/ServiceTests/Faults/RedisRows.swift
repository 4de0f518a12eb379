import Foundation
import Reactor
import Testing

extension ServiceTests {
    /// In every row scoring goes on at its rate, no key lags Postgres by more than its time to live, and a change made
    /// after Redis' return is there within a second.
    @Suite("Faults of Redis")
    struct RedisFaults {
        @Test(
            "Redis loses everything and goes away: scoring goes on, and a second after its return it has news",
            .timeLimit(.minutes(3)))
        @Reactor
        func lost() async throws {
            try await Self.row("Redis: FLUSHALL, SCRIPT FLUSH, kill -9 and restart, empty").run { scene in
                let watch = KeyLagWatch(scene)
                _ = try await scene.site.redis.call(.init("FLUSHALL"))
                try await scene.expectFreshKeys("after FLUSHALL")
                _ = try await scene.site.redis.call(.init("SCRIPT", "FLUSH"))
                try await scene.expectFreshKeys("after SCRIPT FLUSH")
                try await scene.site.stack.kill(.redis)
                try await scene.expectScoring(forMs: 2_000)
                try await scene.site.stack.restart(.redis)
                scene.faultEnded()
                try await scene.expectFreshKeys("after the restart")
                await watch.end()
            }
        }

        @Test(
            "Redis comes back with an old dump: no key of it outlives its time",
            .enabled(if: FaultMatrix.isWhole, FaultMatrix.whyNot), .timeLimit(.minutes(3)))
        @Reactor
        func dump() async throws {
            // A minute is to the built-in 30 s what 20 s are to 10 s.
            for (name, ageMs) in [("half a TTL", Int64(5_000)), ("two TTLs", 20_000)] {
                try await Self.row("Redis: kill -9 and restart with a dump \(name) old").run { scene in
                    let watch = KeyLagWatch(scene)
                    _ = try await scene.site.redis.call(.init("SAVE"))
                    let savedAtMs = Clock.monotonicMs()
                    try await scene.await("the dump has its age", within: 60) {
                        Clock.monotonicMs() - savedAtMs >= ageMs
                    }
                    try await scene.site.stack.kill(.redis)
                    try await scene.site.stack.restart(.redis)
                    scene.faultEnded()
                    try await scene.expectFreshKeys("after the restart")
                    // A key of the dump may lag until its time is over, and is gone then.
                    try await scene.await("the dump's keys have lived their time") {
                        Clock.monotonicMs() - savedAtMs > Int64(scene.row.scoreTTLSeconds) * 1000 + 500
                    }
                    await watch.end()
                    try FileManager.default.removeItem(atPath: "\(scene.site.stack.folder)/redis/dump.rdb")
                }
            }
        }

        @Test(
            "Redis is so full that it evicts keys all the time, and what it keeps is right",
            .enabled(if: FaultMatrix.isWhole, FaultMatrix.whyNot), .timeLimit(.minutes(3)))
        @Reactor
        func full() async throws {
            try await Self.row("Redis: maxmemory 8mb, allkeys-lru").run { scene in
                let redis = scene.site.redis
                let watch = KeyLagWatch(scene)
                _ = try await redis.call(.init("CONFIG", "SET", "maxmemory", "8mb"))
                let ballast = String(repeating: "x", count: 100_000)
                let start = Clock.monotonicMs()
                var number = 0
                while Clock.monotonicMs() - start < 8_000 {
                    number += 1
                    _ = try? await redis.call(.init("SET", "ballast:\(number)", ballast))
                    await Reactor.pause(ms: 10)
                }
                try await scene.expectScoring(forMs: 2_000)
                let evicted = try await scene.redisCounter("evicted_keys")
                scene.note("\(evicted) keys evicted")
                #expect(evicted > 100)
                _ = try await redis.call(.init("CONFIG", "SET", "maxmemory", "256mb"))
                scene.faultEnded()
                try await scene.expectFreshKeys("with room again")
                await watch.end()
            }
        }

        @Test(
            "Redis pauses for three seconds: scoring goes on",
            .enabled(if: FaultMatrix.isWhole, FaultMatrix.whyNot), .timeLimit(.minutes(3)))
        @Reactor
        func pause() async throws {
            try await Self.row("Redis: CLIENT PAUSE 3 s").run { scene in
                let watch = KeyLagWatch(scene)
                _ = try await scene.site.redis.call(.init("CLIENT", "PAUSE", "3000", "ALL"))
                let endMs = Clock.monotonicMs() + 3_000
                try await scene.expectScoring(forMs: 2_500)
                try await scene.await("the pause is over") { Clock.monotonicMs() >= endMs }
                scene.faultEnded()
                try await scene.expectFreshKeys("after the pause")
                await watch.end()
            }
        }

        private static func row(_ name: String) -> FaultRow {
            var row = FaultRow(name)
            row.scoreTTLSeconds = 10
            row.recoveryMsMax = 1_000
            return row
        }
    }
}

extension FaultScene {
    /// Expects a score that was committed after this moment in Redis, a second later at most.
    func expectFreshKeys(_ when: String) async throws {
        let start = Clock.epochMs()
        let isFresh = await eventually(within: 10) {
            try await self.site.redisScores().values.contains { value in
                Int64(value.split(separator: " ").last ?? "").map { $0 > start } ?? false
            }
        }
        let tookMs = Clock.epochMs() - start
        note("fresh keys \(seconds(tookMs)) s \(when)")
        #expect(isFresh && tookMs <= 1_000 * patience, "the first fresh key \(when) came after \(tookMs) ms")
        recovered(afterMs: tookMs)
    }

    /// Expects that what a while produces is committed, in that while or soon after: the fault goes on meanwhile.
    func expectScoring(forMs durationMs: Int64) async throws {
        let before = try await site.committedCount()
        let producedBefore = load.records.count
        await Reactor.pause(ms: durationMs)
        let committed = try await site.committedCount() - before
        let due = Int64(load.records.count - producedBefore)
        note("\(committed) scans committed, \(due) produced meanwhile")
        let isScored = await eventually(within: 10) { try await self.site.committedCount() - before >= due }
        #expect(isScored, "only \(committed) of \(due) scans were committed, and the rest not within 10 s")
    }

    func redisCounter(_ name: String) async throws -> Int64 {
        let reply = try await site.redis.call(.init("INFO", "stats"))
        let line = reply.text?.split(whereSeparator: \.isNewline).first { $0.hasPrefix("\(name):") }
        return line.flatMap { Int64($0.dropFirst(name.utf8.count + 1)) } ?? -1
    }
}

/// Looks five times a second for keys that lag Postgres by more than their time to live.
///
/// A key lags since the commit that superseded it. Of those Postgres shows the newest, so what is found is a lower
/// bound of the lag.
@Reactor
final class KeyLagWatch {
    private let scene: FaultScene
    private var isOver = false
    private var hasEnded = false
    private var looks = 0
    private var greatestMs: Int64 = 0
    private var violations: [String] = []

    init(_ scene: FaultScene) {
        self.scene = scene
        Reactor.task { [self] in
            while !isOver {
                try? await look()
                await Reactor.pause(ms: 200)
            }
            hasEnded = true
        }
    }

    private func look() async throws {
        let seenAtMs = Clock.epochMs()
        let keys = try await scene.site.redisScores()
        let rows = try await scene.site.scoreRows()
        looks += 1
        for (player, row) in rows {
            let parts = player.split(separator: " ").map(String.init)
            guard let value = keys[scoreKey(hunt: parts[0], player: parts[1])] else { continue }
            let version = value.split(separator: " ").dropFirst().first.flatMap { Int64($0) } ?? 0
            if version >= row.version { continue }
            let lagMs = seenAtMs - row.updatedAt
            greatestMs = max(greatestMs, lagMs)
            if lagMs > Int64(scene.row.scoreTTLSeconds) * 1000 {
                violations.append("\(player) lags \(lagMs) ms: \(value)")
            }
        }
    }

    func end() async {
        // Redis may only just be back.
        _ = await eventually(within: 10) { self.looks > 2 }
        isOver = true
        _ = await eventually(within: 10) { self.hasEnded }
        scene.note("greatest lag of a key \(seconds(greatestMs)) s in \(looks) looks")
        #expect(looks > 2)
        #expect(violations.isEmpty, "\(violations.prefix(5))")
    }
}
