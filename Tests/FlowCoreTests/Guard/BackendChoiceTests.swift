import Randomness
import Testing

@testable import FlowCore

@Suite("the choice of a backend")
struct BackendChoiceTests {
    /// Drives the choice and the naive one through the same history.
    private struct History {
        var choice: BackendChoice
        var naive: NaiveChoice
        var clock: StrangeClock
        var random: SplitMix64
        var underWay: [(attempt: BackendChoice.Attempt, naive: NaiveChoice.Attempt)] = []
        static let freshnesses: [BackendChoice.Freshness] = [.any, .any, .newest, .within(ms: 0), .within(ms: 500)]
        /// Errors in a hundred calls, by backend.
        var illness: [Int]
        /// What was seen, so that no history passes that shows nothing.
        var seen: [String: Int] = [:]

        init(replicas: Int, seed: UInt64) {
            let breaker = BreakerSettings()
            var retries = RetrySettings()
            if seed % 2 == 0 { retries.floor = 1 }
            choice = BackendChoice(replicas: replicas, breaker: breaker, retries: retries)
            naive = NaiveChoice(replicas: replicas, breaker: breaker, retries: retries)
            clock = StrangeClock(seed: seed, edgesMs: [1, 100, 1_000, breaker.probeMsMax, breaker.openMs])
            random = SplitMix64(seed: seed)
            illness = Array(repeating: 0, count: replicas + 1)
        }

        private var replicas: Int { illness.count - 1 }

        mutating func step() {
            if random.once(in: 5) { clock.step() }
            if random.once(in: 60) { illness[random.below(illness.count)] = random.pick([0, 0, 2, 30, 100, 100]) }
            if replicas > 0 && random.once(in: 10) { tellLag() }
            if underWay.count < 40 && random.chance(50) {
                let freshness = random.pick(Self.freshnesses)
                compare(
                    choice.first(freshness, nowMs: clock.nowMs), naive.first(freshness, nowMs: clock.nowMs), freshness)
            } else if !underWay.isEmpty {
                endOne()
            }
            #expect(choice.report(nowMs: clock.nowMs).map(\.inFlight) == naive.inFlight)
        }

        private mutating func tellLag() {
            let replica = random.below(replicas)
            let lagMs = random.once(in: 10) ? nil : random.pick([0, 0, 100, 501, 60_000]) as Int64
            choice.told(lagMs: lagMs, ofReplica: replica, nowMs: clock.nowMs)
            naive.lags[replica] = lagMs.map { ($0, clock.nowMs) }
        }

        private mutating func endOne() {
            let nowMs = clock.nowMs
            let call = underWay.remove(at: random.below(underWay.count))
            if random.once(in: 20) {
                choice.abandoned(call.attempt, nowMs: nowMs)
                naive.ended(call.naive, .abandoned, nowMs: nowMs)
            } else if random.chance(illness[call.naive.backend]) {
                compare(
                    choice.failed(call.attempt, nowMs: nowMs), naive.failed(call.naive, nowMs: nowMs),
                    call.naive.freshness)
            } else {
                choice.succeeded(call.attempt, nowMs: nowMs)
                naive.ended(call.naive, .succeeded, nowMs: nowMs)
            }
        }

        private mutating func compare(
            _ answer: BackendChoice.Answer, _ expected: NaiveChoice.Answer, _ freshness: BackendChoice.Freshness
        ) {
            switch (answer, expected) {
            case (.ask(let attempt), .ask(let other)):
                let backend: BackendChoice.Backend =
                    other.backend == replicas ? .primary : .replica(other.backend)
                #expect(attempt.backend == backend && attempt.triesBefore == other.triesBefore)
                #expect(attempt.triesBefore <= 3)
                #expect(naive.isFreshEnough(other.backend, freshness, nowMs: clock.nowMs))
                underWay.append((attempt, other))
                seen[attempt.triesBefore == 0 ? "first \(backend == .primary)" : "again", default: 0] += 1
            case (.noneNow(let reason, let retryAfterMs), .noneNow(let otherReason, let otherMs)):
                #expect(reason == otherReason && retryAfterMs == otherMs && retryAfterMs >= 1)
                seen["\(reason)", default: 0] += 1
                let isKnown = retryAfterMs != RetryAfter.unknownMs && (freshness == .any || freshness == .newest)
                if reason == .shutOut && isKnown { expectExact(retryAfterMs, freshness) }
            case (let answer, let expected):
                Issue.record("\(answer) where \(expected) was right")
            }
        }

