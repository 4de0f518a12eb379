import Testing

@testable import RedisClient

@Suite struct RetryBudgetTests {
    @Test("repeats stay within a tenth of the calls of the last ten seconds")
    func tenth() {
        var budget = RetryBudget()
        for _ in 0..<9 { budget.countCall(atMs: 1_000) }
        let tooFew = budget.take(atMs: 1_000)
        budget.countCall(atMs: 1_500)
        let first = budget.take(atMs: 2_000)
        let second = budget.take(atMs: 2_000)
        #expect(!tooFew && first && !second)
        let remembered = budget.take(atMs: 10_999)
        for _ in 0..<10 { budget.countCall(atMs: 11_000) }
        let afterwards = budget.take(atMs: 12_000)
        #expect(!remembered && afterwards)
    }

    @Test("pauses double from 50 to 500 ms, each shortened by a half at most")
    func pauses() {
        var backoff = Backoff()
        for longest: Int64 in [50, 100, 200, 400, 500, 500] {
            #expect((longest / 2...longest).contains(backoff.pauseMs()))
        }
        backoff.reset()
        #expect(backoff.pauseMs() <= 50)
    }
}
