extension FlowEngine {
    /// How often the log is told where partitions stand, in milliseconds.
    static let hintEveryMs: Int64 = 2_000

    /// Where each partition stands, for the log's lag tools: everything below is published.
    public var positions: [(partition: Int32, offset: Int64)] {
        laneOrder.filter { $0.status == .active }.map { ($0.partition, $0.publications.published) }
    }

    /// Whether there is something that the log was not told yet.
    var hintsAreOwed: Bool {
        laneOrder.contains { $0.status == .active && $0.hinted != $0.publications.published }
    }

    func hintWhenDue() {
        if now.monotonicMs >= hintAtMs && hintsAreOwed { hint() }
    }

    /// Tells the log at once, as before leaving the group. What it was told and lost it gets with the next change: the
    /// lease decides where reading goes on, never this.
    public func hint() {
        hintAtMs = now.monotonicMs + Self.hintEveryMs
        let positions = positions
        for lane in laneOrder where lane.status == .active { lane.hinted = lane.publications.published }
        if !positions.isEmpty { source.hint(positions) }
    }
}
