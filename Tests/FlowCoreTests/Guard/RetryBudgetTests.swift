import Randomness
import Testing

@testable import FlowCore

@Suite("the budget of tries again")
struct RetryBudgetTests {
    @Test("it allows what the rule says of lists of events", arguments: [(10, 10), (10, 0), (25, 3), (0, 2), (100, 0)])
    func likeLists(percent: Int, floor: Int) {
        var settings = RetrySettings()
        settings.percent = percent
        settings.floor = floor
        var random = SplitMix64(seed: UInt64(percent + floor))
        var clock = StrangeClock(seed: UInt64(percent), edgesMs: [1, 100, settings.windowMs])
        var budget = RetryBudget(settings)
        var naive = NaiveBudget(settings)
        var allowed = 0
        for _ in 0..<4_000 {
            clock.step()
            let nowMs = clock.nowMs
            for _ in 0..<random.below(6) {
                budget.requestSent(nowMs: nowMs)
                naive.requestSent(nowMs: nowMs)
            }
            let already = random.below(5)
            let answer = budget.take(already: already, nowMs: nowMs)
            #expect(answer == naive.answer(already: already, nowMs: nowMs))
            if answer == .allowed {
                naive.triedAgain(nowMs: nowMs)
                allowed += 1
            }
        }
        #expect(allowed > 50 && budget.allowedCount == allowed)
    }

    @Test("a request is tried again three times at most, whatever the budget holds")
    func perRequest() {
        var budget = RetryBudget()
        for _ in 0..<10_000 { budget.requestSent(nowMs: 0) }
        let answers = (0..<5).map { budget.take(already: $0, nowMs: 0) }
        #expect(answers == [.allowed, .allowed, .allowed, .triesUsedUp, .triesUsedUp])
    }

    @Test("when everything fails, the load grows by a tenth and not fourfold")
    func outage() {
        var budget = RetryBudget()
        var sent = 0
        for nowMs in 0..<60_000 as Range<Int64> {
            budget.requestSent(nowMs: nowMs)
            sent += 1
            var already = 0
            while budget.take(already: already, nowMs: nowMs) == .allowed {
                already += 1
                sent += 1
            }
        }
        #expect(sent >= 65_000 && sent <= 66_010, "\(sent) tries of 60,000 requests")
    }

    @Test("at little traffic one try again a second is allowed, and no more")
    func littleTraffic() {
        var budget = RetryBudget()
        var allowed = 0
        for second in 0..<100 as Range<Int64> {
            budget.requestSent(nowMs: second * 1_000)
            for _ in 0..<5 where budget.take(already: 0, nowMs: second * 1_000) == .allowed { allowed += 1 }
        }
        #expect(allowed >= 100 && allowed <= 110, "\(allowed) in 100 s")
    }
}
