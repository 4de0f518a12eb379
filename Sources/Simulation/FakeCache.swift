import FlowCore
import HuntCore

/// The hot tier's keys, written as `flush.v1.lua` writes them.
public final class FakeCache {
    public struct Entry: Equatable, Sendable {
        public let tally: Tally
        public let version: Int64
        public let committedAt: Int64
        /// Monotonic milliseconds of the world.
        public let expiresAtMs: Int64
    }

    private let time: VirtualTime
    private let guards: StoreGuards
    private var held: [PlayerID: Entry] = [:]
    /// While true no call is answered but with a failure.
    public var isAway = false
    public private(set) var calls = 0
    /// Writes that were refused because a newer key was there.
    public private(set) var refusedOlder = 0
    /// What no writer may do; must stay empty.
    public private(set) var violations: [String] = []
    /// Called after a key was written, with what it held before.
    var onWrite: (PlayerID, Entry, _ before: Entry?) -> Void = { _, _, _ in }

    public init(time: VirtualTime, guards: StoreGuards = .all) {
        self.time = time
        self.guards = guards
    }

    /// The keys whose time has not run out.
    public var entries: [PlayerID: Entry] { held.filter { $0.value.expiresAtMs > time.nowMs } }

    public func entry(of player: PlayerID) -> Entry? {
        held[player].flatMap { $0.expiresAtMs > time.nowMs ? $0 : nil }
    }

    public func flushAll() { held = [:] }

    /// Removes one key, as a full memory does.
    public func evict(using random: inout SplitMix64) {
        if let victim = held.keys.sorted().randomElement(using: &random) { held[victim] = nil }
    }

    /// Deletes a player's key.
    public func delete(_ player: PlayerID) { held[player] = nil }

    func write(_ items: [PublishItem], timesToLiveMs: [Int64], shard: Int) -> HotWriteResult {
        calls += 1
        var result = HotWriteResult(applied: 0, refreshed: 0, stale: 0)
        if Set(items.map(\.key.huntID)).count > 1 { violations.append("keys of two hunts in one call") }
        if items.isEmpty { violations.append("a call without keys") }
        for (item, timeToLiveMs) in zip(items, timesToLiveMs) {
            if item.key.withBytes({ HotShard.of($0) }) != shard { violations.append("a key of another shard") }
            if timeToLiveMs <= 0 { violations.append("a time to live of \(timeToLiveMs) ms") }
            write(item, expiresAtMs: time.nowMs + timeToLiveMs, &result)
        }
        return result
    }

    private func write(_ item: PublishItem, expiresAtMs: Int64, _ result: inout HotWriteResult) {
        let player = PlayerID(item.key)
        let present = entry(of: player)
        if let present, present.version > item.version, guards.contains(.newestKey) {
            result.stale += 1
            refusedOlder += 1
            return
        }
        if let present, present.version == item.version {
            result.refreshed += 1
            held[player] = Entry(
                tally: present.tally, version: present.version, committedAt: present.committedAt,
                expiresAtMs: expiresAtMs)
        } else {
            result.applied += 1
            held[player] = Entry(
                tally: item.tally, version: item.version, committedAt: item.committedAt, expiresAtMs: expiresAtMs)
        }
        if let written = held[player] { onWrite(player, written, present) }
    }
}
