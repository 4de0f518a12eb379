import HuntCore

/// The ranking of one hunt's players, in memory: who is ahead of whom, and each player's own values.
///
/// It follows a snapshot and the feed, in any order and with repeats: of a player's values the newest version stays. A
/// player is listed when it has at least one unlock; one without is known all the same, for its version.
///
/// Memory: 24 to 33 bytes a listed player in the tree (`RankTree`); besides, for each known player, a record of 64 bytes
/// that holds id and values, 32 bytes more where the id is longer than 36, and 11 to 21 bytes from id to record. What a
/// removed player leaves is taken again; the most that was ever taken goes back to the system with the index.
///
/// Not `Sendable`: a change forbids everything else meanwhile. Reading changes nothing, so any number of threads may
/// read while none changes it.
///
/// - Source: contracts.md section 3, the order.
public final class OrderIndex {
    /// What became of an offered value.
    public enum Change: Equatable, Sendable {
        case applied
        /// The index knows this version or a newer one; nothing changed.
        case outdated
        /// A new player, and the index is full; nothing changed.
        case full
        /// No hunt can give these values; nothing changed.
        case impossible
    }

    /// Players of one index at most: 134,217,727.
    public static let playersLimit = RankEntry.slotsMax

    let playersMax: Int
    private let seed: UInt64
    // Unchecked: every access is instantaneous, and there are several for each change.
    @exclusivity(unchecked) var records = PlayerRecords()
    @exclusivity(unchecked) private var slots: SlotIndex
    @exclusivity(unchecked) var tree: RankTree

    /// - Parameters:
    ///   - seed: unknown to whoever chooses player ids, so that they cannot choose ids that are slow to find.
    ///   - expected: how many players are to come; only a hint that saves growing.
    ///   - playersMax: known players at most, `1 ... playersLimit`.
    public convenience init(seed: UInt64, expected: Int = 0, playersMax: Int = playersLimit) {
        self.init(
            seed: seed, expected: expected, playersMax: playersMax, leafCapacity: TreeNode.leafCapacity,
            innerCapacity: TreeNode.innerCapacity)
    }

    init(seed: UInt64, expected: Int = 0, playersMax: Int = playersLimit, leafCapacity: Int, innerCapacity: Int) {
        precondition((1...Self.playersLimit).contains(playersMax), "players of an index")
        self.seed = seed
        self.playersMax = playersMax
        slots = SlotIndex(minimumCapacity: max(0, min(expected, playersMax)))
        tree = RankTree(leafCapacity: leafCapacity, innerCapacity: innerCapacity)
    }

    /// Listed players.
    public var count: Int { tree.count }

    /// Players whose values the index knows, listed or not.
    public var knownCount: Int { records.count }

    /// Bytes that were taken from the system.
    public var byteCount: Int { tree.byteCount + records.byteCount + slots.byteCount }

    // MARK: Changing

    /// Takes a player's values when they are newer than those it knows. O(log n).
    public func apply(_ value: PlayerValue) -> Change {
        guard value.isPossible else { return .impossible }
        let hash = value.player.hash(seed: seed)
        if let slot = slot(of: value.player, hash: hash) {
            guard value.version > records[slot].pointee.version else { return .outdated }
            replace(slot, by: value)
            return .applied
        }
        guard records.count < playersMax else { return .full }
        let slot = records.add(value.player)
        slots.insert(hash, slot: slot)
        replace(slot, by: value)
        return .applied
    }

    /// Forgets a player, its version too: after that any version of it is new. O(log n).
    ///
    /// - Returns: whether the index knew the player.
    @discardableResult
    public func remove(_ player: PlayerID) -> Bool {
        let hash = player.hash(seed: seed)
        guard let slot = slot(of: player, hash: hash) else { return false }
        let record = records[slot].pointee
        if record.isListed { tree.remove(record.entry, player, records) }
        slots.remove(hash, slot: slot)
        records.remove(slot)
        return true
    }

    private func replace(_ slot: UInt32, by value: PlayerValue) {
        let record = records[slot]
        let old = record.pointee.entry
        let new = RankEntry(score: value.tally.score, reachedAt: value.tally.reachedAt, slot: slot)
        let wasListed = record.pointee.isListed
        let isListed = value.tally.unlocks > 0
        record.pointee.entry = new
        record.pointee.unlocks = UInt16(value.tally.unlocks)
        record.pointee.version = value.version
        switch (wasListed, isListed) {
        case (true, true): if old != new { tree.move(old, to: new, value.player, records) }
        case (true, false): tree.remove(old, value.player, records)
        case (false, true): tree.insert(new, value.player, records)
        case (false, false): break
        }
    }

    // MARK: Finding

    /// What is known of a player, listed or not; nil: nothing. O(1).
    public func value(of player: PlayerID) -> PlayerValue? {
        guard let slot = slot(of: player) else { return nil }
        let record = records[slot].pointee
        return PlayerValue(player: player, tally: record.tally, version: record.version)
    }

    @inline(__always)
    func slot(of player: PlayerID) -> UInt32? { slot(of: player, hash: player.hash(seed: seed)) }

    @inline(__always)
    private func slot(of player: PlayerID, hash: UInt64) -> UInt32? {
        slots.find(hash) { records.holds(player, at: $0) }
    }
}
