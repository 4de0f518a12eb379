/// Why a guarded read has no answer, one case per reaction.
public enum ReadFailure: Error, Equatable, Sendable {
    /// It is worth coming back after so many milliseconds, 1 or more.
    case notNow(retryAfterMs: Int64, reason: String)
    /// Coming back does not help.
    case refused(String)
}
