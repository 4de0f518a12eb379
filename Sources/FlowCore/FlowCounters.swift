import HuntCore

/// Totals since start, for metrics and tests. Counted when committed, except what concerns attempts.
public struct FlowCounters: Sendable, Equatable {
    public var scans = LaneCounts()
    /// By raw value of the reason.
    public var refusals = [Int64](repeating: 0, count: RefusalReason.allCases.count + 1)
    public var flushes = 0
    public var flushedRecords = 0
    public var flushedFacts = 0
    public var flushedScores = 0
    public var playersLoaded = 0
    public var leasesTaken = 0
    public var leasesLost = 0
    public var leasesRetaken = 0
    /// Players whose row somebody else had changed.
    public var foreignWrites = 0
    public var definitionsReloaded = 0
    public var conflicts = 0
    public var outcomesUnknown = 0
    public var outcomesFoundCommitted = 0
    public var rejections = 0
    public var unavailable = 0

    public init() {}
}
