import Randomness
import Testing

@testable import FlowCore

@Suite("equal misses on one call")
struct SingleFlightTests {
    private struct Trouble: Error, Equatable { let number: Int }
    private typealias Flights = SingleFlight<String, Int, Trouble>

    /// Who waits for what, in plain lists.
    private struct NaiveFlights {
        struct Call {
            let key: String
            let startedMs: Int64
            var waiters: [Int] = []
        }
        let callsMax: Int
        let waitersMax: Int
        let shareMs: Int64
        /// In the order of starting; nil has ended.
        var calls: [Call?] = []

        var underWay: [Int] { calls.indices.filter { calls[$0] != nil } }
        var waiting: Int { calls.reduce(0) { $0 + ($1?.waiters.count ?? 0) } }

        enum Joined {
            case starts
            case shares(Int)
            case full
        }

        mutating func join(_ key: String, waiter: Int, nowMs: Int64) -> Joined {
            if waiting >= waitersMax { return .full }
            let newest = calls.indices.last { calls[$0]?.key == key }
            if let newest, let call = calls[newest], nowMs < call.startedMs + shareMs {
                calls[newest]?.waiters.append(waiter)
                return .shares(newest)
            }
            if underWay.count >= callsMax { return .full }
            calls.append(Call(key: key, startedMs: nowMs, waiters: [waiter]))
            return .starts
        }
    }

    /// Drives the machine and the lists; what a waiter is told is noted as it hears it.
    private final class History {
        let flights: Flights
        var naive: NaiveFlights
        var random: SplitMix64
        var clock: StrangeClock
        /// The machine's calls, as the lists number them.
        var calls: [Flights.Call] = []
        var waiters: [Int: Flights.Waiter] = [:]
        var heard: [(waiter: Int, answer: Flights.Answer)] = []
        var hasHeard: Set<Int> = []
        var joined = 0

        init(callsMax: Int, waitersMax: Int, seed: UInt64) {
            flights = Flights(callsMax: callsMax, waitersMax: waitersMax, shareMs: 50)
            naive = NaiveFlights(callsMax: callsMax, waitersMax: waitersMax, shareMs: 50)
            random = SplitMix64(seed: seed)
            clock = StrangeClock(seed: seed, edgesMs: [1, 25, 50])
        }

        func step() {
            if random.once(in: 4) { clock.step() }
            switch random.below(100) {
            case ..<60: join()
            case ..<80: end()
            default: leave()
            }
            #expect(flights.calls == naive.underWay.count && flights.calls <= flights.callsMax)
            #expect(flights.waiting == naive.waiting && flights.waiting <= flights.waitersMax)
        }

        private func join() {
            joined += 1
            let number = joined
            let key = "k\(random.below(6))"
            let answer = flights.join(key, nowMs: clock.nowMs) { [unowned self] in heard.append((number, $0)) }
            switch (answer, naive.join(key, waiter: number, nowMs: clock.nowMs)) {
            case (.starts(let call, let waiter), .starts):
                calls.append(call)
                waiters[number] = waiter
            case (.shares(let waiter), .shares): waiters[number] = waiter
            case (.full, .full): break
            case (let answer, let expected): Issue.record("\(answer) where \(expected) was right")
            }
        }

        private func end() {
            if naive.underWay.isEmpty { return }
            let number = random.pick(naive.underWay)
            let answer: Flights.Answer = random.chance(30) ? .failure(Trouble(number: number)) : .success(number)
            let expected = naive.calls[number]?.waiters ?? []
            naive.calls[number] = nil
            heard = []
            flights.ended(calls[number], answer)
            // Everybody who waits for this call, nobody else, in the order of coming, and once.
            #expect(heard.map(\.waiter) == expected)
            for told in heard {
                #expect(told.answer == answer)
                #expect(hasHeard.insert(told.waiter).inserted)
            }
        }

        private func leave() {
            if joined == 0 { return }
            // Mostly one of the last, who may still wait; some have been answered or have left before.
            let number = max(1, joined - random.below(30))
            guard let waiter = waiters[number] else { return }
            let call = naive.calls.indices.first { naive.calls[$0]?.waiters.contains(number) == true }
            #expect(flights.leave(waiter) == (call != nil))
            if let call { naive.calls[call]?.waiters.removeAll { $0 == number } }
        }
    }

