import Randomness
import Testing

@testable import FlowCore

@Suite("the limit of calls in flight")
struct ConcurrencyLimitTests {
    typealias Ticket = ConcurrencyLimit.Ticket
    typealias Decision = ConcurrencyLimit.Decision

    /// One list of who waits and one of who runs, looked through each time.
    private struct NaiveLimit {
        let settings: ConcurrencySettings
        var running: [Ticket] = []
        var waiting: [(ticket: Ticket, deadlineMs: Int64)] = []

        func hasRoom(for kind: ConcurrencyLimit.Kind) -> Bool {
            let reads = running.count { $0.kind == .read }
            return running.count < settings.runningMax
                && (kind == .write || reads < settings.runningMax - settings.reservedForWrites)
        }

        mutating func refuseLate(nowMs: Int64) -> [Decision] {
            let late = waiting.filter { $0.deadlineMs <= nowMs }.map(\.ticket)
            waiting.removeAll { $0.deadlineMs <= nowMs }
            return (late.filter { $0.kind == .read } + late.filter { $0.kind == .write }).map {
                .refuse($0, .deadlinePassed)
            }
        }

        mutating func enter(_ ticket: Ticket, deadlineMs: Int64, nowMs: Int64) -> [Decision] {
            let late = refuseLate(nowMs: nowMs)
            if deadlineMs <= nowMs { return late + [.refuse(ticket, .deadlinePassed)] }
            if hasRoom(for: ticket.kind) {
                running.append(ticket)
                return late + [.run(ticket)]
            }
            if waiting.count(where: { $0.ticket.kind == ticket.kind }) >= settings.waitingMax {
                return late + [.refuse(ticket, .queueFull)]
            }
            waiting.append((ticket, deadlineMs))
            return late
        }

        mutating func leave(_ ticket: Ticket, nowMs: Int64) -> [Decision] {
            var decisions = refuseLate(nowMs: nowMs)
            running.removeAll { $0 == ticket }
            waiting.removeAll { $0.ticket == ticket }
            while let next = waiting.first(where: { hasRoom(for: $0.ticket.kind) })?.ticket {
                waiting.removeAll { $0.ticket == next }
                running.append(next)
                decisions.append(.run(next))
            }
            return decisions
        }
    }

    /// Drives the limit and the naive one, and keeps the books of every ticket.
    private struct History {
        var limit: ConcurrencyLimit
        var naive: NaiveLimit
        var clock: StrangeClock
        var random: SplitMix64
        var deadlines: [Ticket: Int64] = [:]
        /// Tickets that were answered or left.
        var settled: Set<Ticket> = []
        var seen: [String: Int] = [:]
        /// How many of a hundred steps bring somebody.
        var crowd = 50

        init(_ settings: ConcurrencySettings, seed: UInt64) {
            limit = ConcurrencyLimit(settings)
            naive = NaiveLimit(settings: settings)
            clock = StrangeClock(seed: seed, edgesMs: [1, 5, 50])
            random = SplitMix64(seed: seed)
        }

        mutating func step() {
            if random.once(in: 3) { clock.step() }
            if random.once(in: 300) { crowd = random.pick([30, 50, 80]) }
            let nowMs = clock.nowMs
            switch random.below(100) {
            case ..<crowd:
                let kind = random.chance(70) ? ConcurrencyLimit.Kind.read : .write
                let deadlineMs = random.once(in: 10) ? .max : nowMs + Int64(random.below(60))
                let (ticket, decisions) = limit.enter(kind, deadlineMs: deadlineMs, nowMs: nowMs)
                deadlines[ticket] = deadlineMs
                check(decisions, naive.enter(ticket, deadlineMs: deadlineMs, nowMs: nowMs))
            case ..<95:
                leave(naive.running)
            case ..<98:
                leave(naive.waiting.map(\.ticket))
            case ..<99:
                // A cancellation that comes too late.
                leave(Array(settled.subtracting(naive.running).sorted { $0.number < $1.number }.suffix(3)))
            default:
                check(limit.tick(nowMs: nowMs), naive.refuseLate(nowMs: nowMs))
            }
            checkBounds(nowMs: nowMs)
        }

