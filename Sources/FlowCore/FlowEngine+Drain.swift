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
}
