import Randomness
import Testing

@testable import FlowCore

@Suite("the circuit breaker")
struct CircuitBreakerTests {
    /// What a history has seen, so that none passes that shows nothing.
    private struct Seen {
        var states: [CircuitBreaker.State: Int] = [:]
    }

    private func compare(_ settings: BreakerSettings, seed: UInt64) -> (Seen, BreakerCounters) {
        var random = SplitMix64(seed: seed)
        var clock = StrangeClock(
            seed: seed, edgesMs: [1, 100, 1_000, settings.probeMsMax, settings.windowMs, settings.openMs])
        var breaker = CircuitBreaker(settings)
        var naive = NaiveBreaker(settings)
        var underWay: [(permit: CircuitBreaker.Permit, number: Int)] = []
        var errorPercent = 0
        var seen = Seen()
        for _ in 0..<6_000 {
            if random.once(in: 4) { clock.step() }
            if random.once(in: 100) { errorPercent = random.pick([0, 0, 1, 3, 50, 100]) }
            let nowMs = clock.nowMs
            if random.chance(52) {
                switch (breaker.permit(nowMs: nowMs), naive.permit(nowMs: nowMs)) {
                case (.allowed(let permit), let expected?):
                    #expect(permit.isProbe == expected.isProbe)
                    underWay.append((permit, expected.number))
                case (.shutOut(let retryAfterMs), nil):
                    #expect(retryAfterMs >= 1 && retryAfterMs == naive.waitMs(nowMs: nowMs))
                case (let answer, let expected):
                    Issue.record("\(answer) where \(String(describing: expected)) was right")
                }
            } else if !underWay.isEmpty {
                let call = underWay.remove(at: random.below(min(underWay.count, 8)))
                let outcome: CircuitBreaker.Outcome =
                    random.once(in: 20) ? .abandoned : random.chance(errorPercent) ? .failed : .succeeded
                breaker.ended(call.permit, outcome, nowMs: nowMs)
                naive.ended(call.number, outcome, nowMs: nowMs)
            }
            #expect(breaker.waitMs(nowMs: nowMs) == naive.waitMs(nowMs: nowMs))
            let state = breaker.state(nowMs: nowMs)
            #expect(state == naive.state(nowMs: nowMs))
            seen.states[state, default: 0] += 1
        }
        return (seen, breaker.counters)
    }

    @Test("it does what its description says of a list of every outcome", arguments: 1...6 as ClosedRange<UInt64>)
    func likeTheNaiveOne(seed: UInt64) {
        var settings = BreakerSettings()
        if seed % 2 == 0 {
            // Bent, so that percentage and probes decide more often.
            settings.callsMin = 10
            settings.errorPercent = 20
            settings.probesToClose = 2
            settings.openMs = 3_000
        }
        let (seen, counters) = compare(settings, seed: seed)
        #expect(seen.states.count == 3 && seen.states.values.allSatisfy { $0 > 20 }, "\(seen.states)")
        #expect(counters.opened > 5 && counters.closed > 1 && counters.probes > 5 && counters.late > 5, "\(counters)")
    }

    // MARK: By hand

    private func ended(
        _ outcome: CircuitBreaker.Outcome, times: Int = 1, _ breaker: inout CircuitBreaker, nowMs: Int64 = 0
    ) {
        for _ in 0..<times {
            guard case .allowed(let permit) = breaker.permit(nowMs: nowMs) else {
                Issue.record("shut out")
                return
            }
            breaker.ended(permit, outcome, nowMs: nowMs)
        }
    }

    private func opened(atMs: Int64 = 0) -> CircuitBreaker {
        var breaker = CircuitBreaker()
        ended(.failed, times: 5, &breaker, nowMs: atMs)
        #expect(breaker.state(nowMs: atMs) == .open)
        return breaker
    }

    @Test("one error of fifty calls is not over 2 %, two are, and of fewer than fifty calls two prove nothing")
    func percentage() {
        var breaker = CircuitBreaker()
        ended(.failed, &breaker)
        ended(.succeeded, times: 47, &breaker)
        ended(.failed, &breaker)
        #expect(breaker.state(nowMs: 0) == .closed)
        ended(.succeeded, &breaker)
        #expect(breaker.state(nowMs: 0) == .open)

        var other = CircuitBreaker()
        ended(.failed, &other)
        ended(.succeeded, times: 99, &other)
        ended(.failed, &other)
        #expect(other.state(nowMs: 0) == .closed, "2 of 101")
        ended(.failed, &other)
        #expect(other.state(nowMs: 0) == .open, "3 of 102")
    }

    @Test("errors count for as long as they are within the window")
    func window() {
        // Two successes a second, and an error every so many seconds: 60 calls in the window and a few.
        for (everySeconds, expected) in [(30, .closed), (10, .open)] as [(Int64, CircuitBreaker.State)] {
            var breaker = CircuitBreaker()
            for call in 0..<1_800 as Range<Int64> where breaker.counters.opened == 0 {
                let isError = call % 3 == 0 && call / 3 % everySeconds == 0
                if call % 3 > 0 || isError { ended(isError ? .failed : .succeeded, &breaker, nowMs: call / 3 * 1_000) }
            }
            #expect((breaker.counters.opened == 0) == (expected == .closed), "an error every \(everySeconds) s")
        }
    }

