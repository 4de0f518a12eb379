import Randomness
import Testing

@testable import FlowCore

@Suite("the bucket of tokens")
struct TokenBucketTests {
    /// Thousandths of a token per second, burst.
    static let rates: [(Int64, Int64)] = [
        (1, 1), (1, 1_000_000_000), (333, 2), (1_100, 1), (5_500, 7), (999_999, 1_000), (22_000_000, 22),
        (1_000_000_000_000, 1), (1_000_000_000_000, 1_000_000_000),
    ]

    @Test("it allows what a bucket counted in whole millionths does, whatever the clock does", arguments: rates)
    func likeTheNaiveOne(thousandths: Int64, burst: Int64) {
        let rate = TokenRate(thousandthsPerSecond: thousandths, burst: burst)
        var random = SplitMix64(seed: UInt64(thousandths) &+ UInt64(burst))
        var clock = StrangeClock(seed: UInt64(burst), edgesMs: [1, rate.msToFill, rate.msToFill / burst + 1])
        var bucket = TokenBucket(rate)
        var naive = NaiveBucket(thousandthsPerSecond: thousandths, burst: burst)
        var allowed = 0
        for _ in 0..<4_000 {
            clock.step()
            let count = random.chance(50) ? 1 : Int64.random(in: 1...burst, using: &random)
            let before = bucket
            switch bucket.take(count, nowMs: clock.nowMs) {
            case .allowed:
                allowed += 1
                #expect(naive.has(count, nowMs: clock.nowMs))
                naive.take(count, nowMs: clock.nowMs)
            case .refused(let retryAfterMs):
                #expect(retryAfterMs >= 1)
                #expect(naive.has(count, nowMs: clock.nowMs + retryAfterMs))
                #expect(!naive.has(count, nowMs: clock.nowMs + retryAfterMs - 1))
                var again = before
                #expect(again.take(count, nowMs: clock.nowMs + retryAfterMs) == .allowed, "the retry came too early")
            }
        }
        #expect(allowed > 100 && allowed < 4_000, "the history shows nothing: \(allowed) allowed")
    }

    @Test("in no stretch of time is more allowed than the burst and what comes in", arguments: [1, 2, 3] as [UInt64])
    func everyStretch(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var bucket = TokenBucket(TokenRate(thousandthsPerSecond: 7_300, burst: 9))
        var nowMs: Int64 = 0
        var times: [Int64] = []
        while times.count < 400 {
            if random.chance(30) { nowMs += Int64(random.below(400)) }
            if bucket.take(nowMs: nowMs) == .allowed { times.append(nowMs) }
        }
        for first in times.indices {
            for last in first..<times.count {
                let comesIn = (times[last] - times[first]) * 7_300
                #expect(Int64(last - first + 1) * 1_000_000 <= 9 * 1_000_000 + comesIn)
            }
        }
    }

    @Test("a million requests that come as soon as they may drift by nothing")
    func noDrift() {
        let thousandths: Int64 = 5_507
        var bucket = TokenBucket(TokenRate(thousandthsPerSecond: thousandths, burst: 3))
        var nowMs: Int64 = 0
        var misplaced = 0
        for number in 0..<1_000_000 as Range<Int64> {
            // The first three are there; each of the others needs so many millionths more since the start.
            let needed = max(0, number - 2) * 1_000_000
            let expectedMs = (needed + thousandths - 1) / thousandths
            while case .refused(let retryAfterMs) = bucket.take(nowMs: nowMs) { nowMs += retryAfterMs }
            if nowMs != expectedMs { misplaced += 1 }
        }
        #expect(misplaced == 0)
    }

    @Test("a clock that goes back against its promise leaves a bucket empty at worst, and full again in its time")
    func backwards() {
        let rate = TokenRate(perSecond: TokenRate.most, burst: 2)
        var bucket = TokenBucket(rate)
        #expect(bucket.take(2, nowMs: 1 << 61) == .allowed)
        #expect(bucket.take(nowMs: 0) == .refused(retryAfterMs: 1))
        #expect(bucket.take(2, nowMs: (1 << 61) + 1) == .allowed)
    }

    @Test("who keeps to the steady load is never refused; of a load of 130 % the part over 110 % is")
    func steadyLoad() {
        for (percent, expected) in [(100, 60_000), (130, 60_000 * 110 / 100 + 1_100)] as [(Int64, Int)] {
            var bucket = TokenBucket(TokenRate.aboveSteady(perSecond: 1_000))
            var allowed = 0
            for number in 0..<60_000 * percent / 100 {
                let nowMs = number * 100 / percent
                if bucket.take(nowMs: nowMs) == .allowed { allowed += 1 }
            }
            #expect(abs(allowed - expected) <= 2, "of \(percent) % \(allowed) were allowed")
        }
    }

    @Test("110 % of a steady load is exact, and a burst is a second of it where none is given")
    func aboveSteady() {
        #expect(TokenRate.aboveSteady(perSecond: 5).millionthsPerMs == 5_500)
        #expect(TokenRate.aboveSteady(perSecond: 5).burst == 6)
        #expect(TokenRate.aboveSteady(perSecond: 1_000, burst: 4) == TokenRate(perSecond: 1_100, burst: 4))
    }

    @Test("Retry-After is whole seconds, never shorter than the wait and never 0")
    func retryAfter() {
        let seconds = [0, 1, 999, 1_000, 1_001, 90_000, Int64.max].map { RetryAfter.seconds(ms: $0) }
        #expect(seconds == [1, 1, 1, 1, 2, 90, Int64.max / 1_000 + 1])
    }
}
