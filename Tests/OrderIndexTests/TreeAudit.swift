import HuntCore

@testable import OrderIndex

/// Everything that must hold of an index between two changes, read from its memory.
struct TreeAudit {
    private let index: OrderIndex
    private var faults: [String] = []
    /// Leaves from left to right, as the inner nodes lead to them.
    private var leaves: [UInt32] = []
    private var nodeCount = 0
    private var listed: [RankEntry] = []

    /// - Returns: what is wrong; empty when nothing is.
    static func faults(of index: OrderIndex) -> [String] {
        var audit = TreeAudit(index: index)
        audit.run()
        return audit.faults
    }

    private init(index: OrderIndex) { self.index = index }

    private mutating func expect(_ holds: Bool, _ what: String) { if !holds { faults.append(what) } }

    private mutating func run() {
        let size = visit(index.tree.root, level: 0)
        expect(size == index.count, "the root counts \(size) of \(index.count) players")
        expect(nodeCount == index.tree.nodes.count, "\(index.tree.nodes.count - nodeCount) nodes are out of reach")
        visitLinks()
        visitEntries()
    }

    /// - Returns: players below the node.
    private mutating func visit(_ number: UInt32, level: Int) -> Int {
        nodeCount += 1
        let node = index.tree[number]
        let isLeaf = level == index.tree.height
        expect(node.count <= index.tree.capacity(isLeaf: isLeaf), "a node with too much")
        if level > 0 {
            expect(node.count >= index.tree.minimum(isLeaf: isLeaf), "a node with too little")
        } else if !isLeaf {
            expect(node.count >= 2, "a root with one child")
        }
        if isLeaf {
            leaves.append(number)
            listed += (0..<node.count).map { node.entries[$0] }
            return node.count
        }
        var total = 0
        for child in 0..<node.count {
            let start = listed.count
            let size = visit(node.children[child], level: level + 1)
            expect(size == Int(node.sizes[child]), "a child of \(size) players counted as \(node.sizes[child])")
            expect(listed[start] == node.entries[child], "an entry that is not the first below its child")
            total += size
        }
        return total
    }

    private mutating func visitLinks() {
        for (position, leaf) in leaves.enumerated() {
            let next = position + 1 < leaves.count ? leaves[position + 1] : Slab.none
            expect(index.tree[leaf].next == next, "a leaf linked wrongly")
        }
    }

    private mutating func visitEntries() {
        var before: Placing?
        for entry in listed {
            let record = index.records[entry.slot].pointee
            let player = index.records.player(entry.slot)
            expect(record.entry == entry && record.isListed, "an entry that is not its record's")
            expect(index.slot(of: player) == entry.slot, "a listed player who is not found")
            let placing = Placing(
                player: player.string, score: entry.score, reachedAt: entry.reachedAt == -1 ? nil : entry.reachedAt)
            if let before { expect(before.precedes(placing), "\(placing) stands after \(before)") }
            before = placing
        }
    }
}
