import Randomness
import Testing

@testable import FlowCore

@Suite("the sliding count")
struct SlidingCountTests {
    @Test(
        "it is the sum of a list of events, and its window is as long as told or shorter by less than a slice",
        arguments: [(10, 1), (10, 10), (10_000, 100), (30_000, 30)] as [(Int64, Int)])
    func likeAList(windowMs: Int64, slices: Int) {
        var random = SplitMix64(seed: UInt64(windowMs))
        var clock = StrangeClock(seed: UInt64(slices), edgesMs: [1, windowMs / Int64(slices), windowMs])
        var count = SlidingCount(windowMs: windowMs, slices: slices)
        var naive = NaiveWindow(windowMs: windowMs, slices: slices)
        var largest = 0
        for _ in 0..<3_000 {
            clock.step()
            let nowMs = clock.nowMs
            if random.chance(80) {
                let amount = random.below(4)
                count.add(amount, nowMs: nowMs)
                naive.add(amount, nowMs: nowMs)
            }
            if random.once(in: 500) {
                count.removeAll()
                naive.removeAll()
            }
            let total = count.total(nowMs: nowMs)
            #expect(total == naive.total(nowMs: nowMs))
            #expect(total <= naive.sum(since: nowMs - windowMs + 1))
            #expect(total >= naive.sum(since: nowMs - windowMs + windowMs / Int64(slices)))
            largest = max(largest, total)
        }
        #expect(largest > 10)
    }
}
