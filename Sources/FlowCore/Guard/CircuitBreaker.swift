/// Shuts out a backend that fails, so that nobody waits for it and it can recover.
///
/// Closed, every call goes through and its outcome is counted. Too many errors open it: nothing goes through for a
/// while. Then it is half open: one call at a time goes through as a probe; enough successes in a row close it, one
/// error opens it again.
///
/// Whoever got a permit tells its outcome once. An outcome that comes after the state has changed says nothing about
/// the new one and is passed over: the calls that were under way when a backend was shut out must not be taken for its
/// probe.
///
/// The state at a time depends on the time alone, not on how often it was asked for.
///
/// - Source: M. Nygard, "Release It!" (2007), chapter 5, on the pattern and its name.
public struct CircuitBreaker: Sendable {
    public enum State: Sendable, Equatable { case closed, open, halfOpen }

    /// The right to make one call.
    public struct Permit: Sendable, Equatable {
        /// The breaker's state as it was given.
        fileprivate let era: UInt64
        /// The call decides whether the backend comes back.
        public let isProbe: Bool
    }

    public enum Answer: Sendable, Equatable {
        case allowed(Permit)
        /// Milliseconds after which it is worth asking again, 1 or more.
        case shutOut(retryAfterMs: Int64)
    }

    /// How a call ended.
    public enum Outcome: Sendable, Equatable {
        /// The backend answered. A refusal of the question itself is an answer, too.
        case succeeded
        /// The backend did not answer, too late, or that it cannot.
        case failed
        /// The caller left before anybody could tell.
        case abandoned
    }

    private enum Phase: Equatable {
        case closed
        case open(untilMs: Int64)
        /// - passed: probes that succeeded so far.
        /// - probeSinceMs: when the probe that is under way began.
        case halfOpen(passed: Int, probeSinceMs: Int64?)
    }

    /// Slices of the window: 1 s each where the window is 30 s.
    public static let slices = 30

    public let settings: BreakerSettings
    public private(set) var counters = BreakerCounters()
    private var phase = Phase.closed
    /// Grows with every change of state and with every probe.
    private var era: UInt64 = 0
    private var calls: SlidingCount
    private var errors: SlidingCount
    private var errorsInARow = 0

    public init(_ settings: BreakerSettings = BreakerSettings()) {
        settings.prove()
        self.settings = settings
        calls = SlidingCount(windowMs: settings.windowMs, slices: Self.slices)
        errors = SlidingCount(windowMs: settings.windowMs, slices: Self.slices)
    }

    /// For metrics.
    ///
    /// - Parameter nowMs: monotonic milliseconds, `0 ..< 2^62`.
    public func state(nowMs: Int64) -> State {
        switch phase(nowMs: nowMs) {
        case .closed: .closed
        case .open: .open
        case .halfOpen: .halfOpen
        }
    }

    /// How long until a call may go through, milliseconds; 0 when one may now. Changes nothing.
    public func waitMs(nowMs: Int64) -> Int64 {
        switch phase(nowMs: nowMs) {
        case .closed, .halfOpen(_, nil): 0
        case .open(let untilMs): untilMs - nowMs
        case .halfOpen: RetryAfter.unknownMs
        }
    }

    /// Asks for the right to make a call now.
    public mutating func permit(nowMs: Int64) -> Answer {
        settle(nowMs: nowMs)
        let waitMs = waitMs(nowMs: nowMs)
        if waitMs > 0 {
            counters.shutOut += 1
            return .shutOut(retryAfterMs: waitMs)
        }
        guard case .halfOpen(let passed, _) = phase else { return .allowed(Permit(era: era, isProbe: false)) }
        counters.probes += 1
        change(to: .halfOpen(passed: passed, probeSinceMs: nowMs))
        return .allowed(Permit(era: era, isProbe: true))
    }

    /// A call that was permitted has ended.
    public mutating func ended(_ permit: Permit, _ outcome: Outcome, nowMs: Int64) {
        settle(nowMs: nowMs)
        counters.count(outcome)
        guard permit.era == era else {
            counters.late += 1
            return
        }
        switch phase {
        case .closed: count(outcome, nowMs: nowMs)
        case .open: break
        case .halfOpen(let passed, _): probeEnded(outcome, passed: passed, nowMs: nowMs)
        }
    }

    /// Lets probes through before the time is over.
    public mutating func probeNow(nowMs: Int64) {
        settle(nowMs: nowMs)
        if case .open = phase { change(to: .halfOpen(passed: 0, probeSinceMs: nil)) }
    }

    private mutating func count(_ outcome: Outcome, nowMs: Int64) {
        if outcome == .abandoned { return }
        calls.add(nowMs: nowMs)
        if outcome == .failed { errors.add(nowMs: nowMs) }
        errorsInARow = outcome == .failed ? errorsInARow + 1 : 0
        let callCount = calls.total(nowMs: nowMs)
        let isOver = errors.total(nowMs: nowMs) * 100 > callCount * settings.errorPercent
        if (isOver && callCount >= settings.callsMin) || errorsInARow >= settings.errorsInARow {
            open(untilMs: nowMs + settings.openMs)
        }
    }

    private mutating func probeEnded(_ outcome: Outcome, passed: Int, nowMs: Int64) {
        switch outcome {
        case .failed: open(untilMs: nowMs + settings.openMs)
        case .abandoned: change(to: .halfOpen(passed: passed, probeSinceMs: nil))
        case .succeeded where passed + 1 < settings.probesToClose:
            change(to: .halfOpen(passed: passed + 1, probeSinceMs: nil))
        case .succeeded:
            counters.closed += 1
            calls.removeAll()
            errors.removeAll()
            errorsInARow = 0
            change(to: .closed)
        }
    }

    private mutating func open(untilMs: Int64) {
        counters.opened += 1
        change(to: .open(untilMs: untilMs))
    }

    private mutating func change(to phase: Phase) {
        self.phase = phase
        era += 1
    }

    // MARK: What time alone changes

    /// When the probe that is under way has failed for its silence; nil when there is none.
    private var probeEndsMs: Int64? {
        if case .halfOpen(_, let sinceMs?) = phase { sinceMs + settings.probeMsMax } else { nil }
    }

    private func phase(nowMs: Int64) -> Phase {
        var phase = phase
        if let probeEndsMs, nowMs >= probeEndsMs { phase = .open(untilMs: probeEndsMs + settings.openMs) }
        if case .open(let untilMs) = phase, nowMs >= untilMs { phase = .halfOpen(passed: 0, probeSinceMs: nil) }
        return phase
    }

    private mutating func settle(nowMs: Int64) {
        if let probeEndsMs, nowMs >= probeEndsMs { counters.opened += 1 }
        let settled = phase(nowMs: nowMs)
        if settled != phase { change(to: settled) }
    }
}

/// Totals since start.
public struct BreakerCounters: Sendable, Equatable {
    /// How often it opened and how often it closed again.
    public var opened = 0
    public var closed = 0
    /// Calls that were not let through.
    public var shutOut = 0
    /// Calls that went through while half open.
    public var probes = 0
    /// Outcomes.
    public var succeeded = 0
    public var failed = 0
    public var abandoned = 0
    /// Outcomes that came when the state had changed.
    public var late = 0

    mutating func count(_ outcome: CircuitBreaker.Outcome) {
        switch outcome {
        case .succeeded: succeeded += 1
        case .failed: failed += 1
        case .abandoned: abandoned += 1
        }
    }
}