    @Test("five errors in a row open it however few calls there are; four and a success do not")
    func inARow() {
        var breaker = CircuitBreaker()
        ended(.failed, times: 4, &breaker)
        ended(.succeeded, &breaker)
        ended(.failed, times: 4, &breaker)
        #expect(breaker.state(nowMs: 0) == .closed)
        ended(.failed, &breaker)
        #expect(breaker.state(nowMs: 0) == .open)
    }

    @Test("a backend is shut out for 90 s to the millisecond, also when the clock jumps")
    func ninetySeconds() {
        var breaker = opened(atMs: 7)
        #expect(breaker.permit(nowMs: 7) == .shutOut(retryAfterMs: 90_000))
        #expect(breaker.permit(nowMs: 90_006) == .shutOut(retryAfterMs: 1))
        #expect(breaker.state(nowMs: 90_007) == .halfOpen)
        #expect(breaker.state(nowMs: 1 << 60) == .halfOpen)
        guard case .allowed(let permit) = breaker.permit(nowMs: 1 << 60) else {
            Issue.record("shut out for ever")
            return
        }
        #expect(permit.isProbe)
    }

    @Test("half open lets one probe through at a time; three successes close it")
    func probes() {
        var breaker = opened()
        for probe in 1...3 {
            guard case .allowed(let permit) = breaker.permit(nowMs: 90_000) else {
                Issue.record("no probe \(probe)")
                return
            }
            #expect(breaker.permit(nowMs: 90_000) == .shutOut(retryAfterMs: 1_000))
            #expect(breaker.state(nowMs: 90_000) == .halfOpen)
            breaker.ended(permit, .succeeded, nowMs: 90_001)
        }
        #expect(breaker.state(nowMs: 90_001) == .closed)
        #expect(breaker.counters.closed == 1 && breaker.counters.probes == 3)
        // What opened it is forgotten: another four errors in a row are not nine.
        ended(.failed, times: 4, &breaker, nowMs: 90_002)
        #expect(breaker.state(nowMs: 90_002) == .closed)
    }

    @Test("one failed probe opens it again for the whole time, whatever succeeded before it")
    func failedProbe() {
        var breaker = opened()
        ended(.succeeded, times: 2, &breaker, nowMs: 90_000)
        ended(.failed, &breaker, nowMs: 90_500)
        #expect(breaker.permit(nowMs: 90_500) == .shutOut(retryAfterMs: 90_000))
        ended(.succeeded, times: 2, &breaker, nowMs: 180_500)
        #expect(breaker.state(nowMs: 180_500) == .halfOpen)
    }

    @Test("a probe whose caller left makes room for another and proves nothing")
    func abandonedProbe() {
        var breaker = opened()
        ended(.abandoned, times: 10, &breaker, nowMs: 90_000)
        #expect(breaker.state(nowMs: 90_000) == .halfOpen)
        ended(.succeeded, times: 3, &breaker, nowMs: 90_000)
        #expect(breaker.state(nowMs: 90_000) == .closed)
    }

    @Test("a probe of which nothing is heard has failed, and its late success is passed over")
    func silentProbe() {
        var breaker = opened()
        guard case .allowed(let permit) = breaker.permit(nowMs: 90_000) else {
            Issue.record("no probe")
            return
        }
        #expect(breaker.permit(nowMs: 99_999) == .shutOut(retryAfterMs: 1_000))
        #expect(breaker.permit(nowMs: 100_000) == .shutOut(retryAfterMs: 90_000))
        breaker.ended(permit, .succeeded, nowMs: 190_000)
        #expect(breaker.counters.late == 1 && breaker.counters.opened == 2)
        ended(.succeeded, times: 2, &breaker, nowMs: 190_000)
        #expect(breaker.state(nowMs: 190_000) == .halfOpen, "the late success was counted")
    }

    @Test("calls that were under way when it opened neither close it nor open it again")
    func lateOutcomes() {
        var breaker = CircuitBreaker()
        let permits = (0..<20).compactMap { _ in
            if case .allowed(let permit) = breaker.permit(nowMs: 0) { permit } else { nil }
        }
        for permit in permits.prefix(5) { breaker.ended(permit, .failed, nowMs: 0) }
        for permit in permits[5..<10] { breaker.ended(permit, .succeeded, nowMs: 1) }
        #expect(breaker.state(nowMs: 1) == .open)
        for permit in permits[10..<15] { breaker.ended(permit, .succeeded, nowMs: 90_000) }
        for permit in permits[15..<20] { breaker.ended(permit, .failed, nowMs: 90_000) }
        #expect(breaker.state(nowMs: 90_000) == .halfOpen)
        #expect(breaker.counters.late == 15 && breaker.counters.opened == 1)
    }
}
