import FlowCore
import HuntCore

@testable import Simulation

/// A small world at the start of a test: the hunt is imported, one worker owns all partitions, every message takes a
/// millisecond.
public struct Stage {
    public let world: SimulatedWorld
    public let worker: SimulatedWorker

    public init(partitions: Int32 = 2, checkpoints: Int = 6, _ configure: (inout FlowLimits) -> Void = { _ in }) {
        var limits = FlowLimits()
        configure(&limits)
        world = SimulatedWorld(partitions: partitions, limits: limits)
        world.ledger.importHunt(Lisbon.hunt(checkpoints))
        worker = world.addWorker()
        world.rebalance([(worker, Array(0..<partitions))])
        world.time.run(forMs: 50)
    }

    public var ledger: FakeLedger { world.ledger }

    /// Produces one scan of each of some checkpoints.
    public func scan(_ player: String, _ numbers: [Int], to partition: Int32 = 0, event: String = "e") {
        for number in numbers {
            world.produce(Lisbon.scan(player, number, atMs: world.time.nowMs, event: event), to: partition)
        }
    }

    public func run(_ ms: Int64) { world.time.run(forMs: ms) }

    public func score(_ player: String) -> ScoreEntry? { ledger.scores[PlayerID(hunt: 1, player: player)] }

    public func key(_ player: String) -> FakeCache.Entry? { world.cache.entries[PlayerID(hunt: 1, player: player)] }

    public func told(_ player: String) -> FakeFeed.Record? { world.feed.newest[PlayerID(hunt: 1, player: player)] }

    /// Lets all come to rest, and checks everything from outside.
    ///
    /// - Returns: what is wrong; empty when nothing is.
    public func end(withinMs: Int64 = 60_000) -> [String] {
        world.settle(withinMs: withinMs) ? Auditor.audit(world) : ["it does not come to rest"]
    }
}
