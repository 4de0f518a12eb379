import FlowCore

/// The only clock of a simulated world, and what is due when. Two things due at one moment happen in the order in which
/// they were asked for, so that a run depends on nothing but its seed.
public final class VirtualTime {
    private struct Entry {
        let atMs: Int64
        let number: Int
        let action: () -> Void

        func isBefore(_ other: Entry) -> Bool { (atMs, number) < (other.atMs, other.number) }
    }

    /// Epoch milliseconds at which every world begins: 2026-06-12T12:00:00Z.
    public static let startEpochMs: Int64 = 1_781_265_600_000

    /// Monotonic milliseconds since the world began.
    public private(set) var nowMs: Int64 = 0
    /// A binary heap, the earliest first.
    private var heap: [Entry] = []
    private var made = 0

    public init() {}

    public var epochMs: Int64 { Self.startEpochMs + nowMs }

    /// - Parameter delayMs: 0 or more; 0 means after everything that is due now already.
    public func after(_ delayMs: Int64, _ action: @escaping () -> Void) {
        made += 1
        heap.append(Entry(atMs: nowMs + max(0, delayMs), number: made, action: action))
        var child = heap.count - 1
        while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Lets everything happen that is due up to a moment, and moves the clock there.
    public func run(untilMs: Int64) {
        while let first = heap.first, first.atMs <= untilMs {
            removeFirst()
            nowMs = first.atMs
            first.action()
        }
        nowMs = max(nowMs, untilMs)
    }

    public func run(forMs: Int64) { run(untilMs: nowMs + forMs) }

    /// Drops whatever is due later.
    func forget() { heap.removeAll() }

    private func removeFirst() {
        let last = heap.removeLast()
        if heap.isEmpty { return }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [parent * 2 + 1, parent * 2 + 2] where child < heap.count && heap[child].isBefore(heap[least])
            {
                least = child
            }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
