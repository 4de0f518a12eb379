extension RankTree {
    /// Removes one entry of a player and inserts another.
    ///
    /// Half of the time of a move goes by waiting for memory, above all for the two leaves. So both ways are walked
    /// first, and the old leaf is on its way into the caches while the new one is waited for.
    ///
    /// - Precondition: the player stands in the tree with the entry `old`, and `new` is another.
    mutating func move(_ old: RankEntry, to new: RankEntry, _ player: PlayerID, _ records: borrowing PlayerRecords) {
        let oldWay = descend(to: OrderPosition(old, player), adding: 0, steps + Self.levelsMax, records)
        let position = OrderPosition(new, player)
        let newWay = descend(to: position, adding: 1, steps, records)
        let nodeCount = nodes.count
        // Kept, or the compiler would drop the reads.
        warmth = self[oldWay.leaf].touch()
        insert(new, at: position, newWay, records)
        guard nodes.count == nodeCount else {
            // A node was split, perhaps one on the way to the old place: that is walked anew.
            remove(old, player, records)
            return
        }
        for level in 0..<height { self[oldWay.steps[level].node].sizes[oldWay.steps[level].child] -= 1 }
        count -= 1
        let size = self[oldWay.leaf].count
        remove(old, Way(leaf: oldWay.leaf, size: size, steps: oldWay.steps))
    }
}