    @Test(
        "it shares, answers and refuses as plain lists would, whoever leaves and whatever the clock does",
        arguments: [(1, 1), (2, 5), (4, 1_000), (100, 12), (100, 1_000)], 1...2 as ClosedRange<UInt64>)
    func likeLists(bounds: (calls: Int, waiters: Int), seed: UInt64) {
        let history = History(callsMax: bounds.calls, waitersMax: bounds.waiters, seed: seed)
        for _ in 0..<4_000 { history.step() }
        let counters = history.flights.counters
        #expect(counters.started > 100 && history.hasHeard.count > 100 && counters.left > 10, "\(counters)")
        #expect(bounds.waiters == 1 || counters.shared > 100, "\(counters)")
        #expect(bounds == (100, 1_000) || counters.full > 50, "\(counters)")
    }

    @Test("a waiter that leaves hears nothing and the others hear all; the first one may leave, too")
    func leaving() {
        let flights = Flights(callsMax: 2, waitersMax: 10, shareMs: 100)
        var heard: [Int] = []
        guard case .starts(let call, let first) = flights.join("k", nowMs: 0, onAnswer: { _ in heard.append(1) }),
            case .shares = flights.join("k", nowMs: 1, onAnswer: { _ in heard.append(2) })
        else {
            Issue.record("not shared")
            return
        }
        #expect(flights.leave(first))
        #expect(!flights.leave(first))
        guard case .shares = flights.join("k", nowMs: 2, onAnswer: { _ in heard.append(3) }) else {
            Issue.record("the call was ended for its first waiter")
            return
        }
        flights.ended(call, .success(7))
        #expect(heard == [2, 3] && flights.waiting == 0 && flights.calls == 0)
    }

    @Test("who misses again while the answer is told starts another call")
    func joinWithinAnswer() {
        let flights = Flights(callsMax: 1, waitersMax: 1, shareMs: 100)
        var second: Flights.Joined?
        let first = flights.join("k", nowMs: 0) { _ in
            second = flights.join("k", nowMs: 0) { _ in }
        }
        guard case .starts(let call, _) = first else {
            Issue.record("not started")
            return
        }
        flights.ended(call, .failure(Trouble(number: 1)))
        guard case .starts = second else {
            Issue.record("\(String(describing: second))")
            return
        }
    }

    @Test("a call that never ends takes nobody with it who comes later, and answers its own when it ends after all")
    func stuckCall() {
        let flights = Flights(callsMax: 5, waitersMax: 5, shareMs: 100)
        var heard: [Int] = []
        guard case .starts(let stuck, _) = flights.join("k", nowMs: 0, onAnswer: { _ in heard.append(1) }),
            case .shares = flights.join("k", nowMs: 99, onAnswer: { _ in heard.append(2) }),
            case .starts(let fresh, _) = flights.join("k", nowMs: 100, onAnswer: { _ in heard.append(3) })
        else {
            Issue.record("wrongly shared")
            return
        }
        flights.ended(stuck, .success(1))
        #expect(heard == [1, 2])
        guard case .shares = flights.join("k", nowMs: 150, onAnswer: { _ in heard.append(4) }) else {
            Issue.record("the old call's end hid the new call")
            return
        }
        flights.ended(fresh, .success(2))
        #expect(heard == [1, 2, 3, 4])
    }

    // MARK: Tasks

    /// All that a shell needs to share loads among tasks.
    private actor Cache {
        private let flights = Flights(callsMax: 10, waitersMax: 1_000, shareMs: 1_000)
        private(set) var loads = 0
        private(set) var asked = 0

        func value(_ key: String, load: @escaping @Sendable () async -> Flights.Answer) async throws -> Int {
            try await withCheckedThrowingContinuation { continuation in
                asked += 1
                let joined = flights.join(key, nowMs: 0) { continuation.resume(with: $0) }
                switch joined {
                case .starts(let call, _):
                    loads += 1
                    Task { self.flights.ended(call, await load()) }
                case .shares: break
                case .full: continuation.resume(throwing: Trouble(number: 0))
                }
            }
        }
    }

    @Test("an actor of a few lines answers 300 tasks with three loads", .timeLimit(.minutes(1)))
    func tasks() async {
        let cache = Cache()
        let answers = await withTaskGroup(of: Result<Int, any Error>.self) { group in
            for number in 0..<300 {
                group.addTask {
                    let key = number % 3
                    do {
                        return .success(
                            try await cache.value("\(key)") {
                                // Not before all of them wait.
                                while await cache.asked < 300 { await Task.yield() }
                                return key == 0 ? .failure(Trouble(number: 9)) : .success(key)
                            })
                    } catch { return .failure(error) }
                }
            }
            return await group.reduce(into: [:] as [String: Int]) { counts, answer in
                switch answer {
                case .success(let value): counts["\(value)", default: 0] += 1
                case .failure(let error): counts["\(error)", default: 0] += 1
                }
            }
        }
        #expect(answers == ["1": 100, "2": 100, "\(Trouble(number: 9))": 100])
        let loads = await cache.loads
        #expect(loads == 3)
    }
}
