/// How often may be tried again.
public struct RetrySettings: Sendable, Equatable {
    /// Tries again for one request, after its first try; 0 or more. Source: field-notes.md, report D.
    public var perRequest = 3
    /// Tries again within the window, percent of the requests within it. Source: architecture.md, "Hot tier".
    public var percent = 10
    /// The window, milliseconds, a multiple of `RetryBudget.slices`.
    public var windowMs: Int64 = 10_000
    /// So many tries again within the window are allowed however few requests there are: at little traffic 10 percent
    /// is nothing, and one a second is a load that no server notices. 0 or more.
    public var floor = 10

    public init() {}
}

/// Keeps tries again from becoming the load: when a backend fails, each request would otherwise come as often as it may
/// be tried, just when there is least room for it.
///
/// Only first tries count as traffic, so tries again never earn further ones. One budget for each backend.
public struct RetryBudget: Sendable {
    /// What is said to a request that would be tried again.
    public enum Answer: Sendable, Equatable {
        case allowed
        /// The request has been tried as often as any may be.
        case triesUsedUp
        /// The backend's tries again have had their share of the traffic.
        case budgetSpent
    }

    /// Slices of the window: 100 ms each where the window is 10 s.
    public static let slices = 100

    public let settings: RetrySettings
    /// Tries again that were allowed since start.
    public private(set) var allowedCount = 0
    private var requests: SlidingCount
    private var triesAgain: SlidingCount

    public init(_ settings: RetrySettings = RetrySettings()) {
        precondition(settings.perRequest >= 0 && settings.floor >= 0, "a negative number of tries")
        precondition(settings.percent >= 0 && settings.percent <= 100, "a percentage out of its range")
        self.settings = settings
        requests = SlidingCount(windowMs: settings.windowMs, slices: Self.slices)
        triesAgain = SlidingCount(windowMs: settings.windowMs, slices: Self.slices)
    }

    /// A request is sent for the first time.
    public mutating func requestSent(nowMs: Int64) { requests.add(nowMs: nowMs) }

    /// Whether a request may be tried again; takes nothing.
    ///
    /// - Parameter already: how often it was tried again before, 0 or more.
    public mutating func answer(already: Int, nowMs: Int64) -> Answer {
        if already >= settings.perRequest { return .triesUsedUp }
        let afterwards = triesAgain.total(nowMs: nowMs) + 1
        if afterwards <= settings.floor { return .allowed }
        return afterwards * 100 <= requests.total(nowMs: nowMs) * settings.percent ? .allowed : .budgetSpent
    }

    /// Whether a request may be tried again; if so, that is counted.
    public mutating func take(already: Int, nowMs: Int64) -> Answer {
        let answer = answer(already: already, nowMs: nowMs)
        if answer == .allowed {
            triesAgain.add(nowMs: nowMs)
            allowedCount += 1
        }
        return answer
    }
}
