extension FlowEngine {
    /// Polls no more; what was polled is flushed and published, offsets included.
    public func drain() {
        isDraining = true
        onWork()
    }

    /// Whether nothing is left to do after `drain`.
    public var isDrained: Bool {
        guard isDraining, calls.isEmpty, publisher.isIdle else { return false }
        return laneOrder.allSatisfy { $0.status != .active || ($0.waiting == 0 && !$0.hasProgress) }
    }

    /// Where each partition stands, for the log's lag tools: everything below is published.
    public var positions: [(partition: Int32, offset: Int64)] {
        laneOrder.filter { $0.status == .active }.map { ($0.partition, $0.publications.published) }
    }
}
