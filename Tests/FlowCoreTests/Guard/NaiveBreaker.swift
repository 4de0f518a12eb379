import FlowCore

/// What the breaker's description says, over a list of every outcome that is looked through each time.
struct NaiveBreaker {
    let settings: BreakerSettings
    private var outcomes: [(atMs: Int64, isError: Bool)] = []
    /// When it was opened; nil while it is closed.
    private var openedMs: Int64?
    private var passed = 0
    private var probe: (number: Int, sinceMs: Int64)?
    /// Calls that were let through since it last closed, while it is closed.
    private var current: Set<Int> = []
    private var permits = 0

    init(_ settings: BreakerSettings) { self.settings = settings }

    private mutating func open(atMs: Int64) {
        openedMs = atMs
        passed = 0
        probe = nil
        current = []
    }

    /// Time alone: a silent probe fails.
    mutating func pass(nowMs: Int64) {
        if let probe, nowMs - probe.sinceMs >= settings.probeMsMax { open(atMs: probe.sinceMs + settings.probeMsMax) }
    }

    func state(nowMs: Int64) -> CircuitBreaker.State {
        guard let openedMs else { return .closed }
        return nowMs - openedMs < settings.openMs ? .open : .halfOpen
    }

    mutating func waitMs(nowMs: Int64) -> Int64 {
        pass(nowMs: nowMs)
        switch state(nowMs: nowMs) {
        case .closed: return 0
        case .open: return (openedMs ?? 0) + settings.openMs - nowMs
        case .halfOpen: return probe == nil ? 0 : 1_000
        }
    }

    /// The number of the permit, and whether it is for a probe; nil when shut out.
    mutating func permit(nowMs: Int64) -> (number: Int, isProbe: Bool)? {
        if waitMs(nowMs: nowMs) > 0 { return nil }
        permits += 1
        if state(nowMs: nowMs) == .closed {
            current.insert(permits)
            return (permits, false)
        }
        probe = (permits, nowMs)
        return (permits, true)
    }

    mutating func ended(_ number: Int, _ outcome: CircuitBreaker.Outcome, nowMs: Int64) {
        pass(nowMs: nowMs)
        if probe?.number == number {
            probe = nil
            if outcome == .failed { open(atMs: nowMs) }
            if outcome == .succeeded { passed += 1 }
            if passed == settings.probesToClose {
                openedMs = nil
                passed = 0
                outcomes = []
            }
        } else if current.remove(number) != nil, outcome != .abandoned {
            outcomes.append((nowMs, outcome == .failed))
            if hasFailedTooOften(nowMs: nowMs) { open(atMs: nowMs) }
        }
    }

    private func hasFailedTooOften(nowMs: Int64) -> Bool {
        let last = outcomes.suffix(settings.errorsInARow)
        if last.count == settings.errorsInARow && last.allSatisfy(\.isError) { return true }
        let sliceMs = settings.windowMs / Int64(CircuitBreaker.slices)
        let oldest = nowMs / sliceMs * sliceMs - settings.windowMs + sliceMs
        let counted = outcomes.filter { $0.atMs >= oldest }
        let errors = counted.filter(\.isError)
        return counted.count >= settings.callsMin && errors.count * 100 > counted.count * settings.errorPercent
    }
}
