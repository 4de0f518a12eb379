import Reactor

/// What a client counted since it was made. Every count grows only.
public struct RedisStats: Equatable, Sendable {
    /// Commands handed to a connection, repeats not counted.
    public internal(set) var calls = 0
    /// Attempts that had no reply after `callTimeoutMs`.
    public internal(set) var timeouts = 0
    /// Calls sent once more to another connection after a timeout.
    public internal(set) var retries = 0
    /// Timeouts for which another connection was idle but the budget was used up.
    public internal(set) var retriesDenied = 0
    /// Replies that came after their timeout, or whose caller had another reply already.
    public internal(set) var lateReplies = 0
    /// Calls that found their script missing.
    public internal(set) var noScript = 0
    /// Connections that became usable.
    public internal(set) var connects = 0
    /// Usable connections that ended without `close`.
    public internal(set) var disconnects = 0
    /// Attempts to connect that failed.
    public internal(set) var failedConnects = 0
    /// MOVED and ASK answers that were followed.
    public internal(set) var redirects = 0
    /// Error replies, redirects and missing scripts not counted.
    public internal(set) var errors = 0
    /// Calls that failed without being sent.
    public internal(set) var unreachable = 0

    public init() {}
}

/// The counts of one client, shared by its parts.
@Reactor
final class Counters {
    var stats = RedisStats()
}
