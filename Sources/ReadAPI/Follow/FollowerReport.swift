/// What a follower shows of itself.
public struct FollowerReport: Sendable {
    /// Epoch milliseconds; nil before the first loading.
    public var asOf: Int64?
    public var isFeedOpen = false
    /// How often the feed could not be read on from where it had been.
    public var gaps = 0
    /// Records of the feed that were read.
    public var records = 0
    /// Of those the ones that were no change of a score.
    public var faults = 0
    /// States that the feed led to.
    public var cuts = 0
    /// Changes that came with them.
    public var changes = 0
    /// Changes that wait for their cut.
    public var waiting = 0
    /// Loadings, by why.
    public var loads: [String: Int] = [:]
    public var loadedRows = 0
    /// How long the last loading took, milliseconds.
    public var lastLoadMs: Int64 = 0
    /// Questions to Postgres that failed.
    public var troubles = 0
}
