/// A listed player's place in the leaves.
struct LeafPlace {
    var leaf: UInt32
    var position: Int
}

extension RankTree {
    /// How many players stand before a position: the place of the player who stands there.
    ///
    /// - Parameter orEqual: counts that player too.
    func playersBefore(_ position: OrderPosition, orEqual: Bool = false, _ records: borrowing PlayerRecords) -> Int {
        let way = walk(to: position, records)
        return way.players + entriesBefore(position, in: self[way.leaf], of: way.size, orEqual: orEqual, records)
    }

    /// How many players stand before one who is listed with this entry.
    func place(of entry: RankEntry, _ player: PlayerID, _ records: borrowing PlayerRecords) -> Int {
        let way = walk(to: OrderPosition(entry, player), records)
        return way.players + self[way.leaf].position(of: entry, of: way.size)
    }

    /// - Returns: the leaf where a position lies, how many players stand in it, and how many in the leaves before it.
    @inline(__always)
    private func walk(to position: OrderPosition, _ records: borrowing PlayerRecords)
        -> (leaf: UInt32, size: Int, players: Int)
    {
        var number = root
        var size = count
        var players = 0
        for _ in 0..<height {
            let node = self[number]
            let child = child(of: node, for: position, records)
            players += node.size(ofFirst: child)
            size = Int(node.sizes[child])
            number = node.children[child]
        }
        return (number, size, players)
    }

    /// - Parameter place: `0 ..< count`.
    func find(place: Int) -> LeafPlace {
        precondition((0..<count).contains(place), "a place that no player has")
        var number = root
        var rest = place
        for _ in 0..<height {
            let node = self[number]
            var child = 0
            while rest >= Int(node.sizes[child]) {
                rest -= Int(node.sizes[child])
                child += 1
            }
            number = node.children[child]
        }
        return LeafPlace(leaf: number, position: rest)
    }

    /// Calls `body` with the entries at places that exist, in order.
    func forEach(in places: Range<Int>, _ body: (RankEntry) -> Void) {
        guard !places.isEmpty else { return }
        var place = find(place: places.lowerBound)
        var left = places.count
        while true {
            let node = self[place.leaf]
            let end = min(node.count, place.position + left)
            for position in place.position..<end { body(node.entries[position]) }
            left -= end - place.position
            if left == 0 { return }
            place = LeafPlace(leaf: node.next, position: 0)
        }
    }

    /// The child of an inner node below which a position lies: the last whose first entry is not after it.
    @inline(__always)
    func child(of node: TreeNode, for position: OrderPosition, _ records: borrowing PlayerRecords) -> Int {
        max(0, entriesBefore(position, in: node, of: node.count, orEqual: true, records) - 1)
    }

    /// Of a node's entries, how many come before a position.
    ///
    /// - Parameter count: the node's.
    @inline(__always)
    func entriesBefore(
        _ position: OrderPosition, in node: TreeNode, of count: Int, orEqual: Bool, _ records: borrowing PlayerRecords
    ) -> Int {
        let low = node.entriesBelow(position.entry, of: count)
        if low == count || !node.entries[low].ties(with: position.entry) { return low }
        return entriesBeforeAmongTies(position, from: low, in: node, orEqual: orEqual, records)
    }

    /// Where score and instant are the same the ids decide, which takes a look into the records.
    @inline(never)
    private func entriesBeforeAmongTies(
        _ position: OrderPosition, from start: Int, in node: TreeNode, orEqual: Bool,
        _ records: borrowing PlayerRecords
    ) -> Int {
        var low = start
        var high = node.entriesBelow(position.entry.withLastSlot, of: node.count)
        while low < high {
            let middle = (low &+ high) >> 1
            if records.precedes(node.entries[middle].slot, position.player, orEqual: orEqual) {
                low = middle &+ 1
            } else {
                high = middle
            }
        }
        return low
    }
}