        private mutating func leave(_ tickets: [Ticket]) {
            if tickets.isEmpty { return }
            let ticket = random.pick(tickets)
            settled.insert(ticket)
            check(limit.leave(ticket, nowMs: clock.nowMs), naive.leave(ticket, nowMs: clock.nowMs))
        }

        private mutating func check(_ decisions: [Decision], _ expected: [Decision]) {
            #expect(decisions == expected)
            for decision in decisions {
                switch decision {
                case .run(let ticket):
                    #expect(settled.insert(ticket).inserted, "answered twice")
                    #expect(deadlines[ticket].map { $0 > clock.nowMs } == true, "ran after its deadline")
                    seen["run \(ticket.kind)", default: 0] += 1
                case .refuse(let ticket, let refusal):
                    // Who leaves and is late at once hears of both.
                    settled.insert(ticket)
                    seen["\(refusal)", default: 0] += 1
                }
            }
        }

        private func checkBounds(nowMs: Int64) {
            let settings = limit.settings
            for kind in ConcurrencyLimit.Kind.allCases {
                #expect(limit.running(kind) == naive.running.count { $0.kind == kind })
                #expect(limit.waiting(kind) == naive.waiting.count { $0.ticket.kind == kind })
                #expect(limit.waiting(kind) <= settings.waitingMax)
                #expect(limit.waiting(kind) == 0 || !naive.hasRoom(for: kind), "it waits beside a free place")
            }
            #expect(limit.running(.read) <= settings.runningMax - settings.reservedForWrites)
            #expect(limit.running(.read) + limit.running(.write) <= settings.runningMax)
            let earliest = naive.waiting.map(\.deadlineMs).min()
            #expect((limit.nextDeadlineMs == nil) == (earliest == nil))
            if let next = limit.nextDeadlineMs, let earliest { #expect(next <= earliest) }
        }
    }

    @Test(
        "it decides as one list of waiters would, and keeps every bound, whatever the clock does",
        arguments: [(2, 1, 1), (3, 2, 0), (4, 1, 3), (10, 3, 8), (10, 1, 200)], 1...2 as ClosedRange<UInt64>)
    func likeTheNaiveOne(bounds: (running: Int, reserved: Int, waiting: Int), seed: UInt64) {
        let settings = ConcurrencySettings(
            runningMax: bounds.running, reservedForWrites: bounds.reserved, waitingMax: bounds.waiting)
        var history = History(settings, seed: seed &+ UInt64(bounds.waiting))
        for _ in 0..<5_000 { history.step() }
        for name in ["run read", "run write", "deadlinePassed"] + (bounds.waiting < 100 ? ["queueFull"] : []) {
            #expect(history.seen[name, default: 0] > 20, "\(name): \(history.seen)")
        }
    }

    @Test("however many reads come, a write finds its place at once")
    func writesFindPlaces() {
        var limit = ConcurrencyLimit(ConcurrencySettings(runningMax: 10, reservedForWrites: 2, waitingMax: 5))
        for _ in 0..<100 { _ = limit.enter(.read, deadlineMs: .max, nowMs: 0) }
        #expect(limit.running(.read) == 8 && limit.waiting(.read) == 5 && limit.counters.queueFull == 87)
        for _ in 0..<2 {
            let (ticket, decisions) = limit.enter(.write, deadlineMs: .max, nowMs: 0)
            #expect(decisions == [.run(ticket)])
        }
        let (third, decisions) = limit.enter(.write, deadlineMs: .max, nowMs: 0)
        #expect(decisions.isEmpty && limit.waiting(.write) == 1, "\(third)")
    }

    @Test("a read that waits for a read does not stand before a write")
    func noStandingBefore() {
        var limit = ConcurrencyLimit(ConcurrencySettings(runningMax: 3, reservedForWrites: 1, waitingMax: 9))
        for _ in 0..<2 { _ = limit.enter(.read, deadlineMs: .max, nowMs: 0) }
        let (first, _) = limit.enter(.write, deadlineMs: .max, nowMs: 0)
        _ = limit.enter(.read, deadlineMs: .max, nowMs: 0)
        let (second, decisions) = limit.enter(.write, deadlineMs: .max, nowMs: 0)
        #expect(decisions.isEmpty)
        #expect(limit.leave(first, nowMs: 0) == [.run(second)])
    }

