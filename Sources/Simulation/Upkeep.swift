import FlowCore
import HuntCore

/// A command of an operator that takes many transactions: any of them may be its last, for it can be killed in between,
/// and it ends when the ledger goes away.
class Upkeep {
    let world: SimulatedWorld
    private(set) var isRunning = true

    init(world: SimulatedWorld) { self.world = world }

    /// kill -9
    func kill() {
        if isRunning { world.faults.mark(.upkeepKilled) }
        isRunning = false
    }

    func end() { isRunning = false }

    /// What comes next, after the time that a message takes.
    func next(afterMs: Int64 = 0, _ action: @escaping () -> Void) {
        world.time.after(afterMs + world.faults.latencyMs()) { [self] in
            guard isRunning else { return }
            if world.ledger.isAway { end() } else { action() }
        }
    }

    /// Players as the ledger has them now.
    func rows(of players: [PlayerID]) -> [(player: PlayerID, row: ScoreEntry)] {
        players.compactMap { player in world.ledger.scores[player].map { (player, $0) } }
    }

    /// Tells feed and hot tier of players, as Storage's `ProjectionWriter` does.
    func tell(_ rows: [(player: PlayerID, row: ScoreEntry)], provenAtMs: Int64) {
        for (player, row) in rows where row.version > 0 {
            world.feed.append(
                FakeFeed.Record(
                    tally: row.tally, version: row.version, committedAt: row.updatedAt, partition: -1, offset: -1),
                of: player)
            let timeToLiveMs = world.limits.scoreTTLMs - (world.time.nowMs - provenAtMs)
            if world.cache.isAway || timeToLiveMs <= 0 { continue }
            let key = PlayerKey(player)
            let item = PublishItem(
                key: key, tally: row.tally, version: row.version, committedAt: row.updatedAt, provenAtMs: provenAtMs)
            _ = world.cache.write([item], timesToLiveMs: [timeToLiveMs], shard: key.withBytes { HotShard.of($0) })
        }
    }

    /// Takes players out of feed and hot tier.
    func forget(_ players: [PlayerID]) {
        for player in players {
            world.feed.appendTombstone(of: player)
            world.cache.delete(player)
        }
    }

    /// Waits until what workers have committed is published, for 10 s at most.
    func awaitPublication(_ action: @escaping () -> Void) {
        let committed = world.ledger.leases.mapValues(\.next)
        wait(for: committed, untilMs: world.time.nowMs + 10_000, action)
    }

    private func wait(for committed: [Int32: Int64], untilMs: Int64, _ action: @escaping () -> Void) {
        let isBehind = committed.contains { (world.ledger.leases[$0.key]?.published ?? .max) < $0.value }
        if !isBehind || world.time.nowMs >= untilMs { return action() }
        next(afterMs: 50) { [self] in wait(for: committed, untilMs: untilMs, action) }
    }
}

extension PlayerKey {
    init(_ player: PlayerID) {
        self = Array(player.player.utf8).withUnsafeBytes { PlayerKey(huntID: player.hunt, player: $0) }
    }
}