        /// Coming back after the wait finds a backend, and before it does not.
        private func expectExact(_ retryAfterMs: Int64, _ freshness: BackendChoice.Freshness) {
            for (waitMs, isThere) in [(retryAfterMs - 1, false), (retryAfterMs, true)] {
                var later = choice
                let answer = later.first(freshness, nowMs: clock.nowMs + waitMs)
                if case .ask = answer { #expect(isThere) } else { #expect(!isThere) }
            }
        }
    }

    @Test(
        "it chooses as its description says, whatever fails, lags and comes back", arguments: 0...3,
        1...4 as ClosedRange<UInt64>)
    func likeTheNaiveOne(replicas: Int, seed: UInt64) {
        var history = History(replicas: replicas, seed: seed &* 31 &+ UInt64(replicas))
        for _ in 0..<6_000 { history.step() }
        let wanted = ["first true", "again", "shutOut"] + (replicas > 0 ? ["first false"] : [])
        for name in wanted { #expect(history.seen[name, default: 0] > 20, "\(name): \(history.seen)") }
    }

    // MARK: By hand

    private func asked(_ answer: BackendChoice.Answer) -> BackendChoice.Attempt? {
        if case .ask(let attempt) = answer { attempt } else { nil }
    }

    @Test("calls that stay go to the replicas in equal numbers, and one that is slow gets fewer")
    func load() throws {
        var choice = BackendChoice(replicas: 3)
        for _ in 0..<30 { _ = choice.first(.any, nowMs: 0) }
        #expect(choice.report(nowMs: 0).map(\.inFlight) == [10, 10, 10, 0])

        var other = BackendChoice(replicas: 2)
        var counts: [BackendChoice.Backend: Int] = [:]
        for _ in 0..<100 {
            let attempt = try #require(asked(other.first(.any, nowMs: 0)))
            counts[attempt.backend, default: 0] += 1
            // The first replica answers nothing.
            if attempt.backend == .replica(1) { other.succeeded(attempt, nowMs: 0) }
        }
        #expect(counts == [.replica(0): 1, .replica(1): 99])
    }

    @Test("calls one after the other go round")
    func turns() throws {
        var choice = BackendChoice(replicas: 3)
        var order: [BackendChoice.Backend] = []
        for _ in 0..<6 {
            let attempt = try #require(asked(choice.first(.any, nowMs: 0)))
            order.append(attempt.backend)
            choice.succeeded(attempt, nowMs: 0)
        }
        #expect(order == [.replica(0), .replica(1), .replica(2), .replica(0), .replica(1), .replica(2)])
    }

    @Test("a failed call goes to the other replica, then to the primary, then round again, three times in all")
    func failover() throws {
        var choice = BackendChoice(replicas: 2)
        var order: [BackendChoice.Backend] = []
        var answer = choice.first(.any, nowMs: 0)
        while let attempt = asked(answer) {
            order.append(attempt.backend)
            answer = choice.failed(attempt, nowMs: 0)
        }
        #expect(order == [.replica(0), .replica(1), .primary, .replica(0)])
        #expect(answer == .noneNow(.triesUsedUp, retryAfterMs: 1_000))
    }

    @Test("who needs the newest asks the primary alone, also after an error")
    func newest() throws {
        var choice = BackendChoice(replicas: 2)
        choice.told(lagMs: 0, ofReplica: 0, nowMs: 0)
        let attempt = try #require(asked(choice.first(.newest, nowMs: 0)))
        #expect(attempt.backend == .primary)
        #expect(asked(choice.failed(attempt, nowMs: 0))?.backend == .primary)
    }

    @Test("a replica of which nothing is heard falls behind as time goes")
    func lag() {
        var choice = BackendChoice(replicas: 1)
        func backend(_ freshness: BackendChoice.Freshness, nowMs: Int64) -> BackendChoice.Backend? {
            var copy = choice
            return asked(copy.first(freshness, nowMs: nowMs))?.backend
        }
        #expect(backend(.within(ms: 500), nowMs: 0) == .primary, "nobody has told its lag")
        #expect(backend(.any, nowMs: 0) == .replica(0))
        choice.told(lagMs: 200, ofReplica: 0, nowMs: 1_000)
        #expect(backend(.within(ms: 199), nowMs: 1_000) == .primary)
        #expect(backend(.within(ms: 200), nowMs: 1_000) == .replica(0))
        #expect(backend(.within(ms: 500), nowMs: 1_300) == .replica(0))
        #expect(backend(.within(ms: 500), nowMs: 1_301) == .primary)
        #expect(backend(.any, nowMs: 1 << 60) == .replica(0))
        choice.told(lagMs: nil, ofReplica: 0, nowMs: 1_000)
        #expect(backend(.within(ms: 500), nowMs: 1_000) == .primary)
    }

    @Test("a dead replica is shut out after five calls, the primary serves all, and 90 s later a single probe asks")
    func deadReplica() throws {
        var choice = BackendChoice(replicas: 1)
        for _ in 0..<5 {
            let attempt = try #require(asked(choice.first(.any, nowMs: 0)))
            #expect(attempt.backend == .replica(0))
            let again = try #require(asked(choice.failed(attempt, nowMs: 0)))
            #expect(again.backend == .primary && again.triesBefore == 1)
            choice.succeeded(again, nowMs: 0)
        }
        for _ in 0..<1_000 {
            let attempt = try #require(asked(choice.first(.any, nowMs: 89_999)))
            #expect(attempt.backend == .primary)
            choice.succeeded(attempt, nowMs: 89_999)
        }
        let backends = (0..<10).compactMap { _ in asked(choice.first(.any, nowMs: 90_000))?.backend }
        #expect(backends == [.replica(0)] + Array(repeating: .primary, count: 9))
        #expect(choice.report(nowMs: 90_000).map(\.state) == [.halfOpen, .closed])
    }

    @Test("where all are shut out one that answered somebody else is probed at once; where another serves it is not")
    func seenAlive() throws {
        var choice = BackendChoice(replicas: 1)
        func kill(_ freshness: BackendChoice.Freshness) throws {
            for _ in 0..<5 {
                let attempt = try #require(asked(choice.first(freshness, nowMs: 0)))
                if let again = asked(choice.failed(attempt, nowMs: 0)) { choice.abandoned(again, nowMs: 0) }
            }
        }
        try kill(.newest)
        choice.seenAlive(.primary, nowMs: 1_000)
        #expect(asked(choice.first(.newest, nowMs: 1_000)) == nil, "the replica serves")
        try kill(.any)
        choice.seenAlive(.primary, nowMs: 2_000)
        #expect(choice.report(nowMs: 2_000).map(\.state) == [.open, .halfOpen])
        for _ in 0..<3 {
            let probe = try #require(asked(choice.first(.any, nowMs: 2_000)))
            #expect(probe.backend == .primary)
            choice.succeeded(probe, nowMs: 2_000)
        }
        #expect(choice.report(nowMs: 2_000).map(\.state) == [.open, .closed])
    }

    @Test("replicas within a bound are those of which somebody said so, as long as it holds")
    func replicasWithin() {
        var choice = BackendChoice(replicas: 3)
        choice.told(lagMs: 0, ofReplica: 0, nowMs: 1_000)
        choice.told(lagMs: 900, ofReplica: 2, nowMs: 1_000)
        #expect(choice.replicas(within: 1_000, nowMs: 1_000) == [0, 2])
        #expect(choice.replicas(within: 1_000, nowMs: 1_500) == [0])
        #expect(choice.replicas(within: 1_000, nowMs: 3_000) == [])
    }

    @Test("when nobody is left it says until when")
    func noneNow() throws {
        var choice = BackendChoice(replicas: 1)
        func kill(_ freshness: BackendChoice.Freshness, _ backend: BackendChoice.Backend, nowMs: Int64) throws {
            for _ in 0..<5 {
                let attempt = try #require(asked(choice.first(freshness, nowMs: nowMs)))
                #expect(attempt.backend == backend)
                if let again = asked(choice.failed(attempt, nowMs: nowMs)) { choice.abandoned(again, nowMs: nowMs) }
            }
        }
        try kill(.newest, .primary, nowMs: 0)
        #expect(choice.first(.newest, nowMs: 1_000) == .noneNow(.shutOut, retryAfterMs: 89_000))
        #expect(choice.first(.within(ms: 10), nowMs: 1_000) == .noneNow(.shutOut, retryAfterMs: 1_000))
        try kill(.any, .replica(0), nowMs: 40_000)
        #expect(choice.first(.any, nowMs: 50_000) == .noneNow(.shutOut, retryAfterMs: 40_000))
        #expect(asked(choice.first(.any, nowMs: 90_000))?.backend == .primary)
    }
}
