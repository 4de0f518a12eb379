/// The order of the listed players: a B+-tree whose inner nodes know how many players stand below each child, so that
/// places are found as fast as players.
///
/// Why a B+-tree: up to 63 players lie side by side in a leaf, so a place, a page and a move read few lines of memory,
/// where a balanced binary tree or a skip list waits for one or more on each of 20 levels and has two to four links a
/// player. An entry is 16 bytes; with the free room in the leaves and the inner nodes a player takes 24 to 28, 33 where
/// players come so that every split leaves two halves, and 52 if every node were as empty as it may be. See decision 14.
///
/// Kept at all times, and checked by the tests after every step:
/// - entries ascend, leaf after leaf; equal but for the slot, the ids of the records ascend;
/// - an inner node's entry is the first entry below that child, so no entry names a player who left;
/// - nodes but the root are a third full at least, and a root that is an inner node has two children.
///
/// A split or a merge leaves nodes that are far from the next one: whoever moves to and fro at a border pays once.
///
/// - Source: R. Bayer, E. McCreight, "Organization and Maintenance of Large Ordered Indices" (1972); counts as in
///   T. H. Cormen et al., "Introduction to Algorithms", order-statistic trees.
struct RankTree: ~Copyable {
    /// An inner node on the way to a leaf, and the child that the way goes on with.
    struct Step {
        var node: UInt32
        var child: Int
    }

    /// How a leaf was reached.
    struct Way {
        let leaf: UInt32
        /// Players in the leaf when it was reached. The parent knew, so that nothing waited for the leaf's memory.
        let size: Int
        /// One for each level of inner nodes, from the root on.
        let steps: UnsafeMutablePointer<Step>
    }

    /// Nodes hold two at least, so 2^27 players have no more levels than this.
    static let levelsMax = 28

    let leafCapacity: Int
    let innerCapacity: Int
    var nodes = Slab(cellBytes: TreeNode.byteCount)
    var root: UInt32
    /// Levels of inner nodes above the leaves.
    var height = 0
    /// Listed players.
    var count = 0
    /// Memory for the steps of two ways.
    let steps: UnsafeMutablePointer<Step>
    /// See `move`.
    var warmth: UInt64 = 0

    /// - Parameters:
    ///   - leafCapacity: 4 ... 63 entries; less than 63 so that tests have deep trees of few players.
    ///   - innerCapacity: 4 ... 42 children.
    init(leafCapacity: Int, innerCapacity: Int) {
        precondition((4...TreeNode.leafCapacity).contains(leafCapacity), "entries of a leaf")
        precondition((4...TreeNode.innerCapacity).contains(innerCapacity), "children of an inner node")
        self.leafCapacity = leafCapacity
        self.innerCapacity = innerCapacity
        steps = .allocate(capacity: 2 * Self.levelsMax)
        steps.initialize(repeating: Step(node: Slab.none, child: 0), count: 2 * Self.levelsMax)
        root = nodes.take()
        self[root].count = 0
        self[root].next = Slab.none
    }

    deinit { steps.deallocate() }

    var byteCount: Int { nodes.byteCount }

    @inline(__always)
    subscript(number: UInt32) -> TreeNode { TreeNode(base: nodes[number]) }

    /// What a node may hold, and what it must unless it is the root.
    func capacity(isLeaf: Bool) -> Int { isLeaf ? leafCapacity : innerCapacity }
    func minimum(isLeaf: Bool) -> Int { max(2, capacity(isLeaf: isLeaf) / 3) }

    /// Walks to the leaf where a position lies, and counts so many players more on the way.
    ///
    /// - Parameter steps: memory for the way.
    @inline(__always)
    mutating func descend(
        to position: OrderPosition, adding change: Int, _ steps: UnsafeMutablePointer<Step>,
        _ records: borrowing PlayerRecords
    ) -> Way {
        var number = root
        var size = count
        for level in 0..<height {
            let node = self[number]
            let child = child(of: node, for: position, records)
            size = Int(node.sizes[child])
            node.sizes[child] = UInt32(truncatingIfNeeded: size &+ change)
            steps[level] = Step(node: number, child: child)
            number = node.children[child]
        }
        count += change
        return Way(leaf: number, size: size, steps: steps)
    }

    /// After the first entry of the leaf at the end of a way changed.
    func refreshFirst(_ first: RankEntry, above way: Way) {
        for level in (0..<height).reversed() {
            let step = way.steps[level]
            self[step.node].entries[step.child] = first
            if step.child > 0 { return }
        }
    }
}
