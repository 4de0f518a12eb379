extension RankTree {
    /// - Precondition: the player is not in the tree; its id is in the record that the entry names.
    mutating func insert(_ entry: RankEntry, _ player: PlayerID, _ records: borrowing PlayerRecords) {
        let position = OrderPosition(entry, player)
        insert(entry, at: position, descend(to: position, adding: 1, steps, records), records)
    }

    /// Puts a player, who was counted on the way, into the leaf at its end.
    @inline(__always)
    mutating func insert(
        _ entry: RankEntry, at position: OrderPosition, _ way: Way, _ records: borrowing PlayerRecords
    ) {
        let leaf = self[way.leaf]
        let place = entriesBefore(position, in: leaf, of: way.size, orEqual: false, records)
        if way.size < leafCapacity {
            leaf.insert(entry, at: place)
            if place == 0 { refreshFirst(entry, above: way) }
            return
        }
        let right = splitLeaf(way.leaf, inserting: entry, at: place)
        if place == 0 { refreshFirst(entry, above: way) }
        addToParents(right, way)
    }

    /// How many stay left of the split of a full node, the newcomer included. The share that the newcomer goes to is the
    /// smaller one when it comes at an end, so that players who arrive in order, either way, leave nodes two thirds full
    /// and not half.
    private func leftShare(newcomerAt place: Int, isLeaf: Bool) -> Int {
        let total = capacity(isLeaf: isLeaf) + 1
        if place == total - 1 { return total - minimum(isLeaf: isLeaf) }
        if place == 0 { return minimum(isLeaf: isLeaf) }
        return total / 2
    }

    private mutating func splitLeaf(_ number: UInt32, inserting entry: RankEntry, at place: Int) -> TreeChild {
        let rightNumber = nodes.take()
        let (left, right) = (self[number], self[rightNumber])
        right.count = 0
        let share = leftShare(newcomerAt: place, isLeaf: true)
        if place < share {
            _ = left.moveEnd(from: share - 1, to: right, isLeaf: true)
            left.insert(entry, at: place)
        } else {
            _ = left.moveEnd(from: share, to: right, isLeaf: true)
            right.insert(entry, at: place - share)
        }
        right.next = left.next
        left.next = rightNumber
        return TreeChild(first: right.entries[0], node: rightNumber, size: right.count)
    }

    /// Gives the new right half of the leaf at the end of a way to its parent, which may split in turn.
    private mutating func addToParents(_ newChild: TreeChild, _ way: Way) {
        var newChild = newChild
        for level in (0..<height).reversed() {
            let step = way.steps[level]
            let parent = self[step.node]
            parent.sizes[step.child] -= UInt32(newChild.size)
            if parent.count < innerCapacity {
                parent.insert(newChild, at: step.child + 1)
                return
            }
            newChild = splitInner(step.node, inserting: newChild, at: step.child + 1)
        }
        growRoot(newChild)
    }

    private mutating func splitInner(_ number: UInt32, inserting child: TreeChild, at place: Int) -> TreeChild {
        let rightNumber = nodes.take()
        let (left, right) = (self[number], self[rightNumber])
        right.count = 0
        let share = leftShare(newcomerAt: place, isLeaf: false)
        if place < share {
            _ = left.moveEnd(from: share - 1, to: right, isLeaf: false)
            left.insert(child, at: place)
        } else {
            _ = left.moveEnd(from: share, to: right, isLeaf: false)
            right.insert(child, at: place - share)
        }
        return TreeChild(first: right.entries[0], node: rightNumber, size: right.size(ofFirst: right.count))
    }

    private mutating func growRoot(_ right: TreeChild) {
        precondition(height < Self.levelsMax, "a tree higher than any that holds the most players")
        let old = TreeChild(first: self[root].entries[0], node: root, size: count - right.size)
        root = nodes.take()
        self[root].count = 0
        self[root].insert(old, at: 0)
        self[root].insert(right, at: 1)
        height += 1
    }
}
