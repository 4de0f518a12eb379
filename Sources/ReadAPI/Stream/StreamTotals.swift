import Synchronization

/// What all streams have sent since the start, for metrics.
public final class StreamTotals: Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        case snapshot
        case delta
        case fresh
    }

    private let snapshots = Atomic<Int>(0)
    private let deltas = Atomic<Int>(0)
    private let fresh = Atomic<Int>(0)

    /// Events of a kind that were handed to streams.
    public func sent(_ kind: Kind) -> Int {
        switch kind {
        case .snapshot: snapshots.load(ordering: .relaxed)
        case .delta: deltas.load(ordering: .relaxed)
        case .fresh: fresh.load(ordering: .relaxed)
        }
    }

    func count(_ kind: Kind) {
        switch kind {
        case .snapshot: snapshots.wrappingAdd(1, ordering: .relaxed)
        case .delta: deltas.wrappingAdd(1, ordering: .relaxed)
        case .fresh: fresh.wrappingAdd(1, ordering: .relaxed)
        }
    }
}
