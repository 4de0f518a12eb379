/// Cells of one size, kept in blocks of 64 KiB and called by number.
///
/// A cell never moves, so growing copies nothing and takes no second memory of the same size. One that was given back
/// is the next to be taken; blocks go back to the system with the slab.
struct Slab: ~Copyable {
    static let none = UInt32.max

    private static let blockShift = 16

    private var blocks: UnsafeMutablePointer<UnsafeMutableRawPointer>
    private var blockCount = 0
    private var blockCapacity = 16
    /// From a cell's number to its block's.
    private let numberShift: UInt32
    /// Binary logarithm of a cell's bytes.
    private let cellShift: UInt32
    /// Cells that were ever taken.
    private var used: UInt32 = 0
    /// The first of the cells that were given back; each holds the number of the next.
    private var firstFree = Slab.none
    /// Cells that are taken.
    private(set) var count = 0

    /// - Parameter cellBytes: a power of two, 4 ... 65,536. Cells are aligned to it up to 64.
    init(cellBytes: Int) {
        precondition(cellBytes.nonzeroBitCount == 1 && (4...1 << Self.blockShift).contains(cellBytes), "size of a cell")
        cellShift = UInt32(cellBytes.trailingZeroBitCount)
        numberShift = UInt32(Self.blockShift) - cellShift
        blocks = .allocate(capacity: blockCapacity)
    }

    deinit {
        for block in 0..<blockCount { blocks[block].deallocate() }
        blocks.deallocate()
    }

    /// Bytes of its blocks; the system gives those of a block that were never touched when they are.
    var byteCount: Int { blockCount << Self.blockShift }

    @inline(__always)
    subscript(number: UInt32) -> UnsafeMutableRawPointer {
        let place = number & ((1 << numberShift) &- 1)
        return blocks[Int(truncatingIfNeeded: number >> numberShift)]
            + Int(truncatingIfNeeded: place << cellShift)
    }

    /// - Returns: the number of a cell whose bytes may be anything.
    mutating func take() -> UInt32 {
        count += 1
        if firstFree != Self.none {
            let number = firstFree
            firstFree = self[number].load(as: UInt32.self)
            return number
        }
        if Int(used >> numberShift) == blockCount { addBlock() }
        used += 1
        return used - 1
    }

    mutating func give(_ number: UInt32) {
        self[number].storeBytes(of: firstFree, as: UInt32.self)
        firstFree = number
        count -= 1
    }

    private mutating func addBlock() {
        if blockCount == blockCapacity {
            let larger = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: blockCapacity * 2)
            larger.moveInitialize(from: blocks, count: blockCount)
            blocks.deallocate()
            blocks = larger
            blockCapacity *= 2
        }
        let block = UnsafeMutableRawPointer.allocate(byteCount: 1 << Self.blockShift, alignment: 64)
        (blocks + blockCount).initialize(to: block)
        blockCount += 1
    }
}
