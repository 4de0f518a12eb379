import FlowCore
import HuntCore
import Logging
import OrderIndex
import Randomness
import Reactor
import Testing

@testable import ReadAPI

/// Postgres and the feed in one, with faults at will.
@Reactor
private final class ToyWorld: @Reactor BoardOrigin, @Reactor ChangeFeed {
    var database: ToyDatabase
    var generation: Int64 = 1
    var erasures: Int64 = 0
    var isUnderUpkeep = false
    var isDown = false
    var losesFeed = false
    var loads: [String] = []
    /// The versions of every committed state, by its time.
    private(set) var history: [Int64: [Int64]] = [:]
    private var told = 0
    private var delivery: [FedChange] = []
    /// When a player's row was last written.
    private var writtenAt: [Int64]

    var onReadable: (@Reactor () -> Void)?
    var isOpen = false
    let gaps = 0

    func hasGrown() async -> Bool { false }

    init(seed: UInt64, partitions: Int = 3, players: Int = 6) {
        database = ToyDatabase(seed: seed, partitions: partitions, players: players)
        writtenAt = Array(repeating: 0, count: players)
        remember()
    }

    func remember() { history[database.asOf] = database.versions }

    func commit() {
        let before = database.versions
        database.commit()
        for player in before.indices where before[player] != database.versions[player] {
            writtenAt[player] = database.asOf
        }
        remember()
        if !losesFeed { delivery += database.told[told...] }
        told = database.told.count
        // In any order, some twice.
        delivery.shuffle(using: &database.random)
        if let again = delivery.first, database.random.chance(30) { delivery.append(again) }
        if isOpen { onReadable?() }
    }

    /// A version that no lease counts and no feed tells.
    func changeSilently(_ player: Int) {
        database.versions[player] += 1
        database.asOf += 1
        remember()
    }

    func cut() async throws(TransientTrouble) -> CommittedCut {
        if isDown { throw TransientTrouble("down") }
        return current
    }

    private var current: CommittedCut {
        let cut = database.cut
        return CommittedCut(
            asOf: cut.asOf, generation: generation, erasures: erasures, isUnderUpkeep: isUnderUpkeep,
            foreignChanges: 0, marks: cut.marks)
    }

    func load(
        _ extent: LoadExtent, begin: @Reactor (LoadHead) -> BoardLoad
    ) async throws(TransientTrouble) -> BoardLoad {
        if isDown { throw TransientTrouble("down") }
        let cut = current
        let versions = database.versions
        let written = writtenAt
        await Reactor.pause(ms: 1)
        let hunt = BoardHunt(
            huntID: 7,
            definition: HuntDefinition(
                slug: "toy", opensAt: 0, closesAt: 1_000, ranking: .firstToReach, checkpoints: [], trails: []),
            rulesVersion: Int32(generation), erasures: erasures)
        var since: Int64 = 0
        var whole: Set<Int32> = [7]
        if case .changes(let from, let known) = extent, known[7] == erasures {
            since = from
            whole = []
        }
        loads.append(whole.isEmpty ? "changes" : "all")
        let load = begin(LoadHead(cut: cut, hunts: [hunt], whole: whole, source: .primary))
        for player in versions.indices where versions[player] > 0 && written[player] >= since {
            let value = database.value(player, versions[player])
            value.player.withBytes { load.add(7, $0, value.tally, value.version) }
        }
        return load
    }

    func open() async throws(TransientTrouble) { isOpen = true }

    func close() async { isOpen = false }

    func poll(limit: Int, _ body: (RawRecord) -> Void) -> Int {
        let count = min(limit, delivery.count, 1 + database.random.below(5))
        for change in delivery.prefix(count) {
            let text = """
                {"hunt":"toy","player":"\(change.value.player.string)","score":\(change.value.tally.score),\
                "unlocks":1,"reached_at":\(change.value.tally.reachedAt),"version":\(change.value.version),\
                "committed_at":1,"source":{"partition":\(change.partition),"offset":\(change.offset)}}
                """
            Array(text.utf8).withUnsafeBytes {
                body(RawRecord(offset: 0, timestampMs: 0, key: nil, value: $0))
            }
        }
        delivery.removeFirst(count)
        if !delivery.isEmpty { Reactor.submit { [self] in onReadable?() } }
        return count
    }
}

@Suite("The follower") @Reactor
struct FollowerTests {
    private let store = BoardStore()

