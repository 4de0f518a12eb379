/// How much a read server lets in.
public struct ReadLimits: Sendable {
    /// Requests per second that are usual; 110 % of it is let in. `1 ... 500_000_000`.
    public var steadyRate: Int64 = 20_000
    /// As much for each client.
    public var clientRate: Int64 = 1_000
    /// Whether the last address of `X-Forwarded-For` is the client's: behind a proxy of one's own.
    public var trustsForwardedFor = false
    /// Origins whose pages may read the answers.
    public var origins = CrossOrigin.everybody
    /// Event streams that are open at one time.
    public var streamsMax = 12_000
    /// Requests under way at one time that wait for something else than memory.
    public var waitingMax = 1_000
    /// Connections at one time beside those of streams; more are not accepted until some have gone.
    public var connectionsMax = 8_192
    /// Milliseconds: how long a connection may be without a request, the head of one half sent included.
    public var idleMs: Int64 = 60_000
    /// Milliseconds from a request's head to the end of its body.
    public var bodyMs: Int64 = 10_000
    /// Milliseconds for which a client may leave an event of a stream, or more than 32 KiB of answers, untaken.
    public var stalledMs: Int64 = 30_000

    public init() {}
}
