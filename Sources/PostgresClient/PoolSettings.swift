/// How many connections a pool keeps and how long anybody waits.
public struct PoolSettings: Sendable {
    /// At most this many connections exist, those being opened included; at least 1.
    public var max: Int
    /// The pool opens connections by itself until so many are idle; `0 ... max`.
    public var minIdle: Int
    /// How long `acquire` may take, milliseconds. A server that refuses connections is tried again within it.
    public var acquireTimeoutMs: Int64
    /// A connection is closed at this age, less up to 2.5 % at random so that they do not all go at once; one that is
    /// lent, when it comes back. Milliseconds.
    public var maxLifetimeMs: Int64
    /// How long opening may take, milliseconds for each address; connect_timeout in the URL wins.
    public var connectTimeoutMs: Int64

    /// The defaults are those of the setting `postgres.pool` (contracts.md, section 7).
    public init(
        max: Int = 100, minIdle: Int = 2, acquireTimeoutMs: Int64 = 2_000, maxLifetimeMs: Int64 = 1_800_000,
        connectTimeoutMs: Int64 = 5_000
    ) {
        precondition(max >= 1 && minIdle >= 0 && minIdle <= max, "a pool of \(minIdle) to \(max) connections")
        precondition(acquireTimeoutMs > 0 && maxLifetimeMs > 0 && connectTimeoutMs > 0, "times are positive")
        self.max = max
        self.minIdle = minIdle
        self.acquireTimeoutMs = acquireTimeoutMs
        self.maxLifetimeMs = maxLifetimeMs
        self.connectTimeoutMs = connectTimeoutMs
    }
}

/// What a pool is doing, and has done since it was made.
public struct PoolStats: Sendable, Equatable {
    /// Connections that exist: `idle + inUse`.
    public var open: Int { idle + inUse }
    /// Open and lent to nobody.
    public var idle = 0
    /// Lent.
    public var inUse = 0
    /// Connections being opened.
    public var opening = 0
    /// Callers of `acquire` in the queue.
    public var waiting = 0

    /// Connections lent, ever.
    public var acquired = 0
    /// Calls of `acquire` that got none in time.
    public var timeouts = 0
    /// Openings that succeeded.
    public var opened = 0
    /// Openings that failed; they are tried again.
    public var openFailures = 0
    /// Connections closed, for whatever reason.
    public var closed = 0
    /// Time that callers of `acquire` have spent in the queue, all together.
    public var waitedSeconds = 0.0

    /// All zero.
    public init() {}
}
