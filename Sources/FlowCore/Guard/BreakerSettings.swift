/// When a backend is shut out and how it comes back.
public struct BreakerSettings: Sendable, Equatable {
    /// More errors than this, percent of the calls within the window, shut a backend out. Source of this, the window
    /// and the time: field-notes.md, report D (2 % in 30 s, 90 s).
    public var errorPercent = 2
    /// The window, milliseconds, a multiple of `CircuitBreaker.slices`.
    public var windowMs: Int64 = 30_000
    /// Fewer calls than this within the window prove nothing by their percentage: below 50 a single error is more than
    /// 2 %, and one lost packet would cost a quiet backend 90 s. 1 or more.
    public var callsMin = 50
    /// So many errors one after the other shut a backend out whatever their percentage: at little traffic 50 calls
    /// never come together, and a dead backend must go all the same. At 2 % five in a row are chance once in 300
    /// million calls. 1 or more; `Int.max` is never.
    public var errorsInARow = 5
    /// How long a backend is shut out, milliseconds.
    public var openMs: Int64 = 90_000
    /// Probes that must succeed one after the other before all calls go through again. A backend that fails every
    /// second call passes one probe half of the time and three an eighth of it; each costs one round trip. 1 or more.
    public var probesToClose = 3
    /// A probe of which nothing was heard for so long has failed, milliseconds: whoever sent it may be gone.
    public var probeMsMax: Int64 = 10_000

    public init() {}

    /// Traps when a bound contradicts another: that is a bug of ours.
    func prove() {
        precondition(errorPercent >= 0 && errorPercent < 100, "a percentage that shuts out always or never")
        precondition(callsMin >= 1 && errorsInARow >= 1 && probesToClose >= 1, "bounds that nothing reaches")
        precondition(openMs >= 1 && probeMsMax >= 1, "times are positive")
    }
}
