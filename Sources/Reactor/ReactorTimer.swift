/// A call that will run once, unless cancelled before.
@Reactor
public final class ReactorTimer {
    nonisolated let deadlineNs: Int64
    nonisolated let sequence: UInt64
    private var work: (@Reactor () -> Void)?

    nonisolated init(deadlineNs: Int64, sequence: UInt64, work: @escaping @Reactor () -> Void) {
        self.deadlineNs = deadlineNs
        self.sequence = sequence
        self.work = work
    }

    /// Forgets the call. Without effect when it has run.
    public func cancel() { work = nil }

    func fire() {
        let due = work
        work = nil
        due?()
    }
}

/// Timers by deadline: a binary heap, smallest first; equal deadlines fire in the order they were made.
struct TimerHeap {
    private var heap: [ReactorTimer] = []

    var nextDeadlineNs: Int64? { heap.first?.deadlineNs }

    mutating func insert(_ timer: ReactorTimer) {
        heap.append(timer)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if !Self.isBefore(heap[child], heap[parent]) { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func popDue(atNs now: Int64) -> ReactorTimer? {
        guard let first = heap.first, first.deadlineNs <= now else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if Self.isBefore(heap[child], heap[smallest]) { smallest = child }
            }
            if smallest == parent { return first }
            heap.swapAt(smallest, parent)
            parent = smallest
        }
    }

    private static func isBefore(_ left: ReactorTimer, _ right: ReactorTimer) -> Bool {
        (left.deadlineNs, left.sequence) < (right.deadlineNs, right.sequence)
    }
}
