/// A node of the tree in its 1,024 bytes; a leaf or an inner node, the tree knows which.
///
///     both    0: count   16: entries
///     leaf    4: the next leaf; 63 entries, those of players
///     inner   42 entries, the first of each child; 688: the children; 856: how many players stand below each
struct TreeNode {
    static let byteCount = 1024
    static let leafCapacity = 63
    static let innerCapacity = 42

    private static let entriesAt = 16
    private static let childrenAt = 688
    private static let sizesAt = 856

    let base: UnsafeMutableRawPointer

    /// Entries, in an inner node also children and sizes.
    @inline(__always)
    var count: Int {
        get { Int(base.load(as: UInt32.self)) }
        nonmutating set { base.storeBytes(of: UInt32(truncatingIfNeeded: newValue), as: UInt32.self) }
    }

    /// The leaf after this one, or `Slab.none`.
    @inline(__always)
    var next: UInt32 {
        get { base.load(fromByteOffset: 4, as: UInt32.self) }
        nonmutating set { base.storeBytes(of: newValue, toByteOffset: 4, as: UInt32.self) }
    }

    @inline(__always)
    var entries: UnsafeMutablePointer<RankEntry> {
        (base + Self.entriesAt).assumingMemoryBound(to: RankEntry.self)
    }

    @inline(__always)
    var children: UnsafeMutablePointer<UInt32> { (base + Self.childrenAt).assumingMemoryBound(to: UInt32.self) }

    @inline(__always)
    var sizes: UnsafeMutablePointer<UInt32> { (base + Self.sizesAt).assumingMemoryBound(to: UInt32.self) }

    /// Players below the first children of an inner node.
    @inline(__always)
    func size(ofFirst children: Int) -> Int {
        var sum: UInt32 = 0
        for position in 0..<children { sum &+= sizes[position] }
        return Int(sum)
    }

    /// Of the entries, which ascend, how many are less than another.
    ///
    /// It looks at every fourth entry, one in each cache line, and then at the four where the answer lies. Bisection
    /// compares less, but each of its looks waits for the memory of the one before; here the processor has all lines of
    /// the node under way at once.
    ///
    /// - Parameter count: the node's. Of a leaf its parent knows it too, and then nothing waits for the leaf's own.
    @inline(__always)
    func entriesBelow(_ entry: RankEntry, of count: Int) -> Int {
        var groups = 0
        var last = 3
        while last < count {
            groups &+= entries[last].bits < entry.bits ? 1 : 0
            last &+= 4
        }
        var below = groups &* 4
        for position in below..<min(count, below &+ 4) { below &+= entries[position].bits < entry.bits ? 1 : 0 }
        return below
    }

    /// Reads each cache line of the node without needing an answer.
    ///
    /// - Returns: a number that means nothing.
    @inline(__always)
    func touch() -> UInt64 {
        var sum: UInt64 = 0
        for offset in stride(from: 0, to: Self.byteCount, by: 64) {
            sum &+= base.load(fromByteOffset: offset, as: UInt64.self)
        }
        return sum
    }
}

// MARK: - Leaves

extension TreeNode {
    /// Where an entry stands that is in this leaf. Among ties it is known by its slot, so no record is read.
    @inline(__always)
    func position(of entry: RankEntry, of count: Int) -> Int {
        var position = entriesBelow(entry.withoutSlot, of: count)
        while position < count && entries[position] != entry { position &+= 1 }
        precondition(position < count, "a player who is not in the tree")
        return position
    }

    func insert(_ entry: RankEntry, at position: Int) {
        let place = entries + position
        (place + 1).update(from: place, count: count - position)
        place.initialize(to: entry)
        count += 1
    }

    func removeEntry(at position: Int) {
        let place = entries + position
        place.update(from: place + 1, count: count - position - 1)
        count -= 1
    }
}

// MARK: - Inner nodes

/// What an inner node holds of a child.
struct TreeChild {
    let first: RankEntry
    let node: UInt32
    /// Players below it.
    let size: Int
}

extension TreeNode {
    func insert(_ child: TreeChild, at position: Int) {
        (children + position + 1).update(from: children + position, count: count - position)
        (sizes + position + 1).update(from: sizes + position, count: count - position)
        children[position] = child.node
        sizes[position] = UInt32(child.size)
        insert(child.first, at: position)
    }

    func removeChild(at position: Int) {
        (children + position).update(from: children + position + 1, count: count - position - 1)
        (sizes + position).update(from: sizes + position + 1, count: count - position - 1)
        removeEntry(at: position)
    }
}

// MARK: - Neighbours

extension TreeNode {
    /// Moves what this node holds from a position on to the front of its right neighbour.
    ///
    /// - Returns: how many players moved.
    func moveEnd(from position: Int, to right: TreeNode, isLeaf: Bool) -> Int {
        let moved = count - position
        (right.entries + moved).update(from: right.entries, count: right.count)
        right.entries.update(from: entries + position, count: moved)
        if !isLeaf {
            (right.children + moved).update(from: right.children, count: right.count)
            (right.sizes + moved).update(from: right.sizes, count: right.count)
            right.children.update(from: children + position, count: moved)
            right.sizes.update(from: sizes + position, count: moved)
        }
        count = position
        right.count += moved
        return isLeaf ? moved : right.size(ofFirst: moved)
    }

    /// Moves the first of what this node holds to the end of its left neighbour.
    ///
    /// - Returns: how many players moved.
    func moveStart(_ moved: Int, to left: TreeNode, isLeaf: Bool) -> Int {
        let size = isLeaf ? moved : size(ofFirst: moved)
        (left.entries + left.count).update(from: entries, count: moved)
        entries.update(from: entries + moved, count: count - moved)
        if !isLeaf {
            (left.children + left.count).update(from: children, count: moved)
            (left.sizes + left.count).update(from: sizes, count: moved)
            children.update(from: children + moved, count: count - moved)
            sizes.update(from: sizes + moved, count: count - moved)
        }
        left.count += moved
        count -= moved
        return size
    }
}
