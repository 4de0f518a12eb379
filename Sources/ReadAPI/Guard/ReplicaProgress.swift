/// How far a replica is behind, by positions in the primary's log: who has replayed a position holds everything that was
/// committed before the primary was asked for it. Clocks of servers play no part. Pure.
struct ReplicaProgress: Sendable {
    /// Positions that are remembered; at one a second, a minute of them. Who is further behind is "unknown".
    static let samplesMax = 64

    private struct Sample: Sendable {
        let position: Int64
        let askedAtMs: Int64
    }

    /// Positions and times ascend.
    private var samples: [Sample] = []

    /// The primary's position.
    ///
    /// - Parameters:
    ///   - position: bytes. A smaller one than before is another log, after a failover: what was known is void.
    ///   - askedAtMs: monotonic milliseconds before the primary was asked.
    mutating func primaryIs(at position: Int64, askedAtMs: Int64) {
        if let last = samples.last, position < last.position { samples = [] }
        if samples.count == Self.samplesMax { samples.removeFirst() }
        samples.append(Sample(position: position, askedAtMs: askedAtMs))
    }

    /// - Parameter replayed: how far the replica is.
    /// - Returns: milliseconds; nil when nobody knows.
    func lagMs(replayed: Int64, nowMs: Int64) -> Int64? {
        samples.last { $0.position <= replayed }.map { nowMs - $0.askedAtMs }
    }
}