    private func follower(_ world: ToyWorld) -> Follower {
        let follower = Follower(
            store: store, origin: world, feed: world, seed: 3, logger: Logger(label: "test"),
            times: Follower.Times(tickMs: 1, cutEveryMs: 1, patienceMs: 40, retryMs: 5))
        follower.start()
        return follower
    }

    /// The versions that the board shows, and as of when.
    private func shown(_ world: ToyWorld) -> (asOf: Int64, versions: [Int64], version: Int64)? {
        store.read("toy") { view in
            (
                view.stamp.asOf,
                world.database.versions.indices.map { view.index.value(of: PlayerID("p\($0)")!)?.version ?? 0 },
                view.stamp.version
            )
        }
    }

    private func eventually(_ condition: () -> Bool) async -> Bool {
        for _ in 0..<4_000 {
            if condition() { return true }
            await Reactor.pause(ms: 5)
        }
        return false
    }

    @Test("whatever the order of the feed, the board shows committed states and catches up", arguments: 0..<20)
    func showsCommittedStates(seed: Int) async throws {
        let world = ToyWorld(seed: UInt64(seed))
        let follower = follower(world)
        var states: Set<Int64> = []
        for _ in 0..<60 {
            world.commit()
            await Reactor.pause(ms: 2)
            guard let shown = shown(world) else { continue }
            #expect(shown.versions == world.history[shown.asOf])
            #expect(shown.version == shown.versions.reduce(0, +))
            states.insert(shown.asOf)
        }
        #expect(await eventually { shown(world)?.versions == world.database.versions })
        #expect(states.count > 5)
        #expect(follower.stats.cuts > 5)
        #expect(world.loads == ["all"])
        await follower.stop()
    }

    @Test("without the feed the board follows Postgres, and with it again the feed")
    func feedLost() async throws {
        let world = ToyWorld(seed: 5)
        let follower = follower(world)
        #expect(await eventually { store.isLoaded })
        world.losesFeed = true
        for _ in 0..<20 { world.commit() }
        #expect(await eventually { shown(world)?.versions == world.database.versions })
        #expect(world.loads.contains("changes"))
        #expect(store.read("toy") { $0.stamp.source } == .primary)
        world.losesFeed = false
        let loads = world.loads.count
        for _ in 0..<5 {
            world.commit()
            #expect(await eventually { shown(world)?.versions == world.database.versions })
        }
        #expect(store.read("toy") { $0.stamp.source } == .feed)
        #expect(world.loads.count == loads)
        await follower.stop()
    }

    @Test("without Postgres the board stays at its state and says how old it is")
    func originLost() async throws {
        let world = ToyWorld(seed: 6)
        let follower = follower(world)
        world.commit()
        #expect(await eventually { shown(world)?.asOf == world.database.asOf })
        world.isDown = true
        await Reactor.pause(ms: 20)
        let before = try #require(shown(world))
        for _ in 0..<20 { world.commit() }
        #expect(await eventually { follower.stats.troubles > 2 })
        #expect(try #require(shown(world)) == before)
        world.isDown = false
        #expect(await eventually { shown(world)?.versions == world.database.versions })
        await follower.stop()
    }

    @Test("an erased player, other definitions and a command that counts players anew are read from Postgres")
    func commands() async throws {
        let world = ToyWorld(seed: 7)
        let follower = follower(world)
        for _ in 0..<10 { world.commit() }
        #expect(await eventually { shown(world)?.versions == world.database.versions })
        world.generation = 2
        #expect(await eventually { store.read("toy") { $0.hunt.rulesVersion } == 2 })
        world.database.versions[1] = 0
        world.database.asOf += 1
        world.remember()
        world.erasures = 1
        #expect(await eventually { shown(world)?.versions == world.database.versions })
        world.isUnderUpkeep = true
        world.changeSilently(2)
        world.isUnderUpkeep = false
        #expect(await eventually { shown(world)?.asOf == world.database.asOf })
        await follower.stop()
    }

    @Test("a version that nothing counts is found by the sum, and everything is read anew")
    func mismatch() async throws {
        let world = ToyWorld(seed: 8)
        let follower = follower(world)
        #expect(await eventually { store.isLoaded })
        world.losesFeed = true
        world.changeSilently(0)
        for _ in 0..<6 { world.commit() }
        #expect(await eventually { shown(world)?.versions == world.database.versions })
        await follower.stop()
    }
}

private func == (
    left: (asOf: Int64, versions: [Int64], version: Int64), right: (asOf: Int64, versions: [Int64], version: Int64)
) -> Bool {
    left.asOf == right.asOf && left.versions == right.versions && left.version == right.version
}
