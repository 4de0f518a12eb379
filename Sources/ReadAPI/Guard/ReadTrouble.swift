import FlowCore

/// Why a backend did not answer a read, one case per reaction.
public enum ReadTrouble: Error, Equatable, Sendable {
    /// It is away, too slow, or says that it cannot: that speaks against it, and another one may be asked.
    case transient(String)
    /// The question is wrong; no backend would say otherwise.
    case refused(String)
}

/// What a backend answered.
public struct ReadAnswer<Value: Sendable>: Sendable {
    public let value: Value
    /// Who said so: a replica may be behind.
    public let backend: BackendChoice.Backend

    public init(value: Value, backend: BackendChoice.Backend) {
        self.value = value
        self.backend = backend
    }
}

/// The bounds of guarded reads.
public struct ReadGuardSettings: Sendable {
    /// Replicas, `0 ... BackendChoice.replicasMax`.
    public var replicas: Int
    /// Calls in flight and waiting, of both kinds.
    public var concurrency: ConcurrencySettings
    public var breaker = BreakerSettings()
    public var retries = RetrySettings()
    /// Different shared reads under way at one time, 1 or more.
    public var sharedCallsMax = 1_000
    /// Callers that wait for shared reads at one time, 1 or more.
    public var sharedWaitersMax = 10_000
    /// How long after its start a shared read is joined, milliseconds: an answer is at most so much older than the
    /// question. 1 or more.
    public var shareMs: Int64 = 1_000
    /// Who had less time than this, milliseconds, and less than a quarter of the request's, was not slow: the request
    /// had waited for its turn. Taking that for an error, a crowd would shut out a backend that is well.
    public var fairMs: Int64 = 250

    /// How long a primary without replicas is shut out, milliseconds.
    static let openAloneMs: Int64 = 1_000

    /// - Parameters:
    ///   - replicas: `0 ... BackendChoice.replicasMax`.
    ///   - connectionsMax: connections of the smallest pool, 1 or more. Reads take half of them, at least one; the other
    ///     half is for calls of the kind `write`, which may take all.
    ///   - waitingMax: calls of each kind that wait for their turn.
    public init(replicas: Int, connectionsMax: Int, waitingMax: Int = 1_000) {
        precondition(connectionsMax >= 1, "a pool without connections")
        self.replicas = replicas
        // A breaker spares readers a backend that fails while another one answers. With nobody else to ask, 90 s after
        // a restart of 2 s would be an outage of our own making; the pause only keeps callers from piling up.
        if replicas == 0 { breaker.openMs = Self.openAloneMs }
        let running = max(2, connectionsMax)
        concurrency = ConcurrencySettings(
            runningMax: running, reservedForWrites: running - running / 2, waitingMax: waitingMax)
    }
}
