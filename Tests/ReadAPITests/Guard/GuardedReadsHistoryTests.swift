import FlowCore
import Randomness
import Synchronization
import Testing

@testable import ReadAPI

/// Crowds of readers against backends that answer, refuse, fail and hang, on virtual time.
@Suite("guarded reads in a crowd", .timeLimit(.minutes(2)))
struct GuardedReadsHistoryTests {
    /// What became of the callers.
    private final class Book: Sendable {
        struct Counts {
            var succeeded = 0
            var refused = 0
            var notNow = 0
            var ended: Int { succeeded + refused + notNow }
        }
        private let counts = Mutex(Counts())
        var now: Counts { counts.withLock { $0 } }

        func note(_ outcome: Result<ReadAnswer<Int>, ReadFailure>) {
            counts.withLock { counts in
                switch outcome {
                case .success: counts.succeeded += 1
                case .failure(.refused): counts.refused += 1
                case .failure(.notNow): counts.notNow += 1
                }
            }
        }
    }

    private final class History {
        let clock = VirtualClock()
        let backends = ScriptedBackends()
        let book = Book()
        let guarded: GuardedReads
        var random: SplitMix64
        var tasks: [Task<Void, Never>] = []
        let replicas: Int

        init(seed: UInt64, replicas: Int, connections: Int) {
            self.replicas = replicas
            random = SplitMix64(seed: seed)
            guarded = GuardedReads(
                ReadGuardSettings(replicas: replicas, connectionsMax: connections, waitingMax: 20), clock: clock)
        }

        func step() async {
            switch random.below(100) {
            case ..<45: come()
            case ..<50 where !tasks.isEmpty: random.pick(tasks).cancel()
            case ..<85:
                let waiting = backends.waiting.count
                if waiting > 0 { backends.answer(answer(), at: random.below(waiting)) }
            case ..<90 where replicas > 0:
                guarded.told(
                    lagMs: random.chance(30) ? nil : Int64(random.below(1_000)), ofReplica: random.below(replicas))
            default: clock.advance(ms: Int64(random.below(random.once(in: 50) ? 60_000 : 300)))
            }
            for _ in 0..<random.below(20) { await Task.yield() }
        }

        private func answer() -> Result<Int, ReadTrouble> {
            switch random.below(20) {
            case ..<2: .failure(.transient("away"))
            case ..<3: .failure(.refused("no"))
            default: .success(1)
            }
        }

        private func come() {
            let freshness = random.pick([BackendChoice.Freshness.any, .newest, .within(ms: 500)])
            let deadlineMs = Int64(random.below(2_000))
            let (guarded, backends, book) = (guarded, backends, book)
            let isShared = random.chance(20)
            let key = random.below(3)
            let kind = random.chance(10) ? ConcurrencyLimit.Kind.write : .read
            tasks.append(
                Task {
                    do throws(ReadFailure) {
                        let body: GuardedReads.Body<Int> = { backend throws(ReadTrouble) in
                            try await backends.ask(backend)
                        }
                        let answer =
                            if isShared {
                                try await guarded.shared(key, freshness, deadlineMs: deadlineMs, body)
                            } else {
                                try await guarded.read(freshness, kind: kind, deadlineMs: deadlineMs, body)
                            }
                        book.note(.success(answer))
                    } catch { book.note(.failure(error)) }
                })
        }

        /// Everybody is answered, by a backend or by the deadline.
        func finish() async {
            while book.now.ended < tasks.count {
                clock.advance(ms: 2_000)
                await Task.yield()
            }
            await until {
                if !backends.waiting.isEmpty { backends.answer(.success(1)) }
                return guarded.metrics().contains("cairn_backend_running{kind=\"read\"} 0\n")
                    && guarded.metrics().contains("cairn_backend_running{kind=\"write\"} 0\n")
                    && guarded.metrics().contains("cairn_shared_reads_in_flight 0\n")
            }
        }
    }

    @Test(
        "every caller is answered once, no body runs without a place, and nothing is left over",
        arguments: [(0, 2), (1, 4), (3, 8)], 1...4 as ClosedRange<UInt64>)
    func crowds(bounds: (replicas: Int, connections: Int), seed: UInt64) async {
        let history = History(seed: seed, replicas: bounds.replicas, connections: bounds.connections)
        for _ in 0..<1_500 {
            await history.step()
            #expect(history.backends.running <= bounds.connections)
        }
        await history.finish()
        let counts = history.book.now
        #expect(counts.ended == history.tasks.count, "somebody was answered twice")
        #expect(counts.succeeded > 20 && counts.notNow > 50, "\(counts)")
        #expect(history.backends.mostRunning <= bounds.connections)
        let page = history.guarded.metrics()
        for line in page.split(separator: "\n") where line.hasPrefix("cairn_backend_in_flight{") {
            #expect(line.hasSuffix(" 0"), "\(line)")
        }
        #expect(page.contains("cairn_backend_waiting{kind=\"read\"} 0\n"))
        #expect(page.contains("cairn_shared_reads_waiting 0\n"))
        let left = history.clock.waiting
        #expect(left == 0, "timers are left over")
    }

    @Test("the system's clock runs work at its moment, and not what was cancelled")
    func systemClock() async {
        let clock = SystemGuardClock()
        let startMs = clock.nowMs
        let (cancelled, ran) = (FirstAnswer<Int64>(), FirstAnswer<Int64>())
        clock.schedule(atMs: startMs + 5) { cancelled.tell(clock.nowMs) }.cancel()
        _ = clock.schedule(atMs: startMs + 20) { ran.tell(clock.nowMs) }
        #expect(await ran.value() >= startMs + 20)
        #expect(cancelled.tell(-1), "it ran though it was cancelled")
        await clock.pause(ms: 3)
        #expect(clock.nowMs >= startMs + 23)
    }
}
