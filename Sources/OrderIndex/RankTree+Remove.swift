extension RankTree {
    /// - Precondition: the player stands in the tree with this very entry.
    mutating func remove(_ entry: RankEntry, _ player: PlayerID, _ records: borrowing PlayerRecords) {
        remove(entry, descend(to: OrderPosition(entry, player), adding: -1, steps, records))
    }

    /// Takes a player, who is no longer counted on the way, out of the leaf at its end.
    @inline(__always)
    mutating func remove(_ entry: RankEntry, _ way: Way) {
        let leaf = self[way.leaf]
        let place = leaf.position(of: entry, of: way.size)
        leaf.removeEntry(at: place)
        if place == 0 && leaf.count > 0 { refreshFirst(leaf.entries[0], above: way) }
        if leaf.count < minimum(isLeaf: true) { fillUp(way) }
    }

    /// After the leaf at the end of a way fell below its minimum: neighbours are merged or evened out, as far up as
    /// that leaves parents below theirs.
    private mutating func fillUp(_ way: Way) {
        for level in (0..<height).reversed() {
            let step = way.steps[level]
            let parent = self[step.node]
            joinOrEven(parent, max(0, step.child - 1), isLeaf: level == height - 1)
            if parent.count >= minimum(isLeaf: false) { return }
        }
        if height > 0 && self[root].count == 1 {
            let old = root
            root = self[old].children[0]
            nodes.give(old)
            height -= 1
        }
    }

    /// Makes one node of a child and the next one, or halves what they hold between them when it is too much for one.
    private mutating func joinOrEven(_ parent: TreeNode, _ child: Int, isLeaf: Bool) {
        let rightNumber = parent.children[child + 1]
        let (left, right) = (self[parent.children[child]], self[rightNumber])
        let total = left.count + right.count
        if total <= capacity(isLeaf: isLeaf) {
            _ = right.moveStart(right.count, to: left, isLeaf: isLeaf)
            if isLeaf { left.next = right.next }
            parent.sizes[child] += parent.sizes[child + 1]
            parent.removeChild(at: child + 1)
            nodes.give(rightNumber)
            return
        }
        if left.count < right.count {
            let moved = UInt32(right.moveStart(total / 2 - left.count, to: left, isLeaf: isLeaf))
            parent.sizes[child] += moved
            parent.sizes[child + 1] -= moved
        } else {
            let moved = UInt32(left.moveEnd(from: total / 2, to: right, isLeaf: isLeaf))
            parent.sizes[child] -= moved
            parent.sizes[child + 1] += moved
        }
        parent.entries[child + 1] = right.entries[0]
    }
}