    @Test("when the clock has jumped past all deadlines, nobody who waited runs and the newcomer does")
    func jump() {
        var limit = ConcurrencyLimit(ConcurrencySettings(runningMax: 2, reservedForWrites: 1, waitingMax: 3))
        let (running, _) = limit.enter(.read, deadlineMs: 100, nowMs: 0)
        let waiters = (1...3).map { limit.enter(.read, deadlineMs: 100 + Int64($0), nowMs: 0).0 }
        #expect(limit.nextDeadlineMs == 101)
        let (newcomer, decisions) = limit.enter(.read, deadlineMs: .max, nowMs: 1 << 60)
        #expect(decisions == waiters.map { .refuse($0, .deadlinePassed) })
        #expect(limit.leave(running, nowMs: 1 << 60) == [.run(newcomer)])
    }

    @Test("a line takes no more memory than twice its waiters, however many have come and gone")
    func lineMemory() {
        var random = SplitMix64(seed: 4)
        var line = WaitingLine()
        for number in 1...20_000 as ClosedRange<UInt64> {
            let ticket = Ticket(number: number, kind: .read)
            line.append(WaitingLine.Waiter(ticket: ticket, deadlineMs: .max))
            if random.chance(20) { _ = line.remove(ticket) }
            while line.count > random.below(40) { _ = line.popFirst() }
            #expect(line.placeCount <= 2 * line.count && line.count <= 40)
        }
    }

    // MARK: Tasks

    /// All that a shell needs to let tasks wait for their turn.
    private actor Calls {
        private var limit: ConcurrencyLimit
        private var continuations: [Ticket: CheckedContinuation<Bool, Never>] = [:]
        private(set) var nowMs: Int64 = 0
        private(set) var mostRunning: [ConcurrencyLimit.Kind: Int] = [:]

        init(_ settings: ConcurrencySettings) { limit = ConcurrencyLimit(settings) }

        var waiting: Int { limit.waiting(.read) + limit.waiting(.write) }

        /// - Returns: whether `body` ran.
        func run(_ kind: ConcurrencyLimit.Kind, deadlineMs: Int64, _ body: @Sendable () async -> Void) async -> Bool {
            var mine: Ticket?
            let mayRun = await withCheckedContinuation { continuation in
                let (ticket, decisions) = limit.enter(kind, deadlineMs: deadlineMs, nowMs: nowMs)
                mine = ticket
                continuations[ticket] = continuation
                carryOut(decisions)
            }
            guard mayRun, let mine else { return false }
            mostRunning[kind] = max(mostRunning[kind, default: 0], limit.running(kind))
            await body()
            carryOut(limit.leave(mine, nowMs: nowMs))
            return true
        }

        func advance(toMs: Int64) {
            nowMs = toMs
            carryOut(limit.tick(nowMs: nowMs))
        }

        private func carryOut(_ decisions: [Decision]) {
            for decision in decisions {
                switch decision {
                case .run(let ticket): continuations.removeValue(forKey: ticket)?.resume(returning: true)
                case .refuse(let ticket, _): continuations.removeValue(forKey: ticket)?.resume(returning: false)
                }
            }
        }
    }

    @Test("an actor of a few lines lets tasks wait for their turn", .timeLimit(.minutes(1)))
    func tasks() async {
        let calls = Calls(ConcurrencySettings(runningMax: 4, reservedForWrites: 1, waitingMax: 1_000))
        let ran = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<500 {
                group.addTask {
                    await calls.run(number % 5 == 0 ? .write : .read, deadlineMs: 1_000) {
                        for _ in 0..<number % 7 { await Task.yield() }
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(ran == 500)
        let most = await calls.mostRunning
        #expect(most[.read, default: 0] <= 3 && most[.write, default: 0] <= 4)
    }

    @Test("waiting tasks are told when their deadline passes", .timeLimit(.minutes(1)))
    func lateTasks() async {
        let calls = Calls(ConcurrencySettings(runningMax: 2, reservedForWrites: 1, waitingMax: 100))
        let ran = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<21 {
                group.addTask {
                    await calls.run(.read, deadlineMs: 1_000) {
                        while await calls.nowMs == 0 { await Task.yield() }
                    }
                }
            }
            while await calls.waiting < 20 { await Task.yield() }
            await calls.advance(toMs: 1_000)
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(ran == 1)
    }
}
