import FlowCore

/// The choice of a backend as its description says it: one filter after the other.
struct NaiveChoice {
    struct Attempt {
        let freshness: BackendChoice.Freshness
        let asked: [Int]
        let permit: Int

        var backend: Int { asked[asked.count - 1] }
        var triesBefore: Int { asked.count - 1 }
    }

    enum Answer {
        case ask(Attempt)
        case noneNow(BackendChoice.Reason, Int64)
    }

    /// The last one is the primary.
    let primary: Int
    var breakers: [NaiveBreaker]
    var budgets: [NaiveBudget]
    var inFlight: [Int]
    /// How far behind, and when that was told.
    var lags: [(lagMs: Int64, toldMs: Int64)?]
    private var lastReplica = -1

    init(replicas: Int, breaker: BreakerSettings, retries: RetrySettings) {
        primary = replicas
        breakers = Array(repeating: NaiveBreaker(breaker), count: replicas + 1)
        budgets = Array(repeating: NaiveBudget(retries), count: replicas + 1)
        inFlight = Array(repeating: 0, count: replicas + 1)
        lags = Array(repeating: nil, count: replicas + 1)
    }

    func isFreshEnough(_ backend: Int, _ freshness: BackendChoice.Freshness, nowMs: Int64) -> Bool {
        if backend == primary { return true }
        switch freshness {
        case .newest: return false
        case .any: return true
        case .within(let ms):
            guard let lag = lags[backend] else { return false }
            return lag.lagMs + (nowMs - lag.toldMs) <= ms
        }
    }

    private func narrowed(_ backends: [Int], _ isWanted: (Int) -> Bool) -> [Int] {
        let wanted = backends.filter(isWanted)
        return wanted.isEmpty ? backends : wanted
    }

    private mutating func choose(_ freshness: BackendChoice.Freshness, asked: [Int], nowMs: Int64) -> Answer {
        var waits: [Int64] = []
        var able: [Int] = []
        for backend in 0...primary where backend == primary || freshness != .newest {
            let waitMs = breakers[backend].waitMs(nowMs: nowMs)
            let isFresh = isFreshEnough(backend, freshness, nowMs: nowMs)
            if isFresh && waitMs == 0 { able.append(backend) }
            waits.append(isFresh ? waitMs : max(1_000, waitMs))
        }
        if able.isEmpty { return .noneNow(.shutOut, waits.min() ?? 0) }
        able = narrowed(able) { !asked.contains($0) }
        able = narrowed(able) { $0 != asked.last }
        able = narrowed(able) { $0 != primary }
        let least = able.map { inFlight[$0] }.min()
        able = able.filter { inFlight[$0] == least }
        let chosen = able.first { $0 > lastReplica } ?? able[0]
        guard let permit = breakers[chosen].permit(nowMs: nowMs) else { return .noneNow(.shutOut, -1) }
        if chosen != primary { lastReplica = chosen }
        inFlight[chosen] += 1
        return .ask(Attempt(freshness: freshness, asked: asked + [chosen], permit: permit.number))
    }

    mutating func first(_ freshness: BackendChoice.Freshness, nowMs: Int64) -> Answer {
        let answer = choose(freshness, asked: [], nowMs: nowMs)
        if case .ask(let attempt) = answer { budgets[attempt.backend].requestSent(nowMs: nowMs) }
        return answer
    }

    mutating func ended(_ attempt: Attempt, _ outcome: CircuitBreaker.Outcome, nowMs: Int64) {
        inFlight[attempt.backend] -= 1
        breakers[attempt.backend].ended(attempt.permit, outcome, nowMs: nowMs)
    }

    mutating func failed(_ attempt: Attempt, nowMs: Int64) -> Answer {
        ended(attempt, .failed, nowMs: nowMs)
        switch budgets[attempt.backend].answer(already: attempt.triesBefore, nowMs: nowMs) {
        case .triesUsedUp: return .noneNow(.triesUsedUp, 1_000)
        case .budgetSpent: return .noneNow(.budgetSpent, 1_000)
        case .allowed: break
        }
        let answer = choose(attempt.freshness, asked: attempt.asked, nowMs: nowMs)
        if case .ask = answer { budgets[attempt.backend].triedAgain(nowMs: nowMs) }
        return answer
    }
}
