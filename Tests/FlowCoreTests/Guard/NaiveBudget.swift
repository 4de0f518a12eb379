import FlowCore

/// The rule of tries again over plain lists of events.
struct NaiveBudget {
    let settings: RetrySettings
    private var requests: NaiveWindow
    private var triesAgain: NaiveWindow

    init(_ settings: RetrySettings) {
        self.settings = settings
        requests = NaiveWindow(windowMs: settings.windowMs, slices: RetryBudget.slices)
        triesAgain = NaiveWindow(windowMs: settings.windowMs, slices: RetryBudget.slices)
    }

    mutating func requestSent(nowMs: Int64) { requests.add(nowMs: nowMs) }

    func answer(already: Int, nowMs: Int64) -> RetryBudget.Answer {
        if already >= settings.perRequest { return .triesUsedUp }
        let share = requests.total(nowMs: nowMs) * settings.percent / 100
        return triesAgain.total(nowMs: nowMs) < max(settings.floor, share) ? .allowed : .budgetSpent
    }

    mutating func triedAgain(nowMs: Int64) { triesAgain.add(nowMs: nowMs) }
}
