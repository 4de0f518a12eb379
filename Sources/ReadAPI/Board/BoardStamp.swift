/// Where a state of the boards was learned from.
public enum BoardSource: String, Sendable, Equatable {
    /// The feed, every change of it counted against the leases in Postgres.
    case feed
    /// A query of the primary.
    case primary
    /// A query of a read replica.
    case replica
}

/// Which committed state an answer shows. All players of an answer are of this one state.
public struct BoardStamp: Sendable, Equatable {
    /// Epoch milliseconds: everything that was committed until then is in it.
    public var asOf: Int64
    /// The sum of the players' versions: how many changes the hunt has seen. Two boards of one hunt, of whichever
    /// process, with the same rules, erasures and version are the same.
    public var version: Int64
    public var source: BoardSource

    public init(asOf: Int64, version: Int64, source: BoardSource) {
        self.asOf = asOf
        self.version = version
        self.source = source
    }
}
